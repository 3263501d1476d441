"""Loads a results file: reads, stages, checks, merges, in one transaction."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import BinaryIO

from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Action
from results.importer import checking, merging, photographs
from results.importer import samples as sampling
from results.importer.columns import COLUMNS
from results.importer.reading import check_size, read_file
from results.importer.report import FileRefusedError, ImportConflictError, Problem, Report, bounded
from results.importer.staging import Stager, stage
from results.models import ImportBatch
from results.photos import PhotoSource

# Any number will do, as long as nothing else locks it.
_LOCK = 20_050_101
_COLUMN_ORDER = {name: position for position, name in enumerate(COLUMNS)}


def import_results(
    *,
    source: BinaryIO,
    file_name: str,
    actor: str,
    photos: PhotoSource | None = None,
    dry_run: bool = False,
    skip_invalid: bool = False,
    samples: int = 0,
    now: datetime | None = None,
) -> Report:
    """Load a results file, as a whole or not at all; say everything that is wrong with it.

    Args:
        source: the file, open for reading in binary and seekable; it stays open.
        actor: for the audit trail, as `accounts.audit` names actors.
        photos: where photos are found; without it the photo column is ignored and stored photos are kept.
        dry_run: check and count against what is stored, and change nothing.
        skip_invalid: load the rows without problems although others have some.
        samples: how many of the new and of the changed rows the report should hold.

    Returns a report; `accepted` is false when the file was refused.  Raises ImportConflictError when another file is
    being loaded or staff changed one of its results meanwhile.
    """
    report = Report()
    try:
        check_size(source)
        sha256 = _sha256(source)
        with transaction.atomic():
            _take_turn()
            _check(source, photos, report, save_photos=not dry_run, skip_invalid=skip_invalid)
            report.accepted = not report.problems or (skip_invalid and report.refused < report.rows)
            if report.accepted:
                _plan(report, with_photos=photos is not None)
            if report.accepted and samples:
                report.samples = sampling.take(samples)
            if report.changes_something and not dry_run:
                _load(report, actor=actor, file_name=file_name, sha256=sha256, now=now or timezone.now())
    except FileRefusedError as refused:
        report.problems = refused.problems
    return report


def _sha256(source: BinaryIO) -> str:
    source.seek(0)
    digest = hashlib.sha256()
    for block in iter(lambda: source.read(65_536), b""):
        digest.update(block)
    return digest.hexdigest()


def _take_turn() -> None:
    """One import at a time: the plan of one must not be overtaken by the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        ((alone,),) = cursor.fetchall()
        if not alone:
            raise ImportConflictError(
                "Another results file is being loaded. Nothing was loaded; start again when it is done."
            )
        cursor.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")


def _check(
    source: BinaryIO, photos: PhotoSource | None, report: Report, *, save_photos: bool, skip_invalid: bool
) -> None:
    """Stage the file and fill the report's problems; afterwards only rows without problems are staged."""
    header, rows = read_file(source)
    stager = Stager(header)
    stage(stager, rows)
    report.rows = stager.rows
    wrong, odd = checking.row_problems()
    found = bounded(chain(stager.problems, wrong, checking.duplicates(), checking.clashes()))
    if photos:
        refused = {problem.line for problem in found}
        save = save_photos and (skip_invalid or not refused)
        found = bounded(chain(found, photographs.load_photos(photos, refused=refused, save=save)))
    elif _names_photos():
        report.warnings.append(Problem(1, "photo", "the column is ignored without --photos; stored photos are kept"))
    if skip_invalid:
        found += _drop_refused(found)
    report.problems = _in_order(found)
    report.refused = len({problem.line for problem in report.problems})
    report.warnings += sorted(odd)


def _drop_refused(found: list[Problem]) -> list[Problem]:
    """Take the rows with problems out of staging; returns the problems that this brings about.

    A refused row leaves its result as it is stored, and so the numbers that another row counted on getting from it.
    """
    more: list[Problem] = []
    latest: Iterable[Problem] = found
    while lines := list({problem.line for problem in latest}):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM import_row WHERE line = ANY(%s)", [lines])
        latest = list(checking.clashes())
        more += latest
    return more


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By line and column; the first word on a cell is the last one."""
    first: dict[tuple[int, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.line, problem.column), problem)
    return sorted(first.values(), key=lambda problem: (problem.line, _COLUMN_ORDER.get(problem.column, -1)))


def _names_photos() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM import_row WHERE photo <> '')")
        ((named,),) = cursor.fetchall()
    return bool(named)


def _plan(report: Report, *, with_photos: bool) -> None:
    plan = merging.plan(with_photos=with_photos)
    report.added, report.changed, report.unchanged = plan.added, plan.changed, plan.unchanged
    report.numbers_corrected, report.held = plan.numbers_corrected, plan.held


def _load(report: Report, *, actor: str, file_name: str, sha256: str, now: datetime) -> None:
    counts = {
        "added": report.added,
        "changed": report.changed + report.numbers_corrected,
        "unchanged": report.unchanged,
        "refused": report.refused,
        "held": len(report.held),
    }
    batch = ImportBatch.objects.create(
        actor=actor, file_name=file_name[-255:], file_sha256=sha256, loaded_at=now, **counts
    )
    merging.merge(batch.id, now)
    audit.record(
        actor=actor, action=Action.RESULTS_IMPORTED, target=f"import:{batch.id}", detail={**counts, "sha256": sha256}
    )
    report.batch_id = batch.id
