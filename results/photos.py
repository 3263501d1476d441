"""Test-day photos: taken from a folder or a ZIP file, checked, and re-encoded before they are stored."""

import hashlib
import io
import threading
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
STORED_SIZE = (480, 640)
_QUALITY = 85
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
        path = self._folder / name
        if path.is_symlink() or not path.is_file():
            raise PhotoError("there is no such photo")
        with path.open("rb") as file:
            return _bounded(file.read(MAX_BYTES + 1))


class PhotoZip:
    """Photos as members of a ZIP file, outside any folder of it."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def read(self, name: str) -> bytes:
        _check_name(name)
        try:
            with self._archive.open(name) as member:
                return _bounded(member.read(MAX_BYTES + 1))
        except KeyError as error:
            raise PhotoError("there is no such photo") from error
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
            raise PhotoError("cannot be unpacked") from error


@contextmanager
def open_photos(path: Path) -> Iterator[PhotoSource]:
    """A folder or a ZIP file of photos.  Raises OSError or zipfile.BadZipFile when it is neither."""
    if path.is_dir():
        yield PhotoFolder(path)
    else:
        with zipfile.ZipFile(path) as archive:
            yield PhotoZip(archive)


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with _whole_pictures_only(), Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
                return _encoded(image)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PhotoError(_too_many_pixels()) from error
    except UnidentifiedImageError as error:
        raise PhotoError("is not a JPEG or PNG picture") from error
    # Pillow's decoders answer damaged data with any of these.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, OverflowError) as error:
        raise PhotoError("is damaged or cut off") from error


_decoding = threading.Lock()


@contextmanager
def _whole_pictures_only() -> Iterator[None]:
    """WeasyPrint tells Pillow, for the whole process, to accept pictures that are cut off; here they are refused."""
    with _decoding:
        before, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def _encoded(image: Image.Image) -> bytes:
    if image.width * image.height > MAX_PIXELS:
        raise PhotoError(_too_many_pixels())
    image.draft("RGB", (STORED_SIZE[0] * 2, STORED_SIZE[1] * 2))  # decodes a large JPEG at a fraction of its size
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    upright.thumbnail(STORED_SIZE)
    # A new image: what came with the old one (EXIF, comments, colour profiles) stays behind.
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright)
    buffer = io.BytesIO()
    clean.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return buffer.getvalue()


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
