"""Delivery of the mail outbox, by the worker.

At least once: a worker that dies between the mail server's acceptance and our commit sends the mail again, with the
same Message-ID, by which a mail program knows the duplicate.
"""

import logging
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.utils import format_datetime, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import Error, connection, transaction
from django.utils import timezone

from accounts import audit, refused
from accounts.models import Mail, MailKind, MailState

logger = logging.getLogger("rvs.mail")

LEASE: Final = timedelta(minutes=5)
"""How long a worker may take for one mail before another tries it."""
GIVE_UP_AFTER: Final = 12
"""Attempts, over about eighteen hours, of a mail that the server does not want."""
SERVER_MAY_BE_DOWN: Final = timedelta(days=5)
"""No mail is given up sooner because of a trouble that is not its own."""
ROUND: Final = 120
"""Seconds after which a round ends, well before the worker's limit for a task; the next one goes on."""
MAILS_A_CONNECTION: Final = 100
LOCK: Final = 0x6D61_696C
"""PostgreSQL's advisory lock of the round: "mail"."""

ABOUT_ONE_MAIL: Final = (SMTPRecipientsRefused, SMTPDataError, ValueError)
"""What a mail itself brings about.  Anything else is the trouble of the mail server or of our settings: then the round
ends, so that a server that hangs holds the worker up once and not once for each mail."""
CLOSING: Final = 421
"""The mail server's answer when it is about to hang up, whatever mail it was talking about."""


def deliver_due() -> int:
    """Send every mail that is due; returns how many the mail server took.

    One round runs at a time, over all workers: a mail server that hangs never takes more than one process of them.
    """
    sent = 0
    ends = time.monotonic() + ROUND
    goes_on = True
    # A mail that came while the round ended rang in vain: whoever ends a round looks again.
    while goes_on and time.monotonic() < ends and Mail.objects.due(timezone.now()).exists():
        with _alone() as alone:
            taken, goes_on = _round(ends) if alone else (0, False)
        sent += taken
    return sent


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other round runs.  PostgreSQL ends the lock with the worker, or two minutes after its machine."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_try_advisory_lock(%s), set_config('tcp_keepalives_idle', '60', false),"
            " set_config('tcp_keepalives_interval', '20', false), set_config('tcp_keepalives_count', '3', false)",
            [LOCK],
        )
        (alone, *_) = cursor.fetchone()
    try:
        yield bool(alone)
    finally:
        if alone:
            with suppress(Error), connection.cursor() as cursor:  # without a connection there is no lock either
                cursor.execute("select pg_advisory_unlock(%s)", [LOCK])


class _Line:
    """A connection to the mail server, used for one mail after the other."""

    def __init__(self) -> None:
        self.backend: Any = None
        self.carried = 0

    def send(self, message: EmailMultiAlternatives) -> None:
        if self.carried >= MAILS_A_CONNECTION:
            self.close()
        if self.backend is None:
            transport: dict[str, Any] = settings.MAIL_TRANSPORT
            self.backend = get_connection(**transport)
            self.backend.open()
        self.backend.send_messages([message])
        self.carried += 1

    def close(self) -> None:
        backend, self.backend, self.carried = self.backend, None, 0
        if backend:
            with suppress(OSError):  # among them what a mail server answers
                backend.close()


def _round(ends: float) -> tuple[int, bool]:
    """Send until nothing is due; returns how many were taken, and whether another round makes sense."""
    line, sent = _Line(), 0
    try:
        while time.monotonic() < ends and (mail := _claim()):
            used = line.carried > 0
            error = _deliver(mail, line)
            sent += mail.state == MailState.SENT
            if error:
                line.close()
            # A server may hang up after some mails; one that does so at the first is in trouble.
            if error and not _is_about(error) and not used:
                return sent, False
    finally:
        line.close()
    return sent, True


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


def _deliver(mail: Mail, line: _Line) -> Exception | None:
    """Hand one mail to the mail server; returns why it was not taken."""
    if mail.kind == MailKind.NOTICE and refused.is_suspended(mail.recipient):
        mail.state, mail.failure = MailState.HELD, refused.HELD_BACK
        mail.save(update_fields=["state", "failure"])
        return None
    try:
        line.send(_message(mail))
    except Exception as error:  # noqa: BLE001  (whatever happens on the way to a mail server, the mail stays here)
        _put_back(mail, error)
        return error
    with transaction.atomic():
        mail.state, mail.sent_at, mail.failure = MailState.SENT, timezone.now(), ""
        mail.text = mail.html = ""
        mail.save(update_fields=["state", "sent_at", "failure", "text", "html"])
        refused.lift(email=mail.recipient, by=audit.system_actor("mail"))
    return None


@transaction.atomic
def _put_back(mail: Mail, error: Exception) -> None:
    code = _smtp_code(error)
    mail.failure = f"{type(error).__name__}{f' {code}' if code else ''}"
    if _is_given_up(mail, error):
        mail.state = MailState.FAILED
    else:
        mail.due_at = timezone.now() + backoff(mail.attempts)
    mail.save(update_fields=["failure", "state", "due_at"])
    if _refuses_the_address(error):
        refused.count(email=mail.recipient, failure=mail.failure, now=timezone.now())
    logger.warning("a mail was not taken", extra={"mail": str(mail.pk), "count": mail.attempts})


def _is_about(error: Exception) -> bool:
    """Whether it is the mail's own fault."""
    return isinstance(error, ABOUT_ONE_MAIL) and _smtp_code(error) != CLOSING


def _is_given_up(mail: Mail, error: Exception) -> bool:
    if _is_about(error) and _smtp_code(error) >= 500:
        return True
    waited = timezone.now() - mail.created_at
    return mail.attempts >= GIVE_UP_AFTER and (_is_about(error) or waited > SERVER_MAY_BE_DOWN)


def _refuses_the_address(error: Exception) -> bool:
    """Whether the server says of this address that no mail will ever reach it.

    Enhanced codes (RFC 3463): x.1 is about the address and x.2 about the mailbox; x.7 is policy, about us.
    """
    if _smtp_code(error) < 500:
        return False
    found = re.match(rb"\s*5\.(\d+)\.", _answer(error))
    subject = int(found[1]) if found else None
    if isinstance(error, SMTPRecipientsRefused):
        return subject != 7
    return isinstance(error, SMTPDataError) and subject in {1, 2}


def _smtp_code(error: Exception) -> int:
    """The mail server's answer; from 500 on it means never."""
    if isinstance(error, SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return error.smtp_code if isinstance(error, SMTPResponseException) else 0


def _answer(error: Exception) -> bytes:
    """The words after the code."""
    if isinstance(error, SMTPRecipientsRefused):
        return max(error.recipients.values())[1]
    said = error.smtp_error if isinstance(error, SMTPResponseException) else b""
    return said if isinstance(said, bytes) else said.encode()


def backoff(attempts: int) -> timedelta:
    """Waiting time after so many attempts: doubles from 15 seconds up to 6 hours, jittered by a half."""
    seconds = min(15 * 2 ** (attempts - 1), 6 * 60 * 60)
    return timedelta(seconds=seconds * random.uniform(0.75, 1.25))  # noqa: S311  (spreads load, keeps no secret)


def message_id(mail: Mail) -> str:
    host = parseaddr(mail.sender)[1].rpartition("@")[2] or "localhost"
    return f"<{mail.pk}@{host}>"


def headers_of(mail: Mail) -> dict[str, str]:
    """What a mail carries besides From, To and Subject."""
    return {
        "Message-ID": message_id(mail),
        "Date": format_datetime(mail.created_at),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",  # the same for Outlook: a mailbox of ours that nobody reads
        **mail.headers,
    }


def _message(mail: Mail) -> EmailMultiAlternatives:
    headers = headers_of(mail)
    message = EmailMultiAlternatives(mail.subject, mail.text, mail.sender, [mail.recipient], headers=headers)
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message
