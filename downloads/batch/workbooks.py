"""Lists as XLSX: the first sheet, read row by row.  Nothing is evaluated, fetched or unpacked beyond limits."""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Final
from xml.parsers import expat

from django.utils.translation import gettext as _

from downloads.batch.table import (
    ERROR,
    FORMULA,
    LONGEST_CELL,
    LOST_DIGITS,
    MOST_COLUMNS,
    Line,
    Table,
    UnusableFileError,
    collect,
)
from downloads.batch.text_files import CONTROL
from downloads.batch.xml_parts import ForbiddenError, Handler, Parts, TooLargeError

MOST_MEMBERS: Final = 500
MOST_UNPACKED: Final = 20_000_000
"""Bytes of all parts together."""
WORKBOOK: Final = "xl/workbook.xml"
RELATIONS: Final = "xl/_rels/workbook.xml.rels"
STYLES: Final = "xl/styles.xml"
TEXTS: Final = "xl/sharedStrings.xml"
DATE_FORMATS: Final = frozenset({*range(14, 18), 22, *range(27, 37), *range(50, 59)})
"""Numbers of the formats that every workbook knows and that show a day."""
NO_PATTERN: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
"""What of a format's code is text, colour or space."""
EXACT_DIGITS: Final = 15
"""A number in a spreadsheet keeps so many; what is longer has lost its end."""
DAY_ZERO: Final = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}
LATEST_DAY: Final = 2_958_465


def read_workbook(content: bytes) -> Table:
    """The table of the first sheet.  Raises UnusableFileError."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _assert_usable(archive)
            return _first_sheet(Parts(archive))
    except TooLargeError:
        raise UnusableFileError(_too_large()) from None
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError, ForbiddenError, KeyError, EOFError, OSError):
        raise UnusableFileError(_damaged()) from None
    except (ValueError, NotImplementedError, RuntimeError, OverflowError):  # of zipfile: a method it does not know
        raise UnusableFileError(_damaged()) from None


def _assert_usable(archive: zipfile.ZipFile) -> None:
    """What the archive says of its members binds zipfile: it unpacks no more of them."""
    members = archive.infolist()
    if any(member.flag_bits & 1 for member in members):
        raise UnusableFileError(_("This workbook has a password. Save it without one."))
    if WORKBOOK not in archive.NameToInfo:
        raise UnusableFileError(_("This is a ZIP file, no workbook. Upload the list as CSV or XLSX."))
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
        raise UnusableFileError(_too_large())


def _first_sheet(parts: Parts) -> Table:
    workbook, relations, styles, texts = _Workbook(), _Relations(), _Styles(), _Texts()
    parts.read(WORKBOOK, workbook)
    parts.read(RELATIONS, relations)
    for name, handler in ((STYLES, styles), (TEXTS, texts)):
        if name in parts:
            parts.read(name, handler)
    if not workbook.sheets:
        raise UnusableFileError(_("There is no sheet in this workbook."))
    target = relations.targets[workbook.sheets[0]]
    path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    notes = [_("The workbook has several sheets; only the first is read.")] if len(workbook.sheets) > 1 else []
    return collect(_lines(parts, path, _Sheet(texts.found, styles.of_dates, workbook.day_zero)), notes)


def _lines(parts: Parts, path: str, sheet: "_Sheet") -> Iterator[Line]:
    for _block in parts.blocks(path, sheet):
        yield from sheet.rows
        sheet.rows.clear()


class _Workbook(Handler):
    def __init__(self) -> None:
        self.sheets: list[str] = []
        self.day_zero = DAY_ZERO["1900"]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "sheet" and attributes.get("state", "visible") == "visible":
            self.sheets += [value for key, value in attributes.items() if key.rpartition("}")[2] == "id"]
        elif name == "workbookPr" and attributes.get("date1904") in {"1", "true"}:
            self.day_zero = DAY_ZERO["1904"]


class _Relations(Handler):
    def __init__(self) -> None:
        self.targets: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            self.targets[attributes["Id"]] = attributes["Target"]


class _Styles(Handler):
    """Which of the cells' styles show a number as a day."""

    def __init__(self) -> None:
        self.of_dates: list[bool] = []
        self._formats = set(map(str, DATE_FORMATS))
        self._inside = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt" and re.search("[dy]", NO_PATTERN.sub("", attributes.get("formatCode", "")[:200].lower())):
            self._formats.add(attributes.get("numFmtId", ""))
        elif name == "cellXfs":
            self._inside = True
        elif name == "xf" and self._inside:
            self.of_dates.append(attributes.get("numFmtId") in self._formats)

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._inside = False


class _Texts(Handler):
    """The texts that cells refer to by number, without their phonetic guides."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._reads = self._guide = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._pieces, self._length = [], 0
        elif name == "rPh":
            self._guide = True
        self._reads = name == "t" and not self._guide

    def end(self, name: str) -> None:
        self._reads = False
        if name == "rPh":
            self._guide = False
        elif name == "si":
            self.found.append("".join(self._pieces))

    def text(self, text: str) -> None:
        if self._reads and self._length <= LONGEST_CELL:
            self._pieces.append(text[: LONGEST_CELL + 1])
            self._length += len(text)


class _Sheet(Handler):
    """Collects whole rows; lines and columns that are left out in the file are empty."""

    def __init__(self, texts: list[str], of_dates: list[bool], day_zero: date) -> None:
        self.rows: list[Line] = []
        self._texts, self._of_dates, self._day_zero = texts, of_dates, day_zero
        self._line, self._cells = 0, [""]
        self._place, self._kind, self._style = -1, "", ""
        self._value: list[str] = []
        self._formula = self._reads = False
        self._length = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._place = _place(attributes.get("r", ""), self._place + 1)
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "0")
            self._value, self._formula, self._length = [], False, 0
        elif name == "row":
            self._line = int(attributes["r"]) if attributes.get("r", "").isdecimal() else self._line + 1
            self._cells, self._place = [], -1
        elif name == "f":
            self._formula = True
        self._reads = name in {"v", "t"}

    def end(self, name: str) -> None:
        self._reads = False
        if name == "c" and (self._value or self._formula):
            self._keep(self._read())
        elif name == "row":
            self.rows.append((self._line, self._cells))

    def text(self, text: str) -> None:
        if self._reads and self._length <= LONGEST_CELL:
            self._value.append(text[: LONGEST_CELL + 1])
            self._length += len(text)

    def _keep(self, text: str) -> None:
        if text:
            self._cells += [""] * (self._place + 1 - len(self._cells))
            self._cells[self._place] = text

    def _read(self) -> str:
        value = "".join(self._value)
        match self._kind:
            case _kind if self._formula:
                return FORMULA
            case "n":
                return self._number(value)
            case "s":
                place = int(value) if value.isdecimal() and value.isascii() else len(self._texts)
                return _plain(self._texts[place]) if place < len(self._texts) else ERROR
            case "e":
                return ERROR
            case "d":
                return value.partition("T")[0]
            case "b":
                return {"1": "TRUE", "0": "FALSE"}.get(value, ERROR)
        return _plain(value)

    def _number(self, value: str) -> str:
        with suppress(ValueError, OverflowError):
            number = float(value)
            style = int(self._style)
            if 0 <= style < len(self._of_dates) and self._of_dates[style] and 1 <= number <= LATEST_DAY:
                return (self._day_zero + timedelta(days=int(number))).isoformat()
            if abs(number) >= 10**EXACT_DIGITS:
                return LOST_DIGITS
            return str(int(number)) if number == int(number) else str(number)
        return ERROR


def _place(reference: str, otherwise: int) -> int:
    """Of the column, from 0, in a reference such as AB12; columns past the last allowed one are all the next."""
    place = 0
    for letter in reference[:3]:
        if not "A" <= letter <= "Z":
            break
        place = place * 26 + ord(letter) - ord("A") + 1
    return min(place - 1 if place else otherwise, MOST_COLUMNS)


def _plain(text: str) -> str:
    return ERROR if CONTROL.search(text) else " ".join(text.split())


def _too_large() -> str:
    return _("This workbook is too large once unpacked. Save the list alone in a new workbook, or as CSV.")


def _damaged() -> str:
    return _("This workbook cannot be opened: it is damaged, or no XLSX file. Save it again, or as CSV.")
