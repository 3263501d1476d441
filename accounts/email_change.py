"""The change of somebody's e-mail address: asked for here, confirmed at the old and at the new address.

Whoever took over a session cannot take the account with it, and nobody can enter an address that is not theirs.  Links
are signed and hold no address; opening one changes nothing.
"""

import uuid
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import audit, mails, sessions
from accounts.models import Action, EmailChange, User
from accounts.policy import policy

GOOD_FOR: Final = timedelta(days=3)
SALT: Final = "accounts.email_change"


class Side(StrEnum):
    """Which of the two addresses a link was sent to."""

    OLD = "old"
    NEW = "new"


class Opened(NamedTuple):
    change: EmailChange
    side: Side


class Outcome(StrEnum):
    """What came of a confirmation."""

    WAITS = "waits"
    """The other address has not confirmed yet."""
    MADE = "made"
    TAKEN = "taken"
    """Somebody else has the address meanwhile; nothing changed."""


@transaction.atomic
def ask(*, user: User, new_email: str) -> None:
    """Send both addresses a link; an earlier change that still waits is forgotten.

    An address that has an account gets a mail without a link, while the page says the same: nobody learns who has one.
    """
    EmailChange.objects.filter(user=user).delete()
    change = EmailChange.objects.create(user=user, new_email=new_email.lower())
    _record(user, Action.EMAIL_CHANGE_ASKED)
    mails.send("account/email/email_change_old", user.email, _words(change, Side.OLD))
    taken = User.objects.filter(email=change.new_email).exists()
    name = "email_change_taken" if taken else "email_change_new"
    mails.send(f"account/email/{name}", change.new_email, _words(change, Side.NEW))


def open_link(token: str) -> Opened | None:
    """The waiting change that a link belongs to; None if it is over, or the link is broken or too old."""
    try:
        key, side = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
        change = EmailChange.objects.select_related("user").filter(pk=uuid.UUID(key)).first()
        if change is None or not change.user.is_active or policy().refuses_email(change.user, change.new_email):
            return None
        return Opened(change, Side(side))
    except (signing.BadSignature, ValueError):
        return None


@transaction.atomic
def confirm(*, opened: Opened, request: HttpRequest) -> Outcome:
    """Note the confirmation; with the second, the address changes, other sessions end and both addresses are told."""
    change = EmailChange.objects.select_for_update().filter(pk=opened.change.pk).select_related("user").first()
    if change is None:  # the other link was used at the same moment
        return Outcome.MADE
    if opened.side == Side.OLD:
        change.old_confirmed_at = change.old_confirmed_at or timezone.now()
    else:
        change.new_confirmed_at = change.new_confirmed_at or timezone.now()
    if not (change.old_confirmed_at and change.new_confirmed_at):
        change.save(update_fields=["old_confirmed_at", "new_confirmed_at"])
        return Outcome.WAITS
    return _make(change, request)


def _make(change: EmailChange, request: HttpRequest) -> Outcome:
    user, old_email = change.user, change.user.email
    change.delete()
    user.email = change.new_email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
    except IntegrityError:
        return Outcome.TAKEN
    _record(user, Action.EMAIL_CHANGED)
    sessions.end_others(user=user, request=request)
    for email in (old_email, user.email):
        get_adapter().send_notification_mail("account/email/email_changed", user, email=email)
    return Outcome.MADE


@transaction.atomic
def cancel(change: EmailChange) -> None:
    """Forget the change; its links lead nowhere any more."""
    change.delete()
    _record(change.user, Action.EMAIL_CHANGE_CANCELLED)


def forget_old() -> int:
    """Delete changes whose links are too old; returns how many."""
    return EmailChange.objects.filter(asked_at__lt=timezone.now() - GOOD_FOR).delete()[0]


def _words(change: EmailChange, side: Side) -> dict[str, str]:
    token = signing.dumps([change.pk.hex, side.value], salt=SALT)
    path = reverse("accounts:confirm_email", kwargs={"token": token})
    return {"new_email": change.new_email, "link": f"{settings.PUBLIC_BASE_URL}{path}"}


def _record(user: User, action: Action) -> None:
    audit.record(actor=audit.user_actor(user), action=action, target=audit.user_actor(user))
