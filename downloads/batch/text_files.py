"""Lists as text: CSV in the encodings and with the separators that spreadsheets write."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from downloads.batch.table import ERROR, LOST_DIGITS, Line, Table, UnusableFileError, collect

SEPARATORS: Final = ",;\t|"
LONGEST_LINE: Final = 100_000
UNICODE_MARKS: Final = {
    codecs.BOM_UTF32_LE: "", codecs.BOM_UTF32_BE: "", codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
"""In the order in which they must be looked for: UTF-32's mark begins with that of UTF-16."""
OTHER_FILES: Final = {
    b"%PDF": gettext_lazy("This is a PDF. Upload the list as CSV or XLSX."),
    b"\xd0\xcf\x11\xe0": gettext_lazy(
        "This is an old kind of Excel file, or one with a password. Save it as XLSX, without one."
    ),
    b"\x1f\x8b": gettext_lazy("This file is compressed. Upload the list itself, as CSV or XLSX."),
    b"{\\rtf": gettext_lazy("This is a text document. Upload the list as CSV or XLSX."),
}
NO_TABLE: Final = re.compile(r"\s*<(!doctype|html|\?xml|svg|script)", re.IGNORECASE)
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
SHORTENED: Final = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
"""How Excel writes a long number that it has taken for one."""


def read_text(content: bytes) -> Table:
    """The table of a CSV file.  Raises UnusableFileError."""
    for beginning, message in OTHER_FILES.items():
        if content.startswith(beginning):
            raise UnusableFileError(str(message))
    text, notes = _decoded(content)
    if NO_TABLE.match(text):
        raise UnusableFileError(_("This is a web page or another document. Upload the list as CSV or XLSX."))
    if CONTROL.search(text):
        text = _("This file holds bytes that are no text. Save the list as CSV (UTF-8) or as XLSX and upload that.")
        raise UnusableFileError(text)
    return collect(_lines(text), notes)


def _decoded(content: bytes) -> tuple[str, list[str]]:
    for mark, encoding in UNICODE_MARKS.items():
        if content.startswith(mark):
            return _strictly(content, encoding), []
    try:
        return content.decode("utf-8"), []
    except UnicodeDecodeError:
        note = _("The file is not in UTF-8, so it was read as Windows-1252: look whether accents are right below.")
        return _strictly(content, "windows-1252"), [note]


def _strictly(content: bytes, encoding: str) -> str:
    try:
        if encoding:
            return content.decode(encoding)
    except UnicodeDecodeError:
        pass
    raise UnusableFileError(_("The characters of this file cannot be read. Save it as CSV (UTF-8) or as XLSX."))


def _lines(text: str) -> Iterator[Line]:
    first, _break, rest = text.partition("\n")
    said = re.fullmatch(r"sep=([,;\t|])\r?", first, re.IGNORECASE)  # a line that Excel writes and reads
    if said:
        yield from _parsed(rest, said[1], 1)
    else:
        yield from _parsed(text, _separator(text), 0)


def _separator(text: str) -> str:
    """Whichever stands most often in the first line with anything in it, outside quotes."""
    first = next((line for line in text[:LONGEST_LINE].splitlines() if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", first)
    return max(SEPARATORS, key=outside.count)


def _parsed(text: str, separator: str, before: int) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = before + 1
    try:
        for cells in reader:
            yield line, [_cell(cell) for cell in cells]
            line = before + reader.line_num + 1
    except csv.Error:
        message = _("Line %(line)s cannot be read: a quotation mark is not closed, or stands in the middle of a cell.")
        raise UnusableFileError(message % {"line": line}) from None


def _cell(text: str) -> str:
    text = " ".join(text.split())
    if text.startswith("#") and text.rstrip("!?").isupper():
        return ERROR  # such as #REF! or #N/A, what was left of a formula
    return LOST_DIGITS if SHORTENED.fullmatch(text) else text
