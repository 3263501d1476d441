"""The ledger: what happened to the shares and verifications of every organisation, for readers to follow."""

from collections.abc import Iterable
from datetime import datetime

from organisations.models import Organisation
from sharing import publishing
from sharing.models import Change, ChangeType, Share


def record(*, type: ChangeType, shares: Iterable[Share], at: datetime) -> None:  # noqa: A002  (the column's name)
    """Write that this happened to each of the shares, in the caller's transaction; an ending, when the right ended."""
    Change.objects.bulk_create(
        Change(type=type, occurred_at=share.ended_at or at, organisation_id=share.organisation_id, share=share)
        for share in shares
    )


def read(*, organisation: Organisation, after: int, limit: int, now: datetime) -> list[Change]:
    """What happened since the reader's last `position` (0 at first), oldest first: at most `limit` rows.

    Whoever keeps the position of the last row, and asks again with it, misses none and gets none twice.
    """
    publishing.publish(now)
    return list(organisation.changes.after(after)[:limit])
