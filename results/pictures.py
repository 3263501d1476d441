"""Pictures: what arrives is decoded with care, and leaves as a small plain JPEG.

They are decoded in this process.  What a decoder may be asked to do is bounded before it starts (bytes, pixels, parts,
scans), so that no picture takes more than about 300 MB or two seconds (tests/hostile measures it).
"""

import io
import struct
import threading
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 25_000_000
STORED_SIZE: Final = (480, 640)
_QUALITY = 85
# Segments of a JPEG before its picture, chunks of a PNG: cameras write dozens, encoders of huge PNGs some thousand.
_MAX_PARTS = 20_000
# Passes over a progressive JPEG: encoders write about ten, each costs the decoder the whole picture.
_MAX_SCANS = 40
_START_OF_SCAN = b"\xff\xda"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of the colour types of PNG
# A picture that is a web page too.  Five bytes or more, so that no honest picture has them by chance.
_MARKUP = (b"<html", b"<script", b"<!doctype", b"<?php", b"<svg ", b"<body", b"<iframe")
_DAMAGED = "is damaged or cut off"


class PhotoError(Exception):
    """Why a photo cannot be used, in words for the person who sent it."""


def re_encode(data: bytes) -> bytes:
    """The picture and nothing else: upright, at most 480 x 640 pixels, JPEG, without any metadata.

    Only JPEG and PNG are read, whatever the file was called; size and pixels are bounded before decoding.
    Raises PhotoError.
    """
    bounded(data)
    _check_parts(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata, which stays behind anyway
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with _whole_pictures_only(), Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
                return _encoded(image, data)
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        raise PhotoError("is not a JPEG or PNG picture") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise PhotoError(_too_many_pixels()) from error
    except Exception as error:  # Pillow's decoders answer damaged data with almost any
        raise PhotoError(_DAMAGED) from error


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


def _encoded(image: Image.Image, data: bytes) -> bytes:
    if image.width * image.height > MAX_PIXELS:
        raise PhotoError(_too_many_pixels())
    if _is_something_else_too(data):
        raise PhotoError("is not only a picture: a web page or an archive is hidden in it")
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


def bounded(data: bytes) -> bytes:
    """The data, unless there are too many.  Raises PhotoError."""
    if len(data) > MAX_BYTES:
        raise PhotoError(f"is larger than {MAX_BYTES // 1024 // 1024} MB")
    return data


def _too_many_pixels() -> str:
    return f"has more than {MAX_PIXELS // 1_000_000} million pixels"
