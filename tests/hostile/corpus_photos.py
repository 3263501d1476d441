"""Photo archives and pictures that mean harm, made when they are needed and never stored."""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from PIL import Image

from rvs.sample_photos import drawn_photo
from tests.hostile.corpus import GIGA, HEADER, LINE, MEGA, Case, row

PHOTO: Final = "p.jpg"
NOT_A_PICTURE: Final = "is not a JPEG or PNG picture"
NAMED: Final = HEADER + LINE + row(photo=PHOTO)
ENCRYPTED: Final = 0x1
UTF_8_NAME: Final = 0x800


# --- Archives ---------------------------------------------------------------------------------------------------------


def archive(fill: Callable[[zipfile.ZipFile], None]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "results.csv").write_bytes(NAMED)
        with zipfile.ZipFile(folder / "photos.zip", "w") as target:
            fill(target)

    return make


def spoiled(spoil: Callable[[bytes], bytes], *names: str) -> Callable[[Path], None]:
    """A good archive of photos whose bytes are then changed."""

    def make(folder: Path) -> None:
        archive(lambda target: _add(target, *(names or (PHOTO,))))(folder)
        path = folder / "photos.zip"
        path.write_bytes(spoil(path.read_bytes()))

    return make


def _add(target: zipfile.ZipFile, *names: str, **fields: Any) -> None:
    for name in names:
        member = zipfile.ZipInfo(name)
        for field, value in fields.items():
            setattr(member, field, value)
        target.writestr(member, drawn_photo(1))


def _raw(target: zipfile.ZipFile, data: bytes, times: int, *, size: int, method: int) -> None:
    """A member that says of itself what it likes."""
    member = zipfile.ZipInfo(PHOTO)
    member.file_size, member.compress_size, member.CRC = size, len(data) * times, 1
    member.compress_type, member.header_offset = method, 0
    file = target.fp
    assert file
    file.write(member.FileHeader(zip64=True))
    if method == zipfile.ZIP_STORED and size > GIGA:
        file.seek(size, os.SEEK_CUR)
        member.compress_size = size
    else:
        file.write(data * times)
    target.filelist.append(member)
    target.start_dir = file.tell()
    target._didModify = True  # type: ignore[attr-defined]


@cache
def deflated_zeros() -> bytes:
    """A megabyte of zeros, deflated to a kilobyte that may be repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)


def bomb(size: int) -> Callable[[Path], None]:
    """Ten megabytes that unpack to ten gigabytes, whatever size the archive says."""
    return archive(lambda target: _raw(target, deflated_zeros(), 10 * 1024, size=size, method=zipfile.ZIP_DEFLATED))


def _nested(target: zipfile.ZipFile) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as bombs:
        _raw(bombs, deflated_zeros(), 5 * 1024, size=5 << 30, method=zipfile.ZIP_DEFLATED)
    target.writestr(PHOTO, inner.getvalue())


def _packed(method: int) -> Callable[[Path], None]:
    def fill(target: zipfile.ZipFile) -> None:
        target.writestr(zipfile.ZipInfo(PHOTO), bytes(100 * MEGA), compress_type=method)

    return archive(fill)


def _listing(entries: int) -> Callable[[Path], None]:
    """An archive that is nothing but a list of members, 64 bytes each."""

    def make(folder: Path) -> None:
        (folder / "results.csv").write_bytes(NAMED)
        entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0)
        names = b"".join(entry + b"%09d" % number for number in range(entries))
        end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(names), 0, 0)
        (folder / "photos.zip").write_bytes(names + end)

    return make


def _patched(signature: bytes, offset: int, layout: str, value: int) -> Callable[[bytes], bytes]:
    """Writes a number at an offset behind the last signature of that kind."""

    def spoil(data: bytes) -> bytes:
        changed = bytearray(data)
        struct.pack_into(layout, changed, data.rindex(signature) + offset, value)
        return bytes(changed)

    return spoil


def _zip64(data: bytes) -> bytes:
    """Sends the reader to a second end of the list, which says that the list is as long as memory can be."""
    end = data.rindex(b"PK\5\6")
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 1 << 62, 0)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    return data[:end] + record + locator + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)


def not_an_archive(data: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "results.csv").write_bytes(NAMED)
        (folder / "photos.zip").write_bytes(data)

    return make


LISTED: Final = b"PK\1\2"
END: Final = b"PK\5\6"
LEADS_OUT: Final = "leads out of it"
ARCHIVES: Final = [
    Case("a bomb of ten gigabytes", bomb(10 << 30), "larger than 10 MB"),
    Case("a bomb that says it is small", bomb(1000), "cannot be unpacked"),
    Case("a bomb in an archive in an archive", archive(_nested), NOT_A_PICTURE),
    Case("a member of ten gigabytes of nothing",
         archive(lambda target: _raw(target, b"", 0, size=10 << 30, method=zipfile.ZIP_STORED)), "larger than 10 MB"),
    Case("a member that says it is larger than it is",
         archive(lambda target: _raw(target, drawn_photo(1), 1, size=9 * MEGA, method=zipfile.ZIP_STORED)), "unpacked"),
    Case("a bomb packed with LZMA", _packed(zipfile.ZIP_LZMA), "packed in a way"),
    Case("a bomb packed with BZIP2", _packed(zipfile.ZIP_BZIP2), "packed in a way"),
    Case("an unknown way of packing", spoiled(_patched(LISTED, 10, "<H", 99)), "packed in a way"),
    Case("100,001 members", _listing(100_001), "more than 100,000 files"),
    Case("a million members", _listing(MEGA), "more than 100,000 files"),
    Case("a name that leads out", archive(lambda target: _add(target, PHOTO, "../../etc/cron.d/x")), LEADS_OUT),
    Case("an absolute name", archive(lambda target: _add(target, PHOTO, "/etc/cron.d/x")), LEADS_OUT),
    Case("a name that leads out by backslashes", archive(lambda target: _add(target, PHOTO, "..\\..\\x")), LEADS_OUT),
    Case("a name on another drive", archive(lambda target: _add(target, PHOTO, "C:\\x")), LEADS_OUT),
    Case("a link", archive(lambda target: _add(target, PHOTO, external_attr=stat.S_IFLNK << 16)), "holds a link"),
    Case("names that differ in case", archive(lambda target: _add(target, PHOTO, "P.JPG")), "more than once"),
    Case("a name twice", spoiled(lambda data: data.replace(b"q.jpg", b"p.jpg"), PHOTO, "q.jpg"), "more than once"),
    Case("a locked member", spoiled(_patched(LISTED, 8, "<H", ENCRYPTED)), "locked with a password"),
    Case("the first half", spoiled(lambda data: data[: len(data) // 2]), "not a zip file"),
    Case("the end alone", spoiled(lambda data: data[data.rindex(END) :]), "Cannot open"),
    Case("a wrong checksum", spoiled(_patched(LISTED, 16, "<I", 1)), "cannot be unpacked"),
    Case("a name that is another one inside",
         spoiled(lambda data: data.replace(b"p.jpg", b"q.jpg", 1)), "cannot be unpacked"),
    Case("a member that begins elsewhere", spoiled(_patched(LISTED, 42, "<I", 0x7FFFFFFF)), "cannot be unpacked"),
    Case("a version that does not exist", spoiled(_patched(LISTED, 6, "<H", 255)), "is damaged"),
    Case("a name that is not UTF-8",
         spoiled(lambda data: _patched(LISTED, 8, "<H", UTF_8_NAME)(data).replace(b"q.jpg", b"\xff.jpg"), "q.jpg"),
         "is damaged"),
    Case("a list longer than memory", spoiled(_zip64), "Cannot open"),
    Case("a list longer than the file", spoiled(_patched(END, 12, "<I", 0xFFFFFF00)), "Cannot open"),
    Case("a gzip file named ZIP", not_an_archive(b"\x1f\x8b\x08" + bytes(1000)), "not a zip file"),
    Case("an empty archive", not_an_archive(b""), "not a zip file"),
    Case("no archive", not_an_archive(b"PK\3\4" + b"x" * MEGA), "not a zip file"),
    Case("the photo as a folder", archive(lambda target: target.writestr(f"{PHOTO}/", b"")), "no such photo"),
]  # fmt: skip


# --- Pictures ---------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *extra: bytes, lines: int | None = None, depth: int = 8) -> bytes:
    """A grey PNG; `lines`, if fewer than its height, are all that it holds."""
    packer = zlib.compressobj(1)
    line = bytes(1 + width * depth // 8)
    data = b"".join(packer.compress(line) for _ in range(height if lines is None else lines)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def saved(kind: str, *frames: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    first, *others = frames or (Image.new("RGB", (60, 80), (90, 120, 150)),)
    if others:
        options |= {"save_all": True, "append_images": others}
    first.save(file, kind, **options)
    return file.getvalue()


def two_frames() -> list[Image.Image]:
    return [Image.new("RGB", (60, 80), colour) for colour in ("red", "blue")]


def picture(make_data: Callable[[], bytes]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "results.csv").write_bytes(NAMED)
        (folder / "photos").mkdir()
        (folder / "photos" / PHOTO).write_bytes(make_data())

    return make


def instead(make: Callable[[Path], None]) -> Callable[[Path], None]:
    """Something else where the photo should be."""

    def delivery(folder: Path) -> None:
        picture(bytes)(folder)
        (folder / "photos" / PHOTO).unlink()
        make(folder / "photos" / PHOTO)

    return delivery


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 10 * GIGA)


def _huge_jpeg() -> bytes:
    data = saved("JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", 65_500, 65_500) + data[at + 4 :]


def _many_scans() -> bytes:
    data = saved("JPEG", Image.new("RGB", (5000, 5000)), progressive=True)
    return data[:-2] + data[data.rindex(b"\xff\xda") : -2] * 1_000 + b"\xff\xd9"


def _with_comment(comment: bytes) -> bytes:
    data = saved("JPEG")
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]


def _and_archive() -> bytes:
    file = io.BytesIO(drawn_photo(1))
    with zipfile.ZipFile(file, "a") as target:
        target.writestr("x.js", "alert(1)")
    return file.getvalue()


SVG: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/><script>alert(1)</script></svg>'
)
SOMETHING_ELSE: Final = "is not only a picture"
TOO_MANY_PIXELS: Final = "has more than 25 million pixels"
TOO_MANY_PARTS: Final = "is made of too many parts"
DAMAGED: Final = "is damaged or cut off"
MILLION_LETTERS: Final = zlib.compress(b"a" * MEGA)
PICTURES: Final = [
    Case("a PNG that says it has 65,500 times 65,500 pixels",
         picture(lambda: png(65_500, 65_500, lines=1)), TOO_MANY_PIXELS),
    Case("a JPEG that says so", picture(_huge_jpeg), TOO_MANY_PIXELS),
    Case("a PNG of 100 million pixels", picture(lambda: png(10_000, 10_000, depth=1)), TOO_MANY_PIXELS),
    Case("a PNG with fewer lines than it says", picture(lambda: png(5_000, 5_000, lines=3)), DAMAGED),
    Case("a PNG without an extent", picture(lambda: png(0, 0)), NOT_A_PICTURE),
    Case("an animated PNG", picture(lambda: saved("PNG", *two_frames())), "is animated"),
    Case("an animated GIF", picture(lambda: saved("GIF", *two_frames())), NOT_A_PICTURE),
    Case("an animated WebP", picture(lambda: saved("WEBP", *two_frames())), NOT_A_PICTURE),
    Case("the first half of a JPEG", picture(lambda: drawn_photo(1)[: len(drawn_photo(1)) // 2]), DAMAGED),
    Case("the first bytes of a JPEG", picture(lambda: drawn_photo(1)[:20]), "is "),
    Case("a PNG with a wrong checksum", picture(lambda: png(60, 80).replace(b"IDATx", b"IDATy")), DAMAGED),
    Case("a JPEG that is a web page", picture(lambda: _with_comment(b"<script>alert(1)</script>")), SOMETHING_ELSE),
    Case("a PNG that is a web page",
         picture(lambda: png(60, 80, chunk(b"tEXt", b"k\0<!DOCTYPE html>"))), SOMETHING_ELSE),
    Case("a JPEG that is an archive", picture(_and_archive), SOMETHING_ELSE),
    Case("an SVG", picture(lambda: SVG), "is "),
    Case("a web page for a photo", picture(lambda: b"<!DOCTYPE html><p>x"), "is "),
    *(Case(f"a {kind} by its content", picture(lambda kind=kind: saved(kind)), "is ")  # type: ignore[misc]
      for kind in ("TIFF", "BMP", "ICO", "JPEG2000", "PDF", "EPS", "TGA", "PPM", "GIF", "WEBP")),
    Case("a Photoshop file",
         picture(lambda: b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3)), NOT_A_PICTURE),
    Case("a photo without bytes", picture(bytes), NOT_A_PICTURE),
    Case("eleven megabytes", picture(lambda: drawn_photo(1) + bytes(11 * MEGA)), "larger than 10 MB"),
    Case("a gigabyte of text in a PNG", picture(
        lambda: png(60, 80, *(chunk(b"zTXt", b"k\0\0" + MILLION_LETTERS) for _ in range(1_000)))), DAMAGED),
    Case("a colour profile that unpacks to 300 MB", picture(
        lambda: png(60, 80, chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(300 * MEGA))))), DAMAGED),
    Case("a PNG of 800,000 parts", picture(lambda: png(60, 80, chunk(b"aaAa", b"") * 800_000)), TOO_MANY_PARTS),
    Case("a JPEG of two million parts", picture(lambda: b"\xff\xd8" + b"\xff\xe0\0\2" * 2 * MEGA), TOO_MANY_PARTS),
    Case("a JPEG that is painted a thousand times", picture(_many_scans), TOO_MANY_PARTS),
    Case("a link to another file", instead(lambda path: path.symlink_to("/etc/passwd")), "no such photo"),
    Case("a pipe", instead(os.mkfifo), "no such photo"),
    Case("a folder", instead(lambda path: path.mkdir()), "no such photo"),
    Case("ten gigabytes of nothing", instead(_sparse), "larger than"),
]  # fmt: skip
PHOTO_DELIVERIES: Final = [*ARCHIVES, *PICTURES]
