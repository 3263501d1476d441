"""Statements of Results: one PDF, or a ZIP of several with an index of every row that was asked for."""

import csv
import io
import itertools
import json
import logging
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from django.core.files.base import File
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.audit import user_actor
from accounts.spreadsheets import plain
from downloads.file_names import safe
from downloads.made import LeaseLostError, Made, NothingLeftError, advance, note_items, right_of
from downloads.models import Download, Item, LeftOut, Part
from results.staff.files import local_path
from sharing import door
from sharing.models import Channel

logger = logging.getLogger("rvs.downloads")

INDEX: Final = "index.json"
"""In the ZIP of a part: the lines of the index, in order."""


class Line(NamedTuple):
    """One row of the index.  Of a right that has ended it says no more than the organisation's own words."""

    number: int
    file: str = ""
    name: str = ""
    reference_number: str = ""
    exam: str = ""
    exam_date: str = ""
    given_on: str = ""
    applicant_reference: str = ""
    left_out: str = ""


def headings() -> Line:
    return Line(
        number=_("Number"),  # type: ignore[arg-type]  # a heading
        file=_("File"),
        name=_("Candidate"),
        reference_number=_("Reference number"),
        exam=_("Exam"),
        exam_date=_("Exam date"),
        given_on=_("Shared or checked on"),
        applicant_reference=_("Applicant reference"),
        left_out=_("Left out because"),
    )


def make_part(part: Part, folder: Path) -> None:
    """The statements of a part and their lines of the index, as a file of its own.

    All in one transaction: whatever moment a worker is killed at, no statement counts as taken that was not stored.
    Raises LeaseLostError.
    """
    path = folder / "part.zip"
    # Every download in the same order, so that two of them never wait for each other's traces.
    items = sorted(_items(part), key=lambda item: str(item.share_id or item.verification_id))
    with transaction.atomic():
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            made = {item: _add(archive, part.download, item) for item in items}
            lines = sorted(line for line, _version, _reason in made.values())
            archive.writestr(INDEX, json.dumps(lines))
        note_items((item.pk, version, reason) for item, (_line, version, reason) in made.items())
        with path.open("rb") as file:
            part.file.save(f"part-{part.number}.zip", File(file), save=False)
        advance(part, len(items))
        if not Part.objects.under_lease(part).update(made=True, file=part.file.name, lease=None, lease_until=None):
            raise LeaseLostError


def put_together(download: Download, folder: Path) -> Made:
    """The parts as one file.  Raises NothingLeftError when there is no statement in any."""
    if not download.items.in_file().exists():
        raise NothingLeftError
    name = "statements-of-results"
    if download.asked_for == 1:
        return Made(_only_statement(download, folder), "statement-of-results")
    path, index = folder / "all.zip", io.StringIO(newline="")
    writer = csv.writer(index)
    writer.writerow(headings())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for part in _parts(download):
            with ExitStack() as stack:
                source = stack.enter_context(zipfile.ZipFile(stack.enter_context(local_path(part.file))))
                for line in itertools.starmap(Line, json.loads(source.read(INDEX))):
                    writer.writerow([plain(str(cell)) for cell in line])
                    if line.file:
                        archive.writestr(source.getinfo(line.file), source.read(line.file))
        archive.writestr(_entry("index.csv"), index.getvalue().encode("utf-8-sig"), zipfile.ZIP_DEFLATED)
    return Made(path, name)


def file_name(number: int, candidate_name: str, reference_number: str) -> str:
    """Unlike any other in its ZIP by what it begins with, and safe on every system."""
    return f"{safe(f'{number:05}-{reference_number}-{candidate_name}')}.pdf"


def _items(part: Part) -> list[Item]:
    items = part.download.items.filter(position__range=(part.first, part.last))
    return list(items.select_related("share", "verification"))


def _parts(download: Download) -> list[Part]:
    return list(download.parts.filter(number__gt=0).order_by("number"))


def _add(archive: zipfile.ZipFile, download: Download, item: Item) -> tuple[Line, int | None, str]:
    """One statement, or why there is none."""
    try:
        with transaction.atomic():
            opened = _open(download, item)
            document = door.statement(opened, now=timezone.now())
    except door.NotAvailableError:
        return _without(item, _reason(item))
    except DatabaseError:
        raise
    except Exception:
        logger.exception("a statement could not be made")
        return _without(item, LeftOut.FAULT)
    view = opened.view
    name = file_name(item.position, view.candidate_name, opened.reference_number)
    archive.writestr(_entry(name), document)
    line = Line(
        number=item.position,
        file=name,
        name=view.candidate_name,
        reference_number=opened.reference_number,
        exam=view.display_name,
        exam_date=view.exam_date.isoformat(),
        given_on=f"{opened.given_at:%Y-%m-%d}",
        applicant_reference=opened.applicant_reference,
    )
    return line, opened.version_id, ""


def _open(download: Download, item: Item) -> door.Opened:
    assert download.asked_by  # noqa: S101  (the worker looked)
    return door.open_right(
        organisation=download.organisation,
        right=right_of(item),
        actor=user_actor(download.asked_by),
        channel=Channel.STATEMENT,
        now=timezone.now(),
    )


def _reason(item: Item) -> LeftOut:
    ended = Item.objects.filter(pk=item.pk).without_right(timezone.now()).exists()
    return LeftOut.ENDED if ended else LeftOut.NOT_RELEASED


def _without(item: Item, reason: LeftOut) -> tuple[Line, None, str]:
    """Named by what the organisation itself wrote: the right to anything else may be gone."""
    right = item.share or item.verification
    assert right  # noqa: S101  (a constraint says so)
    given_at = item.share.shared_at if item.share else right.last_made_at  # type: ignore[union-attr]
    line = Line(
        number=item.position,
        given_on=f"{given_at:%Y-%m-%d}",
        applicant_reference=right.applicant_reference,
        left_out=str(reason.label),
    )
    return line, None, reason


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6])
    entry.external_attr = 0o644 << 16
    return entry


def _only_statement(download: Download, folder: Path) -> Path:
    (part,) = _parts(download)
    path = folder / "statement.pdf"
    with local_path(part.file) as stored, zipfile.ZipFile(stored) as source:
        (name,) = [entry for entry in source.namelist() if entry != INDEX]
        path.write_bytes(source.read(name))
    return path
