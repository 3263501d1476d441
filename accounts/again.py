"""Send a mail once more, for staff whom somebody tells that it never came.

A mail that waits, failed or was held back still has its text, and goes again as it was.  The text of one that was
delivered is erased: some of these can be made anew from what is stored, by the function that an app gives here.
"""

from collections.abc import Callable
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts import audit, doorbell, passwords, refused
from accounts.models import Action, Mail, MailKind, MailState, User
from accounts.tasks import deliver_mail

Maker = Callable[[Mail, str], bool]
"""Writes the mail anew, given its record and the audit actor; False if there is nothing to write any more."""
_MAKERS: Final[dict[str, Maker]] = {}


class CannotBeSentAgainError(Exception):
    """The text is erased, and nothing is stored from which the mail could be made anew."""


def maker(*templates: str) -> Callable[[Maker], Maker]:
    """Decorator: the function makes these mails anew."""

    def register(function: Maker) -> Maker:
        _MAKERS.update(dict.fromkeys(templates, function))
        return function

    return register


def can_be(mail: Mail) -> bool:
    """Whether it can be tried; a maker may still find that there is nothing to send any more."""
    return bool(mail.text) or mail.template in _MAKERS


@transaction.atomic
def send(*, mail: Mail, by: str) -> None:
    """Send it again, at once.

    An address that is suspended is tried all the same: a mail that is taken ends the suspension.

    Raises:
        CannotBeSentAgainError: nothing was sent.
    """
    mail = Mail.objects.select_for_update(of=("self",)).get(pk=mail.pk)
    if mail.text:
        mail.state, mail.attempts, mail.failure, mail.due_at = MailState.QUEUED, 0, "", timezone.now()
        mail.kind = MailKind.ACCOUNT if refused.is_suspended(mail.recipient) else mail.kind
        mail.save(update_fields=["state", "attempts", "failure", "due_at", "kind"])
        doorbell.ring(deliver_mail)
    elif not (make := _MAKERS.get(mail.template)) or not make(mail, by):
        raise CannotBeSentAgainError
    audit.record(actor=by, action=Action.MAIL_SENT_AGAIN, target=f"mail:{mail.pk}", detail={"template": mail.template})


@maker("account/email/confirm_address")
def _confirm_address(mail: Mail, by: str) -> bool:
    user = User.objects.filter(email=mail.recipient.lower(), is_active=True).first()
    if user:
        refused.ask(user)
    return user is not None


@maker("account/email/password_reset_key", "account/email/unknown_account")
def _reset_link(mail: Mail, by: str) -> bool:
    passwords.send_reset_link(mail.recipient)
    return True
