"""Test-day photos: only what is a picture gets in, and nothing but the picture."""

import hashlib
import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageFile, PngImagePlugin

from results import photos
from results.models import Result
from rvs.sample_data import drawn_photo
from tests.results.loading import first_row, load, problems

NAME = "15BGB9615003.jpg"


def picture(size: tuple[int, int] = (600, 900), kind: str = "JPEG", mode: str = "RGB", **options: object) -> bytes:
    buffer = io.BytesIO()
    image = Image.new(mode, size, "red" if mode == "RGB" else None)
    image.paste("blue" if mode == "RGB" else 0, (0, 0, size[0], size[1] // 4))  # the upper quarter
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def with_gps() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # stands on its side
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 12.0, 0.0)
    return picture(exif=exif, comment=b"taken at home")


def huge_png(width: int, height: int) -> bytes:
    """A PNG whose header promises more than its data hold."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def test_metadata_stays_behind_and_the_picture_stands_upright() -> None:
    original = with_gps()
    assert b"CameraMaker" in original
    encoded = photos.re_encode(original)
    image = Image.open(io.BytesIO(encoded))
    assert image.format == "JPEG"
    assert dict(image.getexif()) == {}
    assert not {"exif", "comment", "icc_profile"} & set(image.info)
    for secret in (b"CameraMaker", b"taken at home", b"GPS", b"Exif"):
        assert secret not in encoded
    assert image.size == (480, 320)  # lay on its side
    assert image.getpixel((470, 160))[2] > 200  # type: ignore[index]  # the blue edge has turned to the right


@pytest.mark.parametrize(
    "data",
    [
        picture(),
        picture(kind="PNG"),
        picture(mode="CMYK"),
        picture(mode="L"),
        picture(mode="RGBA", kind="PNG"),
        picture(mode="P", kind="PNG"),
        picture(size=(1, 1)),
        picture(size=(3000, 4000)),
    ],
)
def test_usual_pictures_become_small_jpegs(data: bytes) -> None:
    image = Image.open(io.BytesIO(photos.re_encode(data)))
    image.load()
    assert (image.format, image.mode) == ("JPEG", "RGB")
    assert image.width <= 480
    assert image.height <= 640


def png_with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Somebody")
    return picture(kind="PNG", pnginfo=info)


def test_text_in_a_png_stays_behind() -> None:
    assert b"Somebody" in png_with_text()
    assert b"Somebody" not in photos.re_encode(png_with_text())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a JPEG or PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a JPEG or PNG"),
        (b"<html><script>alert(1)</script>", "not a JPEG or PNG"),
        (b"%PDF-1.7", "not a JPEG or PNG"),
        (picture(kind="GIF"), "not a JPEG or PNG"),
        (picture(kind="BMP"), "not a JPEG or PNG"),
        (picture(kind="TIFF"), "not a JPEG or PNG"),
        (picture(kind="WEBP"), "not a JPEG or PNG"),
        (picture()[:900], "damaged or cut off"),
        (picture()[:10], "."),
        (picture(kind="PNG")[:200], "damaged or cut off"),
        (huge_png(8000, 6000), "more than 25 million pixels"),
        (huge_png(65_500, 65_500), "more than 25 million pixels"),
        (huge_png(10_000, 9_500), "more than 25 million pixels"),
        (huge_png(100, 100), "damaged or cut off"),
        (b"\xff" * (photos.MAX_BYTES + 1), "larger than 10 MB"),
    ],
)
def test_anything_else_is_refused(data: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
    with pytest.raises(photos.PhotoError, match=message):
        photos.re_encode(data)


def test_a_picture_that_is_also_a_page_is_refused_and_what_else_trails_it_stays_behind() -> None:
    with pytest.raises(photos.PhotoError, match="not only a picture"):
        photos.re_encode(picture() + b"<script>alert(1)</script>")
    assert b"trailer" not in photos.re_encode(picture() + b"trailer")


def folder_with(tmp_path: Path, **files: bytes) -> Path:
    for name, data in files.items():
        (tmp_path / f"{name}.jpg").write_bytes(data)
    return tmp_path


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "..", ".", "a\\b.jpg", "none.jpg", "link.jpg", "sub"])
def test_a_folder_gives_only_its_own_files(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    inside = tmp_path / "photos"
    (inside / "sub").mkdir(parents=True)
    (inside / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    with photos.open_photos(inside) as source, pytest.raises(photos.PhotoError):
        source.read(name)


def test_a_zip_gives_its_members_by_exact_name(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", b"content")
        archive.writestr("sub/b.jpg", b"content")
        archive.writestr("bomb.jpg", b"\0" * (photos.MAX_BYTES + 1))
    with photos.open_photos(path) as source:
        assert source.read("a.jpg") == b"content"
        for name, message in (("A.jpg", "no such photo"), ("sub/b.jpg", "without folders"), ("bomb.jpg", "10 MB")):
            with pytest.raises(photos.PhotoError, match=message):
                source.read(name)


def test_a_damaged_zip_member_is_a_problem_of_that_photo(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"A" * 100)
    path.write_bytes(path.read_bytes().replace(b"A" * 100, b"B" * 100))
    with photos.open_photos(path) as source, pytest.raises(photos.PhotoError, match="cannot be unpacked"):
        source.read("a.jpg")


@pytest.mark.django_db
class TestImport:
    def load(self, folder: Path, row: dict[str, str] | None = None, **options: bool) -> object:
        with photos.open_photos(folder) as source:
            return load([row or first_row(photo=NAME)], photos=source, **options)

    def test_the_photo_is_stored_under_the_name_of_its_content(self, tmp_path: Path) -> None:
        data = drawn_photo(1)
        self.load(folder_with(tmp_path, **{"15BGB9615003": data}))
        name = Result.objects.get().current.photo
        digest = hashlib.sha256(data).hexdigest()
        assert name == f"photos/{digest[:2]}/{digest}.jpg"
        with default_storage.open(name) as file:
            assert Image.open(file).size == (480, 640)

    def test_the_same_photo_again_changes_nothing(self, tmp_path: Path) -> None:
        folder = folder_with(tmp_path, **{"15BGB9615003": drawn_photo(2)})
        self.load(folder)
        self.load(folder)
        assert Result.objects.get().current.number == 1
        (folder / NAME).write_bytes(drawn_photo(3))
        self.load(folder)
        assert Result.objects.get().current.number == 2

    def test_without_photos_the_stored_one_is_kept_and_one_warning_given(self, tmp_path: Path) -> None:
        self.load(folder_with(tmp_path, **{"15BGB9615003": drawn_photo(2)}))
        photo = Result.objects.get().current.photo
        report = load([first_row(photo="other.jpg"), first_row(reference_number="X1", photo="another.jpg")])
        assert [str(warning) for warning in report.warnings] == [
            "line 1, column photo: the column is ignored without --photos; stored photos are kept"
        ]
        assert Result.objects.get(reference_number="15BGB9615003").current.photo == photo
        assert Result.objects.get(reference_number="15BGB9615003").current.number == 1
        assert Result.objects.get(reference_number="X1").current.photo == ""

    def test_with_photos_an_empty_cell_takes_the_photo_away(self, tmp_path: Path) -> None:
        folder = folder_with(tmp_path, **{"15BGB9615003": drawn_photo(2)})
        self.load(folder)
        self.load(folder, first_row())
        version = Result.objects.get().current
        assert (version.number, version.photo) == (2, "")

    def test_a_photo_that_is_missing_or_unusable_is_a_problem(self, tmp_path: Path) -> None:
        folder = folder_with(tmp_path, bad=b"not a picture")
        rows = [first_row(photo=NAME), first_row(reference_number="X1", photo="bad.jpg")]
        with photos.open_photos(folder) as source:
            report = load(rows, photos=source)
        assert [str(problem) for problem in report.problems] == [
            f"line 2, column photo: ‘{NAME}’: there is no such photo",
            "line 3, column photo: ‘bad.jpg’: is not a JPEG or PNG picture",
        ]
        assert not Result.objects.exists()

    def test_an_exam_without_photo_refuses_one(self, tmp_path: Path) -> None:
        folder = folder_with(tmp_path, **{"15BGB9615003": drawn_photo(2)})
        with photos.open_photos(folder) as source:
            report = load([first_row(exam="FCEFS", photo=NAME)], photos=source)
        assert problems(report) == {(2, "photo")}

    def test_a_result_that_is_pending_may_have_one(self, tmp_path: Path) -> None:
        nothing = dict.fromkeys(
            ("result", "score", "cefr", "reading", "use_of_english", "writing", "listening", "speaking"), ""
        )
        folder = folder_with(tmp_path, **{"15BGB9615003": drawn_photo(2)})
        self.load(folder, first_row(status="pending", photo=NAME, **nothing))
        assert Result.objects.get().current.photo

    def test_a_dry_run_stores_nothing(self, tmp_path: Path) -> None:
        data = drawn_photo(99)
        self.load(folder_with(tmp_path, **{"15BGB9615003": data}), dry_run=True)
        assert not default_storage.exists(photos.stored_name(data))

    def test_a_photo_that_a_killed_process_left_half_written_is_written_again(self, tmp_path: Path) -> None:
        data = drawn_photo(98)
        default_storage.save(photos.stored_name(data), ContentFile(b"\xff\xd8half"))
        self.load(folder_with(tmp_path, **{"15BGB9615003": data}))
        with default_storage.open(Result.objects.get().current.photo) as file:
            Image.open(file).load()
