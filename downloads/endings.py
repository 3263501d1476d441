"""The end of a download: its file goes after 30 days, its pieces at once; the history stays."""

import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from django.core.files.storage.base import Storage
from django.db import transaction
from django.utils.translation import gettext as _

from downloads.models import Download, DownloadState, Part

KEEP_FILE: Final = timedelta(days=30)
KEEP_OPEN: Final = timedelta(days=7)
"""A download that is not made in this time never will be."""
STRAY: Final = timedelta(days=1)
FOLDER: Final = "downloads"


def forget_downloads(now: datetime) -> None:
    """What the clock ends: files, and downloads that nothing came of."""
    for download in Download.objects.ready_before(now - KEEP_FILE):
        delete_file(download, note="")
    for download in Download.objects.open().filter(asked_at__lt=now - KEEP_OPEN):
        fail(download, _("It could not be made in a week. Ask for it again."), now=now)
    _forget_strays(now)


@transaction.atomic
def delete_file(download: Download, *, note: str) -> None:
    """The file goes, the row in the history stays."""
    ready = Download.objects.filter(pk=download.pk, state=DownloadState.READY)
    if ready.update(state=DownloadState.EXPIRED, file="", note=note):
        name, storage = str(download.file.name), download.file.storage
        transaction.on_commit(lambda: storage.delete(name))


@transaction.atomic
def fail(download: Download, note: str, *, now: datetime) -> None:
    """End an open download with a reason that whoever asked can read."""
    if Download.objects.open().filter(pk=download.pk).update(state=DownloadState.FAILED, note=note, ended_at=now):
        forget_parts(download)


def forget_parts(download: Download, *, but: str = "") -> None:
    """Nothing is left to do for it: delete its parts, and once that is committed every file but the one named.

    Also what a worker stored that was killed before it could say so.  In the caller's transaction.
    """
    Part.objects.filter(download=download).delete()
    transaction.on_commit(lambda: _empty(_storage(), f"{FOLDER}/{download.pk}", but))


def _empty(storage: Storage, folder: str, but: str) -> None:
    with suppress(FileNotFoundError):
        for name in storage.listdir(folder)[1]:
            if f"{folder}/{name}" != but:
                storage.delete(f"{folder}/{name}")


def _forget_strays(now: datetime) -> None:
    """Delete pieces that a worker stored for a download that had just ended, and files that no row knows."""
    storage = _storage()
    with suppress(FileNotFoundError):
        for folder in storage.listdir(FOLDER)[0]:
            kept = _files_of(folder)
            for name in storage.listdir(f"{FOLDER}/{folder}")[1]:
                path = f"{FOLDER}/{folder}/{name}"
                if path not in kept and storage.get_modified_time(path) < now - STRAY:
                    storage.delete(path)


def _files_of(folder: str) -> set[str]:
    try:
        pk = uuid.UUID(folder)
    except ValueError:
        return set()
    parts = Part.objects.filter(download=pk).values_list("file", flat=True)
    return {*Download.objects.filter(pk=pk).values_list("file", flat=True), *parts}


def _storage() -> Storage:
    storage: Storage = Download._meta.get_field("file").storage  # noqa: SLF001  (how Django offers it)
    return storage
