"""Data files: results are taken through the door a chunk at a time and handed to the exporter."""

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.audit import user_actor
from downloads.exporters import export
from downloads.made import Made, NothingLeftError, advance, note_items, right_of
from downloads.models import Download, Item, LeftOut, Part
from downloads.options import Options
from sharing.door import Taken, take
from sharing.models import Channel

CHUNK: Final = 2_000
NAME: Final = "results"


def make(part: Part, folder: Path) -> Made:
    """The whole file; after a crash it is begun anew.  Raises NothingLeftError and LeaseLostError."""
    download = part.download
    Download.objects.filter(pk=download.pk).update(done=0)
    exported = export(options=Options.load(download.options), batches=_batches(part), folder=folder, name=NAME)
    if not download.items.in_file().exists():
        raise NothingLeftError
    (only, *more) = exported.files
    path = _together(exported.files, folder) if more else only
    return Made(path, NAME, " ".join(exported.notes))


def _batches(part: Part) -> Iterator[Sequence[Taken]]:
    last = 0
    while items := list(part.download.items.filter(position__gt=last)[:CHUNK]):
        last = items[-1].position
        if taken := _take(part, items):
            yield taken


@transaction.atomic
def _take(part: Part, items: list[Item]) -> list[Taken]:
    """What these results say today; that they were taken, and how far the file is, is committed before it is used."""
    download = part.download
    assert download.asked_by  # noqa: S101  (the worker looked)
    rights = {item.pk: right_of(item) for item in items}
    taken = take(
        organisation=download.organisation,
        rights=rights.values(),
        actor=user_actor(download.asked_by),
        channel=Channel.EXPORT,
        now=timezone.now(),
        purpose=f"download:{download.pk}",
    )
    found = {pk: taken.get(right) for pk, right in rights.items()}
    note_items((pk, row and row.version_id, "" if row else LeftOut.ENDED) for pk, row in found.items())
    advance(part, len(items))
    return list(taken.values())


def _together(files: Sequence[Path], folder: Path) -> Path:
    path = folder / f"{NAME}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return path
