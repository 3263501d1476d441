"""Addresses that mail servers refuse for good.

After five such refusals in a row an address is suspended: notices and digests are held back, for nobody reads them and
a sender who goes on is taken for a spammer.  Account and security mails are still tried.  A mail that the server takes
lifts the suspension, and so does the person: with the button on the page that a link in a mail leads to.  Then the
notices go out that could not, as long as their texts are kept (accounts/retention.py).

We know what the mail server answers while it talks to us.  A server that takes a mail and sends it back later is not
noticed: then nothing is suspended.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts import audit, mails
from accounts.models import Action, Mail, MailState, RefusedAddress, User

SUSPENDED_AFTER: Final = 5
HELD_BACK: Final = "address suspended"
GOOD_FOR: Final = timedelta(days=3)
SALT: Final = "accounts.refused"


@transaction.atomic
def count(*, email: str, failure: str, now: datetime) -> None:
    """Note a refusal for good; the fifth in a row suspends the address."""
    values = {"failure": failure, "last_at": now}
    address, made = RefusedAddress.objects.get_or_create(
        email=email.lower(), defaults={"refusals": 1, "first_at": now, **values}
    )
    if made:
        return
    RefusedAddress.objects.filter(pk=address.pk).update(refusals=F("refusals") + 1, **values)
    reached = RefusedAddress.objects.filter(pk=address.pk, suspended_at=None, refusals__gte=SUSPENDED_AFTER)
    if reached.update(suspended_at=now):
        _record(Action.ADDRESS_SUSPENDED, address.email, audit.system_actor("mail"))


def lift(*, email: str, by: str) -> None:
    """The address is good: a mail server took a mail for it, or its owner said so."""
    address = RefusedAddress.objects.of([email]).first()
    if address is None:
        return
    address.delete()
    Mail.objects.notices_kept_for(email).update(state=MailState.QUEUED, attempts=0, failure="", due_at=timezone.now())
    if address.suspended_at:
        _record(Action.ADDRESS_CONFIRMED, email, by)


def suspended(emails: Iterable[str]) -> set[str]:
    """Which of these addresses are suspended, in lower case."""
    return set(RefusedAddress.objects.suspended().of(emails).values_list("email", flat=True))


def is_suspended(email: str) -> bool:
    return bool(suspended([email]))


def ask(user: User) -> None:
    """Send a person whose address is suspended a link by which they confirm it."""
    token = signing.dumps([user.pk.hex, user.email], salt=SALT)
    path = reverse("accounts:confirm_address", kwargs={"token": token})
    mails.send("account/email/confirm_address", user.email, {"link": f"{settings.PUBLIC_BASE_URL}{path}"})


def open_link(token: str) -> User | None:
    """Whose present address the link confirms; None if it is broken, too old or the address was changed."""
    try:
        key, email = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
        return User.objects.filter(pk=uuid.UUID(key), email=email, is_active=True).first()
    except (signing.BadSignature, ValueError, TypeError):
        return None


@transaction.atomic
def confirm(user: User) -> None:
    lift(email=user.email, by=audit.user_actor(user))


def _record(action: Action, email: str, by: str) -> None:
    user = User.objects.filter(email=email.lower()).first()
    audit.record(actor=by, action=action, target=audit.user_actor(user) if user else "")
