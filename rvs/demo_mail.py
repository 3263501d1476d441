"""The demonstration's mails of the last days: delivered, refused, held back; one colleague's mailbox is full."""

from datetime import timedelta
from typing import Final

from django.utils import timezone

from accounts import mails, refused
from accounts.models import MailKind, MailState, User
from accounts.outbox import row_of

FULL: Final = "SMTPRecipientsRefused 552"


def load(user: User) -> None:
    """Refused five times in a row, and since then held back."""
    now = timezone.now()
    for days in range(9, 4, -1):
        refused.count(email=user.email, failure=FULL, now=now - timedelta(days=days))
        _write(user, MailState.FAILED, FULL, days)
    _write(user, MailState.HELD, refused.HELD_BACK, 4, kind=MailKind.NOTICE)
    _write(user, MailState.SENT, "", 40)


def _write(user: User, state: MailState, failure: str, days: int, *, kind: MailKind = MailKind.ACCOUNT) -> None:
    written = timezone.now() - timedelta(days=days)
    mail = row_of(mails.write("mfa/email/totp_activated", user.email, {"timestamp": written}, kind=kind), user.email)
    mail.user, mail.state, mail.failure, mail.attempts = user, state, failure, 1
    mail.created_at = mail.due_at = written
    if state == MailState.SENT:
        mail.sent_at, mail.text, mail.html = written, "", ""
    mail.save()
