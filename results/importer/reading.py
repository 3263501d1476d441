"""The CSV file, streamed: its header, and its rows with the line on which each starts.

Every step is bounded, whatever the file holds: no line, row or cell count of it decides how much memory is taken.
"""

import csv
import io
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import BinaryIO

from results.importer.columns import COLUMNS, quoted
from results.importer.report import ALL_COLUMNS, FileRefusedError, Problem

MAX_BYTES = 500_000_000
MAX_LINES = 1_000_000
MAX_COLUMNS = 60
# More bytes than any honest row has.  Keeps out of memory a file without line ends, and one whose quotes never close.
_MAX_ROW = 65_536
# What other files begin with that are given a results file's name.
_KNOWN_FILES = {b"PK\x03\x04": "a ZIP archive or a spreadsheet", b"\x1f\x8b": "compressed", b"%PDF": "a PDF"}


# A row as it stands in the file: the physical line on which it starts, and its cells.
Row = tuple[int, list[str]]


def check_size(source: BinaryIO) -> None:
    """Raises FileRefusedError for a file that is too large even to be read through."""
    if source.seek(0, io.SEEK_END) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1_000_000} MB; split it"
        raise FileRefusedError(Problem(1, ALL_COLUMNS, message))


def read_file(source: BinaryIO) -> tuple[list[str], Iterator[Row]]:
    """Check the header; return it and the rows that follow, read as they are asked for.

    A row with far too many cells is cut off behind MAX_COLUMNS.  Raises FileRefusedError, at once or while the rows are
    read, when the file cannot be read or its header is wrong.
    """
    check_size(source)
    source.seek(0)
    rows = _rows(_Lines(source))
    _line, header = next(rows, (1, []))
    if not header:
        raise FileRefusedError(Problem(1, ALL_COLUMNS, "the file is empty; it needs a header line"))
    problems = list(_header_problems(header))
    if problems:
        raise FileRefusedError(*problems)
    return header, rows


class _Lines:
    """The lines of a file as text; `row_began` says that what follows belongs to the next row."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._row_bytes = 0

    def row_began(self) -> None:
        self._row_bytes = 0

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(iter(lambda: self._source.readline(_MAX_ROW), b""), 1):
            self._row_bytes += len(line)
            if self._row_bytes >= _MAX_ROW:
                raise _refused(number, _too_long(alone=self._row_bytes == len(line)))
            if number == 1:
                line = line.removeprefix(BOM_UTF8)
                _check_kind(line)
            elif number > MAX_LINES:
                raise _refused(number, f"the file has more than {MAX_LINES:,} lines; split it")
            try:
                yield line.decode()
            except UnicodeDecodeError:
                message = f"the file is not UTF-8: line {number} cannot be read; save it as CSV UTF-8"
                raise _refused(1, message) from None


def _rows(lines: _Lines) -> Iterator[Row]:
    reader = csv.reader(lines, strict=True)
    start = 1
    try:
        for cells in reader:
            if len(cells) > MAX_COLUMNS:
                del cells[MAX_COLUMNS + 1 :]
            if cells:  # a blank line is skipped
                yield start, cells
            start = reader.line_num + 1
            lines.row_began()
    except csv.Error as error:
        raise _refused(start, _unreadable(error)) from None


def _refused(line: int, message: str) -> FileRefusedError:
    return FileRefusedError(Problem(line, ALL_COLUMNS, message))


def _too_long(*, alone: bool) -> str:
    if alone:
        return f"the line is longer than {_MAX_ROW:,} bytes"
    return f"the row that ends here is longer than {_MAX_ROW:,} bytes; perhaps a quotation mark is not closed"


def _unreadable(error: csv.Error) -> str:
    if "new-line" in str(error):
        return "the row has a carriage return inside; end lines with CR LF or LF"
    return "the row that starts here cannot be read: a quotation mark is not closed or not doubled"


def _check_kind(line: bytes) -> None:
    """Tell whoever sends something else entirely what it is, instead of what its first bytes would mean as a header."""
    for magic, kind in _KNOWN_FILES.items():
        if line.startswith(magic):
            raise _refused(1, f"the file is {kind}, not a results file; save it as CSV UTF-8")
    if b"\0" in line:
        raise _refused(1, "the file is not UTF-8: it has NUL bytes, as UTF-16 does; save it as CSV UTF-8")


def _header_problems(names: list[str]) -> Iterator[Problem]:
    if len(names) > MAX_COLUMNS:
        yield Problem(
            1, ALL_COLUMNS, f"the header has more than {MAX_COLUMNS} columns; a results file has {len(COLUMNS)}"
        )
        return
    for position, name in enumerate(names):
        if name not in COLUMNS:
            # Quoted, because a header is the first thing that a hostile file says.
            shown = quoted(name.strip()).strip("‘’")
            yield Problem(1, shown or ALL_COLUMNS, f"{quoted(name)} is not a column of a results file")
        elif name in names[:position]:
            yield Problem(1, name, "the column stands twice in the header")
    for column in COLUMNS.values():
        if column.in_header and column.name not in names:
            yield Problem(1, column.name, "the column is missing")
