"""Test-day photos: taken from a folder or a ZIP file, checked, and re-encoded before they are stored.

Pictures are decoded in this process.  What a decoder may be asked to do is bounded before it starts (bytes, pixels,
parts, scans), so that no picture takes more than about 300 MB or two seconds (tests/hostile measures it).
"""

import hashlib
import io
import os
import stat
import struct
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 25_000_000
STORED_SIZE = (480, 640)
MAX_MEMBERS = 100_000
# Bytes of a ZIP file's list of members; each takes at least 46 there and about 600 in memory.
_MAX_DIRECTORY = 12 * 1024 * 1024
_QUALITY = 85
# Segments of a JPEG before its picture, chunks of a PNG: cameras write dozens, encoders of huge PNGs some thousand.
_MAX_PARTS = 20_000
# Passes over a progressive JPEG: encoders write about ten, each costs the decoder the whole picture.
_MAX_SCANS = 40
_START_OF_SCAN = b"\xff\xda"
_ENCRYPTED = 0x1  # flag of a ZIP member
# A picture that is a web page too.  Five bytes or more, so that no honest picture has them by chance.
_MARKUP = (b"<html", b"<script", b"<!doctype", b"<?php", b"<svg ", b"<body", b"<iframe")
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of the colour types of PNG
_DAMAGED = "is damaged or cut off"
_END_OF_JPEG = b"\xff\xd9"


class PhotoError(Exception):
    """Why a photo cannot be used, in words for the person who sent it."""


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
        try:
            handle = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise PhotoError("there is no such photo") from error
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):  # a folder, a pipe, a device
                raise PhotoError("there is no such photo")
            with open(handle, "rb", closefd=False) as file:
                return _bounded(file.read(MAX_BYTES + 1))
        finally:
            os.close(handle)


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
                return _bounded(file.read(MAX_BYTES + 1))
        except PhotoError:
            raise
        except Exception as error:  # zipfile answers damaged data with almost any
            raise PhotoError("cannot be unpacked") from error


class _BoundedReader(io.FileIO):
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


def re_encode(data: bytes) -> bytes:
    """The picture and nothing else: upright, at most 480 x 640 pixels, JPEG, without any metadata.

    Only JPEG and PNG are read, whatever the file was called; size and pixels are bounded before decoding.
    Raises PhotoError.
    """
    _bounded(data)
    _check_parts(data)
    if _is_something_else_too(data):
        raise PhotoError("is not only a picture: a web page or an archive is hidden in it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata, which stays behind anyway
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
                return _encoded(image, data)
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        raise PhotoError("is not a JPEG or PNG picture") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PhotoError(_too_many_pixels()) from error
    except Exception as error:  # Pillow's decoders answer damaged data with almost any
        raise PhotoError(_DAMAGED) from error


def _encoded(image: Image.Image, data: bytes) -> bytes:
    if image.width * image.height > MAX_PIXELS:
        raise PhotoError(_too_many_pixels())
    if image.format == "PNG" and getattr(image, "is_animated", False):
        raise PhotoError("is animated; send a still picture")
    if image.format == "PNG" and _lacks_lines(data):
        raise PhotoError(_DAMAGED)
    longest = max(STORED_SIZE)
    image.draft("RGB", (longest * 2, longest * 2))  # decodes a large JPEG at a fraction of its size
    # Made small first: upright and in colour come later, because each makes a copy.
    small = image.convert("RGBA") if image.mode in {"1", "P", "PA"} else _in_8_bits(image)
    small.thumbnail((longest, longest))
    upright = ImageOps.exif_transpose(small).convert("RGBA")
    upright.thumbnail(STORED_SIZE)
    # A new image: what came with the old one (EXIF, comments, colour profiles) stays behind.
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright)
    buffer = io.BytesIO()
    clean.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()


def _in_8_bits(image: Image.Image) -> Image.Image:
    """Pillow cuts the sixteen bits of a grey picture off above 255, which is white."""
    return image.point(lambda value: value * (1 / 256)).convert("L") if image.mode.startswith("I") else image


def _check_parts(data: bytes) -> None:
    """Pillow reads the parts of a file one by one in Python, and the decoder goes over a JPEG once for each scan."""
    jpeg = data.startswith(b"\xff\xd8")
    parts = _jpeg_segments(data) if jpeg else _png_chunks(data)
    if any(True for _part in islice(parts, _MAX_PARTS, None)) or (jpeg and data.count(_START_OF_SCAN) > _MAX_SCANS):
        raise PhotoError("is made of too many parts for a photo")


def _jpeg_segments(data: bytes) -> Iterator[int]:
    """Where each segment before the picture itself begins."""
    position = 2
    while data[position : position + 1] == b"\xff" and not data.startswith(_START_OF_SCAN, position):
        yield position
        position += 2 + max(2, int.from_bytes(data[position + 2 : position + 4], "big"))


def _png_chunks(data: bytes) -> Iterator[int]:
    position = 8
    while position < len(data):
        yield position
        position += 12 + int.from_bytes(data[position : position + 4], "big")


def _lacks_lines(data: bytes) -> bool:
    """Whether a PNG holds less than it says; Pillow would paint the rest black."""
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    missing: int = height * (width * depth * _CHANNELS[colour] // 8)
    inflater = zlib.decompressobj()
    for position in _png_chunks(data):
        if not data.startswith(b"IDAT", position + 4):
            continue
        packed = data[position + 8 : position + 8 + int.from_bytes(data[position : position + 4], "big")]
        while packed and missing > 0:
            missing -= len(inflater.decompress(packed, 1 << 20))
            packed = inflater.unconsumed_tail
    return missing > 0


def _is_something_else_too(data: bytes) -> bool:
    lower = data.lower()
    return any(markup in lower for markup in _MARKUP) or zipfile.is_zipfile(io.BytesIO(data))


def _check_name(name: str) -> None:
    if name in {".", ".."} or any(character in name for character in "/\\\0"):
        raise PhotoError("must be a file name without folders")


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise PhotoError(f"is larger than {MAX_BYTES // 1024 // 1024} MB")
    return data


def _too_many_pixels() -> str:
    return f"has more than {MAX_PIXELS // 1_000_000} million pixels"


def _is_stored(name: str) -> bool:
    if not default_storage.exists(name):
        return False
    with default_storage.open(name) as file:
        file.seek(max(0, file.size - len(_END_OF_JPEG)))
        return bool(file.read() == _END_OF_JPEG)
