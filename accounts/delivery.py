"""Delivery of the mail outbox, by the worker.

At least once: a worker that dies between the mail server's acceptance and our commit sends the mail again, with the
same Message-ID, by which a mail program knows the duplicate.
"""

import logging
import random
from contextlib import suppress
from datetime import timedelta
from email.utils import parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.utils import timezone

from accounts.models import Mail, MailState

logger = logging.getLogger("rvs.mail")

LEASE = timedelta(minutes=5)
"""How long a worker may take for one mail before another tries it."""
GIVE_UP_AFTER = 12
"""Attempts, over about eighteen hours."""


ABOUT_ONE_MAIL = (SMTPRecipientsRefused, SMTPDataError, ValueError)
"""What a mail itself brings about.  Anything else is the trouble of the mail server or of our settings: then the round
ends, so that a server that hangs holds the worker up once and not once for each mail."""


def deliver_due() -> int:
    """Send every mail that is due; returns how many the mail server took.  Safe to run in many workers at once."""
    sent = 0
    while mail := _claim():
        error = _deliver(mail)
        sent += error is None
        if error and not isinstance(error, ABOUT_ONE_MAIL):
            break
    return sent


def _claim() -> Mail | None:
    """Take one due mail under a lease, so that no other worker sends it meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        mail = Mail.objects.due(now).select_for_update(skip_locked=True).first()
        if mail:
            mail.attempts += 1
            mail.due_at = now + LEASE
            mail.save(update_fields=["attempts", "due_at"])
    return mail


def _deliver(mail: Mail) -> Exception | None:
    """Hand one mail to the mail server; returns why it was not taken."""
    transport: dict[str, Any] = settings.MAIL_TRANSPORT
    server = get_connection(**transport)
    try:
        server.send_messages([_message(mail)])
    except Exception as error:  # noqa: BLE001  (whatever happens on the way to a mail server, the mail stays here)
        _put_back(mail, error)
        with suppress(OSError):
            server.close()  # Django leaves it open when the log-in is refused
        return error
    mail.state, mail.sent_at, mail.failure = MailState.SENT, timezone.now(), ""
    mail.text = mail.html = ""
    mail.save(update_fields=["state", "sent_at", "failure", "text", "html"])
    return None


def _put_back(mail: Mail, error: Exception) -> None:
    code = _smtp_code(error)
    mail.failure = f"{type(error).__name__}{f' {code}' if code else ''}"
    if mail.attempts >= GIVE_UP_AFTER or (isinstance(error, ABOUT_ONE_MAIL) and code >= 500):
        mail.state = MailState.FAILED
    else:
        mail.due_at = timezone.now() + backoff(mail.attempts)
    mail.save(update_fields=["failure", "state", "due_at"])
    logger.warning("a mail was not taken", extra={"mail": str(mail.pk), "count": mail.attempts})


def _smtp_code(error: Exception) -> int:
    """The mail server's answer; from 500 on it means never."""
    if isinstance(error, SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return error.smtp_code if isinstance(error, SMTPResponseException) else 0


def backoff(attempts: int) -> timedelta:
    """Waiting time after so many attempts: doubles from 15 seconds up to 6 hours, jittered by a half."""
    seconds = min(15 * 2 ** (attempts - 1), 6 * 60 * 60)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311  (spreads load, keeps no secret)


def _message(mail: Mail) -> EmailMultiAlternatives:
    host = parseaddr(mail.sender)[1].rpartition("@")[2] or "localhost"
    headers = {"Message-ID": f"<{mail.pk}@{host}>", "Auto-Submitted": "auto-generated", **mail.headers}
    message = EmailMultiAlternatives(mail.subject, mail.text, mail.sender, [mail.recipient], headers=headers)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message
