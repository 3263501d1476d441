"""Photo archives and pictures that mean harm are refused; what is kept of a good photo is the picture alone."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from results import photos
from tests.hostile.corpus import Case
from tests.hostile.corpus_photos import PHOTO_DELIVERIES, chunk, png, saved
from tests.hostile.worker import Worker, assert_refused


@pytest.mark.django_db
@pytest.mark.parametrize("case", PHOTO_DELIVERIES, ids=lambda case: case.name)
def test_a_hostile_photo_is_refused_within_limits_and_changes_nothing(
    case: Case, worker: Worker, tmp_path: Path
) -> None:
    case.make(tmp_path)
    assert_refused(worker, tmp_path, case.message)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.unlink()


def a_camera_took_it() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0110], exif[0x0131] = "SECRETCAM 9", "SECRETSOFT"
    exif[0x0112] = 6  # lies on its side
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 12.0, 18.0), 3: "E", 4: (0.0, 7.0, 12.0)})
    exif.get_ifd(0x8769)[0xA431] = "SECRETSERIAL"
    return exif


GOOD: dict[str, bytes] = {
    "JPEG with place, camera and serial number": saved(
        "JPEG", Image.new("RGB", (800, 600), (200, 40, 40)), exif=a_camera_took_it(), comment=b"SECRETCOMMENT"
    ),
    "PNG with a text": png(60, 80, chunk(b"tEXt", b"Author\0SECRETAUTHOR")),
    "JPEG with trailing bytes": saved("JPEG") + b"SECRETTRAILER" * 100,
    "JPEG in print colours": saved("JPEG", Image.new("CMYK", (600, 800), (10, 20, 30, 0))),
    "grey JPEG": saved("JPEG", Image.new("L", (600, 800), 99)),
    "progressive JPEG": saved("JPEG", Image.new("RGB", (600, 800)), progressive=True),
    "PNG with a palette": saved("PNG", Image.new("P", (600, 800))),
    "PNG that one can see through": saved("PNG", Image.new("RGBA", (600, 800), (1, 2, 3, 4))),
    "PNG of one bit": saved("PNG", Image.new("1", (600, 800), 1)),
    "24 million pixels": saved("JPEG", Image.new("RGB", (6000, 4000), (9, 9, 9))),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_stored_is_a_small_plain_jpeg(name: str) -> None:
    stored = photos.re_encode(GOOD[name])

    with Image.open(io.BytesIO(stored)) as image:
        image.load()
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert image.width <= photos.STORED_SIZE[0]
        assert image.height <= photos.STORED_SIZE[1]
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"SECRET" not in stored


def test_a_photo_that_lies_on_its_side_is_set_upright() -> None:
    with Image.open(io.BytesIO(photos.re_encode(GOOD["JPEG with place, camera and serial number"]))) as image:
        assert image.size == (480, 640)


def test_sixteen_bits_of_grey_stay_grey() -> None:
    with Image.open(io.BytesIO(photos.re_encode(saved("PNG", Image.new("I;16", (60, 80), 0x8000))))) as image:
        colour: Any = image.getpixel((30, 40))
    assert all(abs(part - 0x80) < 3 for part in colour)


def test_a_refused_photo_leaves_nothing_in_the_storage(tmp_path: Path) -> None:
    data = png(10_000, 10_000, depth=1)
    with pytest.raises(photos.PhotoError):
        photos.store(data)
    assert not default_storage.exists(photos.stored_name(data))
