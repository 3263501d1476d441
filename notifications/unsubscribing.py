"""The way out that every digest carries: one click, without logging in (RFC 8058).  Opening it changes nothing."""

import uuid
from typing import Final

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from accounts import audit
from accounts.models import Action
from notifications.models import Frequency, Stream, Subscription
from organisations.models import Role

SALT: Final = "notifications.unsubscribing"


def address(membership: uuid.UUID, stream: str) -> str:
    """Of the page, and for mail programs; it holds as long as the person is a user of the organisation."""
    token = signing.dumps([membership.hex, str(stream)], salt=SALT)
    return f"{settings.PUBLIC_BASE_URL}{reverse('notifications:unsubscribe', args=[token])}"


def open_link(token: str) -> Subscription | None:
    """What the link is about; None if it is broken, or the person is no user of the organisation any more."""
    try:
        membership, stream = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = Subscription.objects.filter(membership=membership, stream=stream)
    return found.select_related("membership__organisation").first()


def lowest(subscription: Subscription) -> Frequency:
    """What is left when somebody wants no more: a Primary User hears of changes, if only once a day."""
    kept = subscription.stream == Stream.CHANGES and subscription.membership.role == Role.PRIMARY
    return Frequency.DAILY if kept else Frequency.OFF


@transaction.atomic
def unsubscribe(subscription: Subscription) -> Frequency:
    """Send no more of these mails, whoever has the link; returns what is left.  Nothing happens the second time."""
    row = Subscription.objects.select_for_update(of=("self", "membership")).select_related("membership")
    subscription = row.get(pk=subscription.pk)
    left = lowest(subscription)
    if subscription.frequency in {Frequency.OFF, left} or (
        left == Frequency.DAILY and subscription.frequency == Frequency.WEEKLY
    ):
        return Frequency(subscription.frequency)
    subscription.frequency, subscription.due_at, subscription.unscheduled = left, None, left != Frequency.OFF
    subscription.save(update_fields=["frequency", "due_at", "unscheduled"])
    actor = audit.user_actor(subscription.membership.user)
    audit.record(
        actor=actor,
        action=Action.NOTIFICATIONS_CHANGED,
        target=actor,
        organisation=str(subscription.membership.organisation_id),
        detail={subscription.stream: left.value, "by": "link"},
    )
    return left
