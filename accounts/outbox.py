"""The mail outbox: Django's e-mail backend writes rows, the worker delivers them (accounts/delivery.py).

See docs/adr/0004-own-mail-outbox.md.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from accounts import doorbell
from accounts.mails import Letter
from accounts.models import Mail, MailKind, User
from accounts.tasks import deliver_mail


class OutboxBackend(BaseEmailBackend):
    """Stores each mail, once for each recipient, in the caller's transaction."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        mails = [row_of(message, to) for message in email_messages for to in message.recipients()]
        _find_owners(mails)
        Mail.objects.bulk_create(
            mails, ignore_conflicts=True, batch_size=1_000
        )  # only a chosen id can be there already
        doorbell.ring(deliver_mail)
        return len(email_messages)


def row_of(message: EmailMessage, recipient: str) -> Mail:
    """The row of a mail to one of its recipients, not stored."""
    if message.attachments:
        raise ValueError("The outbox carries no attachments: results never travel by mail.")
    alternatives = getattr(message, "alternatives", [])
    chosen = {"id": message.pk} if isinstance(message, Letter) and message.pk else {}
    return Mail(
        **chosen,
        template=getattr(message, "template", ""),
        kind=getattr(message, "kind", MailKind.ACCOUNT),
        sender=message.from_email,
        recipient=recipient,
        subject=" ".join(message.subject.split())[:255],
        text=str(message.body),
        html=next((str(part[0]) for part in alternatives if part[1] == "text/html"), ""),
        headers={str(name): str(value) for name, value in message.extra_headers.items()},
    )


def _find_owners(mails: Sequence[Mail]) -> None:
    emails = {mail.recipient.lower() for mail in mails}
    owners = dict(User.objects.filter(email__in=emails).values_list("email", "pk"))
    for mail in mails:
        mail.user_id = owners.get(mail.recipient.lower())


class EmlFileBackend(BaseEmailBackend):
    """Writes each mail as an .eml file: the demonstration's mail server."""

    def __init__(self, *, folder: str, fail_silently: bool = False, **_: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        self.folder = Path(folder)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            name = (
                f"{timezone.now():%Y%m%dT%H%M%S.%f}-{message.extra_headers['Message-ID'].strip('<>').partition('@')[0]}"
            )
            half_written = self.folder / f".{name}"
            half_written.write_bytes(message.message().as_bytes())
            half_written.rename(self.folder / f"{name}.eml")
        return len(email_messages)
