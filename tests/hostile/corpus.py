"""Results files that mean harm, made when they are needed and never stored."""

import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from results.importer.columns import COLUMNS
from tests.results.loading import first_row

MEGA: Final = 1_000_000
GIGA: Final = 1_000_000_000
LINE: Final = b"\r\n"
NO_MARKS: Final = "a" + "\u0327\u0301" * 15_000
"""Takes a second to normalise: time grows with the square of the marks."""


@dataclass(frozen=True)
class Case:
    """One hostile delivery: `results.csv`, and `photos` or `photos.zip` beside it, in a folder of its own."""

    name: str
    make: Callable[[Path], None]
    message: str
    """What the refusal says; empty for what is loaded because it is harmless."""


HEADER: Final = ",".join(COLUMNS).encode()


def row(**cells: str) -> bytes:
    text = io.StringIO()
    csv.DictWriter(text, COLUMNS).writerow(first_row(**cells))
    return text.getvalue().encode("utf-8", "surrogatepass")


def file(*parts: bytes) -> Callable[[Path], None]:
    return lambda folder: _write(folder / "results.csv", iter(parts))


def rows(*parts: bytes) -> Callable[[Path], None]:
    return file(HEADER, LINE, *parts)


def many(part: bytes, times: int, *before: bytes) -> Callable[[Path], None]:
    """The header, `before`, then one part again and again."""
    return lambda folder: _write(folder / "results.csv", _many(part, times, *before))


def _many(part: bytes, times: int, *before: bytes) -> Iterator[bytes]:
    yield from (HEADER, LINE, *before)
    block = max(1, MEGA // len(part))
    for done in range(0, times, block):
        yield part * min(block, times - done)


def _write(path: Path, parts: Iterator[bytes]) -> None:
    with path.open("wb") as target:
        target.writelines(parts)


def _sparse(folder: Path) -> None:
    with (folder / "results.csv").open("wb") as target:
        target.write(HEADER + LINE)
        target.truncate(10 * GIGA)


def _spreadsheet(folder: Path) -> None:
    with zipfile.ZipFile(folder / "results.csv", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet>" + "<row/>" * MEGA)


def _with_references(times: int, **cells: str) -> Callable[[Path], None]:
    body = (row(reference_number=f"R{number:06}", **cells) for number in range(times))
    return lambda folder: _write(folder / "results.csv", iter((HEADER, LINE, *body)))


LATIN_1: Final = row(given_names="Zoë").decode().encode("latin-1")
XXE: Final = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e SYSTEM "file:///etc/passwd">]><r>&e;</r>'
BILLION_LAUGHS: Final = b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 10))

ENCODINGS: Final = [
    Case("no bytes at all", file(b""), "the file is empty"),
    Case("a byte order mark alone", file(b"\xef\xbb\xbf"), "the file is empty"),
    Case("nothing but NUL bytes", file(bytes(60_000)), "NUL bytes"),
    Case("NUL in a name", rows(row(given_names="An\x00a")), "control character"),
    Case("NUL in the header", file(HEADER.replace(b"exam,", b"ex\0am,", 1), LINE, row()), "NUL bytes"),
    Case("UTF-16 little endian", file(b"\xff\xfe", (HEADER + LINE + row()).decode().encode("utf-16-le")), "UTF-8"),
    Case("UTF-16 big endian", file(b"\xfe\xff", (HEADER + LINE + row()).decode().encode("utf-16-be")), "UTF-8"),
    Case("UTF-16 without a mark", file((HEADER + LINE + row()).decode().encode("utf-16-le")), "UTF-16"),
    Case("UTF-32", file((HEADER + LINE + row()).decode().encode("utf-32")), "UTF-8"),
    Case("Latin-1", rows(LATIN_1), "not UTF-8: line 2"),
    Case("two encodings in one file", rows(row(given_names="Zoë"), LATIN_1), "not UTF-8: line 3"),
    Case("a lone surrogate", rows(row(given_names="An\ud800a")), "not UTF-8: line 2"),
    Case("overlong UTF-8", rows(row(given_names="An@a").replace(b"@", b"\xc1\x80")), "not UTF-8: line 2"),
    Case("UTF-8 beyond Unicode", rows(row(given_names="An@a").replace(b"@", b"\xf5\x80\x80\x80")), "not UTF-8: line 2"),
    Case("a ZIP file", _spreadsheet, "spreadsheet"),
    Case("compressed with gzip", file(b"\x1f\x8b\x08\0\0\0\0\0", zlib.compress(bytes(10 * MEGA))), "compressed"),
    Case("a PDF", file(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "a PDF"),
    Case("a program", file(b"\x7fELF\x02\x01\x01" + bytes(64) + bytes(range(256)) * 1000), "UTF-8"),
    Case("a web page", file(b"<!DOCTYPE html><script>alert(1)</script>\n" * 1000), "not a column"),
    Case("XML that names a local file", file(XXE), "not a column"),
    Case("XML that grows", file(b"<!DOCTYPE r [" + BILLION_LAUGHS + b"]><r>&l9;</r>"), "not a column"),
]
SIZES: Final = [
    Case("ten gigabytes", _sparse, "larger than 500 MB"),
    Case("a million columns", file(b"a," * MEGA), "line is longer"),
    Case("a thousand columns", file(b"a," * 1000), "more than 60 columns"),
    Case("a row of a million cells", rows(b"," * MEGA), "line is longer"),
    Case("rows of 60,000 cells", many(b"," * 60_000 + LINE, 1_000), "more than 60 cells"),
    Case("rows of 60,000 wide characters", many("\U0001f600".encode() + b"x" * 60_000 + b"\r\n", 1_000), "has 1 cells"),
    Case("a line of 100 MB", many(b"x" * MEGA, 100), "line is longer"),
    Case("a row of 100 MB in short lines", many(b'"\n",', 25 * MEGA), "row that ends here is longer"),
    Case("millions of line breaks in a cell", many(b"\n", 5 * MEGA, b'"'), "row that ends here is longer"),
    Case("a million blank lines", many(b"\n", MEGA), "more than 1,000,000 lines"),
    Case("two million short rows", many(b"x\n", 2 * MEGA), "more than 100,000 problems"),
    Case("one number on 120,000 rows", many(row(), 120_000), "more than 100,000 problems"),
    Case("every cell of 20,000 rows wrong", many(b"\x01," * 28 + b"\x01\n", 20_000), "more than 100,000 problems"),
    Case("names of 60,000 characters", many(row(given_names="A" * 60_000), 300), "longer than 200 characters"),
    Case("a cell that takes long to fold", many(row(reference_number=NO_MARKS), 200), "longer than 20 characters"),
    Case("a secret padded out of sight",
         rows(row(candidate_id="ABC123456", secret_number="1234" + "\u200b" * 500 + "5")),
         "must have 4 digits"),
]  # fmt: skip
SYNTAX: Final = [
    Case("quotes that never close", rows(row(), b'"' + row() * 1000), "is not closed"),
    Case("a quote in the middle", rows(row().replace(b"Ana", b'"Ana"x')), "is not closed or not doubled"),
    Case("lone carriage returns", file((HEADER + LINE + row()).replace(LINE, b"\r")), "carriage return"),
    Case("a carriage return in a row", rows(row().replace(b"Ana", b"An\ra")), "carriage return"),
    Case("lines that end in NEL", file((HEADER + LINE + row()).replace(LINE, "\x85".encode())), "not a column"),
    Case("lines that end in U+2028", file((HEADER + LINE + row()).replace(LINE, "\u2028".encode())), "not a column"),
    Case("semicolons", file((HEADER + LINE + row()).replace(b",", b";")), "not a column"),
    Case("a header twice", rows(HEADER, LINE, row()), "is not known"),
    Case("a column twice", file(HEADER, b",exam", LINE), "stands twice"),
    Case("an unknown column", file(HEADER, b",is_admin", LINE), "‘is_admin’ is not a column"),
    Case("a column without a name", file(HEADER, b",", LINE), "‘’ is not a column"),
    Case("a header that commands the terminal", file(HEADER, b",\x1b[2J\x1b]0;x\x07", LINE), "is not a column"),
    Case("one cell too many", rows(row().replace(LINE, b",x\r\n")), "has 30 cells"),
    Case("the header alone", rows(), ""),
]
CELLS: Final = [
    Case("an override that turns a name round", rows(row(family_name="\u202egnidaelsim")), "U+202E"),
    Case("an isolate that is never closed", rows(row(family_name="Ex\u2066ample")), "U+2066"),
    Case("a name that cannot be seen", rows(row(given_names="\u200b\u200d\u2060", family_name="")), "can be seen"),
    Case("a name of blank letters", rows(row(family_name="\u3164\u115f")), "can be seen"),
    Case("a name painted over with marks", rows(row(family_name="Z" + "\u0353" * 150)), "accents on one letter"),
    Case("text smuggled in tags", rows(row(family_name="Ex" + "\U000e0041\U000e0042")), "U+E0041"),
    Case("a noncharacter", rows(row(family_name="Ex\ufffeample")), "U+FFFE"),
    Case("a score of 1e9999", rows(row(score="1e9999")), "is not a score"),
    Case("a score that is no number", rows(row(score="NaN", reading="Infinity")), "is not a score"),
    Case("a score of 60,000 digits", rows(row(score="9" * 60_000)), "is not a score"),
    Case("a score in other digits", rows(row(score="١٧٢")), "is not a score"),
    Case("the year 0000", rows(row(date_of_birth="0000-01-01")), "not a date of the calendar"),
    Case("the year 9999", rows(row(date_of_birth="9999-12-31")), "must be before the exam date"),
    Case("the year 10000", rows(row(exam_date="10000-01-01")), "YYYY-MM-DD"),
    Case("a photo with folders in its name", rows(row(photo="../../etc/passwd")), ""),
    Case("formulas of a spreadsheet",
         rows(row(given_names="=1+1", family_name="@SUM(A1)", centre_name="+cmd|' /C calc'!A0")), ""),
    Case("commands of the database", rows(row(given_names="\\.", family_name="\\N", centre_name="'; DROP TABLE x; --")),
         ""),
    Case("format codes", rows(row(given_names="%s%n%(x)s", centre_name="{0.__class__}", session="${7*7}{{7*7}}")), ""),
]  # fmt: skip
RESULTS_FILES: Final = [*ENCODINGS, *SIZES, *SYNTAX, *CELLS]
