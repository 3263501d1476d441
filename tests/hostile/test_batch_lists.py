"""Lists for a batch check that mean harm: read or refused with a message, within limits, whatever they are.

Each is read in a process of its own, whose time and memory are measured.  The gate tries a few, the drills all of them.
"""

import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Final

import openpyxl
import pytest
from django.conf import settings

from tests.hostile.addresses import FULL
from tests.programs import environment

SECONDS: Final = 10
MEGABYTES: Final = 512
MILLION: Final = 1_000_000
HEADING: Final = b"reference number,date of birth\r\n"
ROW: Final = b"213GB5990001,24/02/1999\r\n"
START: Final = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END: Final = b"</sheetData></worksheet>"
OUTSIDE: Final = b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS: Final = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + level, (b"&%c;" % (97 + level)) * 10) for level in range(9))
    + b"]>"
)


def book(**replaced: bytes) -> bytes:
    """A workbook of one row, with members replaced (`sheet1_xml`) or added (any other name)."""
    plain, made = io.BytesIO(), io.BytesIO()
    workbook = openpyxl.Workbook()
    assert workbook.active
    workbook.active.append(["reference number", "date of birth"])
    workbook.active.append(["213GB5990001", "1999-02-24"])
    workbook.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            archive.writestr(name, replaced.pop(name.rpartition("/")[2].replace(".", "_"), source.read(name)))
        for name, content in replaced.items():
            archive.writestr(name, content)
    return made.getvalue()


def sheet(body: bytes) -> bytes:
    return book(sheet1_xml=START + body + END)


def relations(body: bytes) -> bytes:
    return book(workbook_xml_rels=b"<Relationships>" + body + b"</Relationships>")


def bomb() -> bytes:
    """Two gigabytes of nothing in two megabytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<w/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            for _ in range(2048):
                member.write(bytes(1 << 20))
    return made.getvalue()


def liar() -> bytes:
    """The directory says that its sheet is smaller than it is."""
    content = sheet(b" " * 40 * MILLION)
    size = (40 * MILLION + len(START) + len(END)).to_bytes(4, "little")
    return content.replace(size, (1_000).to_bytes(4, "little"))


def flipped() -> bytes:
    content = bytearray(book())
    for place in range(200, len(content), 97):
        content[place] ^= 255
    return bytes(content)


CASES: Final[dict[str, Callable[[], bytes]]] = {
    "a byte-order mark alone": lambda: b"\xef\xbb\xbf",
    "NUL bytes": lambda: bytes(60_000),
    "NUL in a cell": lambda: HEADING + b"213\0,1999-01-01\r\n",
    "half a UTF-16 character": lambda: b"\xff\xfea",
    "UTF-32": lambda: (HEADING + ROW).decode().encode("utf-32"),
    "bytes that no encoding has": lambda: HEADING + b"\x81\x8d\r\n",
    "half a surrogate": lambda: HEADING + b"\xed\xa0\x80,x\r\n",
    "an old Excel file": lambda: b"\xd0\xcf\x11\xe0" + bytes(100),
    "a web page": lambda: b"<!DOCTYPE html><script>alert(1)</script>",
    "an SVG": lambda: b"<svg onload=alert(1)>",
    "quotes that never close": lambda: HEADING + b'"' + b"x" * (5 * MILLION - 100),
    "nothing but quotes": lambda: b'"' * (5 * MILLION),
    "one line": lambda: b"x" * (5 * MILLION),
    "five million columns": lambda: b"," * (5 * MILLION),
    "nothing but line ends": lambda: b"\n" * (5 * MILLION),
    "nothing but carriage returns": lambda: b"\r" * (5 * MILLION),
    "a hundred thousand rows": lambda: HEADING + ROW * 100_000,
    "marks on one letter": lambda: HEADING + ("a" + "\u0327\u0301" * 150_000).encode() + b",x\r\n",
    "a number of a hundred thousand digits": lambda: HEADING + b"9" * 100_000 + b",1999-01-01\r\n",
    "formulas": lambda: HEADING + b"=cmd|' /C calc'!A0,=1+1\r\n",
    "a ZIP of noise": lambda: b"PK\x03\x04" + random.Random(7).randbytes(5_000),
    "a ZIP cut off": lambda: book()[:-200],
    "a ZIP with wrong bytes": flipped,
    "a bomb": bomb,
    "a member that is larger than it says": liar,
    "six hundred members": lambda: book(**{f"member{number}": b"" for number in range(600)}),
    "a way out of the archive": lambda: relations(b'<Relationship Id="rId1" Target="../../../../etc/passwd"/>'),
    "a link to elsewhere": lambda: relations(
        b'<Relationship Id="rId1" TargetMode="External" Target="http://127.0.0.1/"/>'
    ),
    "an entity from outside": lambda: book(sheet1_xml=OUTSIDE + START + b"<row><c t='str'><v>&e;</v></c></row>" + END),
    "a billion laughs": lambda: book(sheet1_xml=LAUGHS + START + b"&j;" + END),
    "a million cells in a row": lambda: sheet(b"<row>" + b"<c t='n'><v>1</v></c>" * (MILLION // 2) + b"</row>"),
    "nothing but rows": lambda: sheet(b"<row/>" * (3 * MILLION)),
    "the farthest cell": lambda: sheet(b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row>'),
    "depth": lambda: sheet(b"<a>" * (3 * MILLION)),
    "a million attributes": lambda: sheet(b"<row " + b" ".join(b'a%d="1"' % n for n in range(MILLION)) + b"/>"),
    "one long attribute": lambda: sheet(b'<row r="' + b"1" * (18 * MILLION) + b'"/>'),
    "one long text": lambda: sheet(b"<row><c t='str'><v>" + b"x" * (18 * MILLION) + b"</v></c></row>"),
    "numbers that are none": lambda: sheet(
        b'<row><c s="-99999999999"><v>1</v></c><c s="x"><v>1e999</v></c><c t="s"><v>99999999999999999999</v></c></row>'
    ),
    "no sheet": lambda: book(workbook_xml=b"<workbook/>"),
}
OF_EACH_KIND: Final = {"quotes that never close", "a bomb", "a member that is larger than it says", "a billion laughs"}


def outcome(content: bytes) -> tuple[str, float, int]:
    """What came of it in a process of its own, the seconds that it worked, and its peak memory in megabytes."""
    command = [sys.executable, "-m", "tests.hostile.list_reader"]
    done = subprocess.run(
        command, input=content, capture_output=True, check=True, cwd=settings.BASE_DIR, env=environment()
    )
    said = json.loads(done.stdout)
    return said["said"], said["seconds"], said["megabytes"]


@pytest.mark.drill
@pytest.mark.parametrize("name", [name for name in CASES if FULL or name in OF_EACH_KIND])
def test_it_is_read_or_refused_within_limits(name: str) -> None:
    said, seconds, megabytes = outcome(CASES[name]())
    print(f"{name}: {said[:60]}, {seconds:.1f} s, {megabytes} MB")  # noqa: T201  (figures of a drill)
    assert said.startswith(("read ", "refused: "))
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
