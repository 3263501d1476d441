"""The ledger: what happened to the shares and verifications of every organisation, for readers to follow."""

from collections.abc import Iterable
from datetime import datetime

from sharing.models import Change, ChangeType, Share


def record(*, type: ChangeType, shares: Iterable[Share], at: datetime) -> None:  # noqa: A002  (the column's name)
    """Write that this happened to each of the shares, in the caller's transaction; an ending, when the right ended."""
    Change.objects.bulk_create(
        Change(type=type, occurred_at=share.ended_at or at, organisation_id=share.organisation_id, share=share)
        for share in shares
    )
