"""What people do with a batch check: upload a list, name its columns, start, cancel, go on, delete."""

from datetime import datetime
from typing import Final

from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, doorbell
from accounts.models import Action, User
from downloads.batch.endings import BatchError, erase, finish, forget_file, locked
from downloads.batch.reading import Understanding, read_rows, read_table
from downloads.batch.table import Table
from downloads.models import BatchCheck, BatchRow, BatchState, RowOutcome
from downloads.tasks import work_on_batch_checks
from organisations.locking import lock
from organisations.models import Organisation
from sharing import announcements

MOST_UNFINISHED: Final = 5
STARTED: Final = (BatchState.QUEUED, BatchState.RUNNING, BatchState.PAUSED)


@transaction.atomic
def upload(*, organisation: Organisation, by: User, file: "File[bytes]", name: str, now: datetime) -> BatchCheck:
    """Read a list and keep it until its columns are named.

    Raises:
        UnusableFileError: it is no list that can be checked.
        BatchError: too many lists of the organisation are unfinished.
    """
    table = read_table(file)
    lock(organisation)  # two uploads at once must not both be the last one
    unfinished = organisation.batch_checks.unfinished().count()
    if unfinished >= MOST_UNFINISHED:
        text = _("%(count)s lists of your organisation are not finished yet. Finish or cancel one of them first.")
        raise BatchError(text % {"count": unfinished})
    batch = BatchCheck(
        organisation=organisation,
        asked_by=by,
        asked_by_name=by.get_full_name(),
        asked_at=now,
        uploaded_name=name[-255:],
        mapping=Understanding.guess(table).dump(),
        rows_total=len(table.rows),
    )
    batch.file.save("table.json", ContentFile(table.dump()), save=False)
    batch.save(force_insert=True)
    _record(Action.BATCH_UPLOADED, batch, by)
    return batch


def table_of(batch: BatchCheck) -> Table:
    """The list as it was read, while its columns are not named yet."""
    with batch.file.open() as source:
        return Table.load(source.read())


@transaction.atomic
def start(*, batch: BatchCheck, understanding: Understanding, by: User, now: datetime) -> None:
    """Check the rows, as the columns were named.

    Raises:
        BatchError: it was started already, or is longer than what may be checked today.
    """
    batch = locked(batch, BatchState.MAPPING)
    rows = [
        BatchRow(
            batch=batch,
            line=row.line,
            number=row.number,
            date_of_birth=row.date_of_birth,
            name=row.name,
            applicant_reference=row.applicant_reference,
            read_number=row.read_number,
            read_date=row.read_date,
            outcome=RowOutcome.UNREADABLE if row.problem else RowOutcome.WAITING,
            explanation=row.problem,
        )
        for row in read_rows(table_of(batch), understanding)
    ]
    questions = {(row.read_number, row.read_date) for row in rows if row.outcome == RowOutcome.WAITING}
    _announce(batch, len(questions), now)
    BatchRow.objects.bulk_create(rows, batch_size=2_000)
    batch.mapping = understanding.dump()
    batch.rows_total = len(rows)
    batch.rows_done = sum(row.outcome == RowOutcome.UNREADABLE for row in rows)
    forget_file(batch)
    batch.state = BatchState.QUEUED
    batch.save()
    _record(Action.BATCH_STARTED, batch, by, rows=len(rows))
    if questions:
        doorbell.ring(work_on_batch_checks)
    else:
        finish(batch, BatchState.DONE, now)


def _announce(batch: BatchCheck, checks: int, now: datetime) -> None:
    if not checks:
        return
    try:
        announcements.announce(organisation=batch.organisation, announcement_id=batch.pk, checks=checks, now=now)
    except announcements.TooManyError as error:
        text = _(
            "Your organisation may check %(left)s more rows by lists today, and this list has %(checks)s. "
            "Upload a shorter list, or start this one tomorrow."
        )
        raise BatchError(text % {"left": f"{error.left:,}", "checks": f"{checks:,}"}) from None


@transaction.atomic
def cancel(*, batch: BatchCheck, by: User, now: datetime) -> None:
    """Check no more rows; what was done is kept.  Raises BatchError when it has ended."""
    batch = locked(batch, BatchState.MAPPING, *STARTED)
    _record(Action.BATCH_CANCELLED, batch, by)
    finish(batch, BatchState.CANCELLED, now)


@transaction.atomic
def go_on(*, batch: BatchCheck, by: User, now: datetime) -> None:
    """Try again after a pause.  Raises BatchError while the pause lasts."""
    batch = locked(batch, BatchState.PAUSED)
    if still_paused(batch, now):
        raise BatchError(_("Checks of your organisation are still paused."))
    batch.state, batch.paused_until, batch.note = BatchState.QUEUED, None, ""
    batch.save(update_fields=["state", "paused_until", "note"])
    _record(Action.BATCH_STARTED, batch, by)
    doorbell.ring(work_on_batch_checks)


def still_paused(batch: BatchCheck, now: datetime) -> bool:
    """Whether the limit that paused it still stands; staff may have lifted it."""
    over = batch.paused_until is None or batch.paused_until <= now
    return not over and batch.organisation.pauses.running(now).of_everything().exists()


@transaction.atomic
def delete(*, batch: BatchCheck, by: User, now: datetime) -> None:
    """Erase the rows of a list that has ended; a line about it stays.  Raises BatchError while it is worked on."""
    batch = locked(batch, BatchState.DONE, BatchState.CANCELLED, BatchState.FAILED)
    erase(batch, now)
    _record(Action.BATCH_DELETED, batch, by)


def _record(action: Action, batch: BatchCheck, by: User, **detail: object) -> None:
    audit.record(
        actor=audit.user_actor(by),
        action=action,
        target=f"batch_check:{batch.pk}",
        organisation=str(batch.organisation_id),
        detail=detail,
    )
