"""The worker's part of an import: check what was uploaded, load what was confirmed.

The row is the truth.  A worker takes it under a lease and renews the lease while it works.  After a kill -9 the lease
runs out and whoever looks next goes on from the last finished step: checking changes nothing, and loading commits
together with the row, so that a file is loaded as a whole and once.
"""

import io
import logging
import os
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from django.core.files.base import File
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.leases import LEASE, RENEW_SECONDS, kept
from results.importer import ImportConflictError, Problem, Report, import_results, write_rejects
from results.importer.reading import read_file
from results.importer.report import FileRefusedError
from results.photos import PhotoSource, open_photos
from results.staff.clearing import delete_upload
from results.staff.files import local_path
from results.staff.models import ImportJob, ImportProblem, ImportState
from results.staff.querysets import ImportJobQuerySet

logger = logging.getLogger("rvs.import")

MAX_ATTEMPTS = 5
"""Times a worker may die over one step of a file before a person has to look."""
SAMPLES = 20
COUNTED = ("rows", "added", "changed", "numbers_corrected", "unchanged", "refused")


class LeaseLostError(Exception):
    """Another worker has taken this file over; nothing of ours may be stored."""


class StalePreviewError(Exception):
    """Results changed since the preview: loading would do something else than what was confirmed."""


class CountedPhotos:
    """A source of photos that knows how many were taken from it."""

    def __init__(self, source: PhotoSource) -> None:
        self._source = source
        self.count = 0

    def read(self, name: str) -> bytes:
        self.count += 1
        return self._source.read(name)


@dataclass(frozen=True)
class Opened:
    """The files of an import, open for reading."""

    source: BinaryIO
    size: int
    photos: CountedPhotos | None

    @property
    def per_cent_read(self) -> int:
        return min(100, 100 * os.lseek(self.source.fileno(), 0, os.SEEK_CUR) // max(self.size, 1))


def work_on_next() -> bool:
    """Do the next step of the oldest file that needs one; False when there is nothing to do.  One file at a time."""
    job = _claim()
    if job is None:
        return False
    step = _check if job.state == ImportState.CHECKING else _load
    try:
        with _opened(job) as opened, kept(lambda: _renew(job, opened), every=RENEW_SECONDS):
            step(job, opened)
    except ImportConflictError:
        _put_back(job)
    except zipfile.BadZipFile as error:
        _refuse_photos(job, error)
    except StalePreviewError:
        _check_again(job)
    except LeaseLostError:
        logger.warning("another worker went on with an import")
    except OperationalError:
        logger.exception("the database went away during an import; it goes on when the lease has run out")
    except Exception:
        logger.exception("an import failed")
        _fail(job, _("Something went wrong in the service. Start it again; if it fails again, tell the technicians."))
    return True


def _claim() -> ImportJob | None:
    now = timezone.now()
    with transaction.atomic():
        if ImportJob.objects.at_work(now).exists():
            return None
        job = ImportJob.objects.to_do(now).select_for_update(skip_locked=True).first()
        if job is None:
            return None
        checked = job.state in {ImportState.CONFIRMED, ImportState.LOADING}
        job.state = ImportState.LOADING if checked else ImportState.CHECKING
        job.attempts += 1
        job.lease, job.lease_until = uuid.uuid4(), now + LEASE
        job.lines_read = job.photos_read = 0
        job.save(update_fields=["state", "attempts", "lease", "lease_until", "lines_read", "photos_read"])
    if job.attempts > MAX_ATTEMPTS:
        _fail(job, _("It was interrupted too often. Tell the technicians before you start it again."))
        return None
    return job


@contextmanager
def _opened(job: ImportJob) -> Iterator[Opened]:
    with ExitStack() as stack:
        path = stack.enter_context(local_path(job.file))
        source = stack.enter_context(path.open("rb"))
        photos = None
        if job.photos:
            archive = stack.enter_context(local_path(job.photos))
            photos = CountedPhotos(stack.enter_context(open_photos(archive)))
        yield Opened(source, path.stat().st_size, photos)


def _renew(job: ImportJob, opened: Opened) -> None:
    """The lease, and how far the work is."""
    _ours(job).update(
        lease_until=timezone.now() + LEASE,
        lines_read=opened.per_cent_read,
        photos_read=opened.photos.count if opened.photos else 0,
    )


def _check(job: ImportJob, opened: Opened) -> None:
    """Find out what loading would do, and keep it as the preview."""
    report = import_results(
        source=opened.source,
        file_name=job.file_name,
        actor=job.uploaded_by,
        photos=opened.photos,
        dry_run=True,
        skip_invalid=True,
        samples=SAMPLES,
    )
    with ExitStack() as stack:
        rejects = stack.enter_context(_rejects(opened.source, report.problems)) if report.refused else None
        stack.enter_context(transaction.atomic())
        _keep_problems(job, report)
        if rejects:
            job.rejects.save("rejects.csv", rejects, save=False)
        _finish(
            job,
            state=_verdict(report),
            preview=job.preview + 1,
            counts=_counts(report),
            samples={**report.samples, "refused": _refused(opened.source, report), "held": report.held[:SAMPLES]},
            rejects=job.rejects.name or "",
        )


def _refuse_photos(job: ImportJob, error: zipfile.BadZipFile) -> None:
    report = Report(problems=[Problem(1, "photo", f"the photo archive cannot be used: {error}")])
    with transaction.atomic():
        _keep_problems(job, report)
        _finish(job, state=ImportState.REFUSED, preview=job.preview + 1, counts=_counts(report))


def _verdict(report: Report) -> ImportState:
    if not report.accepted:
        return ImportState.REFUSED
    if report.changes_something:
        return ImportState.READY
    return ImportState.REFUSED if report.refused else ImportState.UNCHANGED


def _load(job: ImportJob, opened: Opened) -> None:
    """Load the file; what it changes and what the row says of it are committed together."""
    with transaction.atomic():
        report = import_results(
            source=opened.source,
            file_name=job.file_name,
            actor=job.confirmed_by,
            photos=opened.photos,
            skip_invalid=job.valid_rows_only,
            samples=SAMPLES,
        )
        if report.batch_id is None or report.samples.get("digest") != job.samples.get("digest"):
            raise StalePreviewError
        _finish(job, state=ImportState.LOADED, batch=report.batch_id)


def _finish(job: ImportJob, *, state: ImportState, **fields: Any) -> None:
    """End the step, in the caller's transaction.  Raises LeaseLostError when the file is no longer ours."""
    ended = None if state in {ImportState.READY, ImportState.FAILED} else timezone.now()
    if not _ours(job).update(state=state, lease=None, lease_until=None, attempts=0, ended_at=ended, **fields):
        raise LeaseLostError
    if ended:
        transaction.on_commit(lambda: delete_upload(job))


def _put_back(job: ImportJob) -> None:
    """Another file is being loaded, or staff changed a result at this moment: try again later, as if never begun."""
    before = ImportState.CONFIRMED if job.state == ImportState.LOADING else ImportState.UPLOADED
    _ours(job).update(state=before, lease=None, lease_until=None, attempts=job.attempts - 1)


def _check_again(job: ImportJob) -> None:
    note = _("Results were changed after the preview was made, so it was made again. Look at it and confirm again.")
    fields: dict[str, Any] = {"confirmed_by": "", "confirmed_at": None, "note": note}
    _ours(job).update(state=ImportState.UPLOADED, lease=None, lease_until=None, attempts=0, **fields)


def _fail(job: ImportJob, note: str) -> None:
    _ours(job).update(state=ImportState.FAILED, lease=None, lease_until=None, attempts=0, note=note)


def _ours(job: ImportJob) -> ImportJobQuerySet:
    return ImportJob.objects.filter(pk=job.pk, lease=job.lease)


def _counts(report: Report) -> dict[str, int]:
    counts = {name: getattr(report, name) for name in COUNTED}
    return {
        **counts,
        "held": len(report.held),
        "problems": len(report.problems),
        "warnings": len(report.warnings),
    }


def _keep_problems(job: ImportJob, report: Report) -> None:
    """All problems, then all warnings; those of an earlier check of this file go."""
    job.problems.all().delete()
    found = [(problem, False) for problem in report.problems] + [(odd, True) for odd in report.warnings]
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for position, (problem, warning) in enumerate(found, 1):
            copy.write_row((job.pk, position, problem.line, problem.column[:60], problem.message, warning))


_COPY = (
    f"COPY {ImportProblem._meta.db_table} "  # noqa: SLF001  (public, whatever its name says)
    '(job_id, "position", line, "column", message, warning) FROM STDIN'
)


@contextmanager
def _rejects(source: BinaryIO, problems: list[Problem]) -> "Iterator[File[bytes]]":
    """The refused rows as a file."""
    with tempfile.TemporaryFile() as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        write_rejects(source, problems, text)
        text.detach()
        yield File(file)


def _refused(source: BinaryIO, report: Report) -> list[dict[str, object]]:
    """The first refused rows: their line, reference number as given, and everything that is wrong with them."""
    wrong: dict[int, list[dict[str, str]]] = {}
    for problem in report.problems:
        if problem.line not in wrong and len(wrong) == SAMPLES:
            break
        wrong.setdefault(problem.line, []).append({"column": problem.column, "message": problem.message})
    given = _reference_numbers(source, set(wrong)) if report.refused else {}
    return [
        {"line": line, "reference_number": given.get(line, ""), "problems": problems}
        for line, problems in wrong.items()
    ]


def _reference_numbers(source: BinaryIO, lines: set[int]) -> dict[int, str]:
    try:
        header, rows = read_file(source)
        place = header.index("reference_number")
        found = ((line, cells) for line, cells in rows if line in lines)
        return {line: cells[place][:40] for line, cells in islice(found, len(lines)) if len(cells) > place}
    except FileRefusedError:
        return {}
