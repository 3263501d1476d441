"""Shares whose time is over.  They give no right any more from then on; here it is written down."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Action
from sharing import ledger, notices
from sharing.models import ChangeType, Ending, Share

ACTOR = audit.system_actor("expiry")
AT_ONCE = 1000


def expire_due(now: datetime) -> int:
    """End every share whose time is over; returns how many."""
    expired = 0
    while batch := _expire_some(now):
        expired += batch
    return expired


@transaction.atomic
def _expire_some(now: datetime) -> int:
    due = Share.objects.due(now).select_for_update(skip_locked=True).order_by("expires_at", "pk")[:AT_ONCE]
    return expire(list(due), now=now)


def expire(shares: list[Share], *, now: datetime) -> int:
    """End these shares, which the caller has locked, at the time they were to end."""
    for share in shares:
        share.ended_at, share.ending = share.expires_at, Ending.EXPIRED
    Share.objects.bulk_update(shares, ["ended_at", "ending"])
    notices.drop(shares, now=now)
    ledger.record(type=ChangeType.SHARE_EXPIRED, shares=shares, at=now)
    for share in shares:
        audit.record(
            actor=ACTOR,
            action=Action.SHARE_EXPIRED,
            target=f"share:{share.pk}",
            organisation=str(share.organisation_id),
        )
    return len(shares)
