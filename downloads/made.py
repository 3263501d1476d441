"""What the makers of files hand over, and how they stop."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.db.models import F

from downloads.models import Download, DownloadState, Item, Part
from sharing.door import RightId, RightKind


class LeaseLostError(Exception):
    """The download was cancelled, or another worker has taken this part over; nothing of ours may be stored."""


class NothingLeftError(Exception):
    """Nothing of what was asked for may be given to the organisation today."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file on this machine; `name` is without its ending, safe on every system and without personal data."""

    path: Path
    name: str
    note: str = ""


def advance(part: Part, count: int) -> None:
    """So many more items are done, in the caller's transaction.  Raises LeaseLostError when the part is not ours."""
    ours = Download.objects.filter(
        pk=part.download_id, state=DownloadState.RUNNING, parts__pk=part.pk, parts__lease=part.lease
    )
    if not ours.update(done=F("done") + count):
        raise LeaseLostError


def right_of(item: Item) -> RightId:
    if item.share_id:
        return RightId(RightKind.SHARE, item.share_id)
    assert item.verification_id  # noqa: S101  (a constraint says so)
    return RightId(RightKind.VERIFICATION, item.verification_id)


def note_items(outcomes: Iterable[tuple[int, int | None, str]]) -> None:
    """Write down what became of items, in the caller's transaction: their id, the version in the file, or why not."""
    ids, versions, reasons = zip(*outcomes, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, [list(ids), list(versions), list(reasons)])


_NOTE = """
    update downloads_item set version_id = said.version, left_out = said.reason
    from unnest(%s::bigint[], %s::bigint[], %s::text[]) said(id, version, reason)
    where downloads_item.id = said.id
    """
