"""Test-day photos: taken from a folder or a ZIP file, checked, and re-encoded before they are stored."""

import hashlib
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Final, Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from results.pictures import MAX_BYTES, STORED_SIZE, PhotoError, bounded, re_encode

__all__ = [
    "MAX_BYTES",
    "STORED_SIZE",
    "PhotoError",
    "PhotoFolder",
    "PhotoSource",
    "PhotoZip",
    "check",
    "open_photos",
    "re_encode",
    "store",
    "stored_name",
]

MAX_MEMBERS: Final = 100_000
# Bytes of a ZIP file's list of members; each takes at least 46 there and about 600 in memory.
_MAX_DIRECTORY = 12 * 1024 * 1024
_ENCRYPTED = 0x1  # flag of a ZIP member
_END_OF_JPEG = b"\xff\xd9"


class PhotoSource(Protocol):
    """Where an import finds the photos it names."""

    def read(self, name: str) -> bytes:
        """The bytes of the photo with exactly this name.  Raises PhotoError."""


class PhotoFolder:
    """Photos as files directly inside a folder; links are not followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes:
        _check_name(name)
        path = self._folder / name
        try:
            if path.is_symlink() or not path.is_file():
                raise PhotoError("there is no such photo")
            with path.open("rb") as file:
                return bounded(file.read(MAX_BYTES + 1))
        except OSError as error:
            raise PhotoError("cannot be opened") from error


class PhotoZip:
    """Photos as members of a ZIP file, outside any folder of it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {member.filename: member for member in archive.infolist()}
        self._spellings = Counter(member.filename.casefold() for member in archive.infolist())

    def read(self, name: str) -> bytes:
        _check_name(name)
        if (member := self._members.get(name)) is None:
            raise PhotoError("there is no such photo")
        if self._spellings[name.casefold()] > 1:
            raise PhotoError("stands more than once in the ZIP file, perhaps in capitals and in small letters")
        if member.flag_bits & _ENCRYPTED:
            raise PhotoError("is locked with a password")
        # Python bounds the output of these two methods only.
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise PhotoError("is packed in a way that is not read; use an ordinary ZIP file")
        try:
            with self._archive.open(member) as file:
                return bounded(file.read(MAX_BYTES + 1))
        except PhotoError:
            raise
        except Exception as error:  # zipfile answers damaged data with almost any
            raise PhotoError("cannot be unpacked") from error


class _BoundedReader(FileIO):
    """A ZIP file whose list of members cannot fill the memory: zipfile reads it in one go, as long as it says it is."""

    def read(self, size: int | None = -1) -> bytes:
        if size is not None and size > max(_MAX_DIRECTORY, MAX_BYTES + 1):
            raise zipfile.BadZipFile(_too_many_members())
        return super().read(_MAX_DIRECTORY if size is None or size < 0 else size)


@contextmanager
def open_photos(path: Path) -> Iterator[PhotoSource]:
    """A folder or a ZIP file of photos.  Raises OSError or zipfile.BadZipFile when it is neither, or malicious."""
    if path.is_dir():
        yield PhotoFolder(path)
        return
    with _BoundedReader(path) as file, _opened(file) as archive:
        _check_members(archive)
        yield PhotoZip(archive)


def _opened(file: _BoundedReader) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError):
        raise
    except Exception as error:
        raise zipfile.BadZipFile("the ZIP file is damaged") from error


def _check_members(archive: zipfile.ZipFile) -> None:
    """Nothing is ever unpacked to a disk, but whoever writes such an archive means harm: it is refused as a whole."""
    if len(archive.infolist()) > MAX_MEMBERS:
        raise zipfile.BadZipFile(_too_many_members())
    for member in archive.infolist():
        # What zipfile makes of a name; the one in the archive may hold NUL or backslashes.
        for name in (member.filename, member.orig_filename):
            if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:3]:
                raise zipfile.BadZipFile("a name in the ZIP file leads out of it")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise zipfile.BadZipFile("the ZIP file holds a link")


def _too_many_members() -> str:
    return f"the ZIP file lists more than {MAX_MEMBERS:,} files"


def stored_name(data: bytes) -> str:
    """Where the photo made from these bytes is stored: the name follows from the content."""
    digest = hashlib.sha256(data).hexdigest()
    return f"photos/{digest[:2]}/{digest}.jpg"


def store(data: bytes) -> str:
    """Re-encode and store a photo unless it is there already; returns its storage name.  Raises PhotoError."""
    name = stored_name(data)
    if _is_stored(name):
        return name
    content = ContentFile(re_encode(data))
    if default_storage.exists(name):  # left half-written by a process that was killed
        default_storage.delete(name)
    return default_storage.save(name, content)


def check(data: bytes) -> None:
    """Find out whether `store` would accept these bytes, without storing anything.  Raises PhotoError."""
    if not _is_stored(stored_name(data)):
        re_encode(data)


def _check_name(name: str) -> None:
    if name in {".", ".."} or any(character in name for character in "/\\\0"):
        raise PhotoError("must be a file name without folders")


def _is_stored(name: str) -> bool:
    if not default_storage.exists(name):
        return False
    with default_storage.open(name) as file:
        file.seek(max(0, file.size - len(_END_OF_JPEG)))
        return bool(file.read() == _END_OF_JPEG)
