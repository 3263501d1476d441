"""How a batch check ends, and what is kept of it."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from downloads.models import BatchCheck, BatchState, RowOutcome
from sharing import announcements

KEEP: Final = timedelta(days=30)
"""How long the rows are kept after the end; the line in the list of batch checks stays."""
KEEP_UNSTARTED: Final = timedelta(days=1)


class BatchError(Exception):
    """What somebody wants to do cannot be done; says why, for them."""


def finish(batch: BatchCheck, state: BatchState, now: datetime, *, note: str = "") -> None:
    """End it, in the caller's transaction: rows that were not checked stay so, and count no longer."""
    batch.rows.filter(outcome=RowOutcome.WAITING).update(
        outcome=RowOutcome.NOT_CHECKED, explanation=_("The list ended before this row was checked.")
    )
    batch.counts = batch.rows.counted()
    batch.state, batch.ended_at, batch.note = state, now, note
    batch.paused_until = batch.lease = batch.lease_until = None
    forget_file(batch)
    batch.save()
    announcements.end(organisation=batch.organisation, announcement_id=batch.pk, now=now)


def forget(now: datetime) -> None:
    """Cancel lists that nobody started, and erase the rows of those that ended long ago."""
    for batch in BatchCheck.objects.never_started(now - KEEP_UNSTARTED):
        with transaction.atomic():
            finish(locked(batch), BatchState.CANCELLED, now)
    for batch in BatchCheck.objects.to_erase(now - KEEP):
        with transaction.atomic():
            erase(locked(batch), now)
    announcements.forget_old(now)


def erase(batch: BatchCheck, now: datetime) -> None:
    """Only the line about it is left."""
    batch.rows.all().delete()
    batch.erased_at, batch.mapping = now, {}
    batch.save(update_fields=["erased_at", "mapping"])


def locked(batch: BatchCheck, *states: BatchState) -> BatchCheck:
    """The row as it is now, locked.  Raises BatchError when it is in none of these states."""
    row = BatchCheck.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=batch.pk)
    if states and row.state not in states:
        raise BatchError(_("This has changed meanwhile: look at its page again."))
    return row


def forget_file(batch: BatchCheck) -> None:
    """The table as it was read, once the transaction has committed; the caller saves."""
    if name := batch.file.name:
        storage = batch.file.storage
        transaction.on_commit(lambda: storage.delete(name))
        batch.file = ""
