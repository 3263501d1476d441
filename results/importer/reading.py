"""The CSV file, streamed: its header, and its rows with the line on which each starts."""

import csv
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import BinaryIO

from results.importer.columns import COLUMNS, quoted
from results.importer.report import ALL_COLUMNS, FileRefusedError, Problem

MAX_COLUMNS = 60
# More bytes than any honest line has: 60 cells of 1,000 characters.  Keeps a file without line ends out of memory.
_MAX_LINE = 250_000


# A row as it stands in the file: the physical line on which it starts, and its cells.
Row = tuple[int, list[str]]


def read_file(source: BinaryIO) -> tuple[list[str], Iterator[Row]]:
    """Check the header; return it and the rows that follow, read as they are asked for.

    Raises FileRefusedError, at once or while the rows are read, when the file cannot be read or its header is wrong.
    """
    source.seek(0)
    rows = _rows(source)
    _line, header = next(rows, (1, []))
    if not header:
        raise FileRefusedError(Problem(1, ALL_COLUMNS, "the file is empty; it needs a header line"))
    problems = list(_header_problems(header))
    if problems:
        raise FileRefusedError(*problems)
    return header, rows


def _rows(source: BinaryIO) -> Iterator[Row]:
    reader = csv.reader(_lines(source), strict=True)
    start = 1
    try:
        for cells in reader:
            if cells:  # a blank line is skipped
                yield start, cells
            start = reader.line_num + 1
    except csv.Error:
        message = "the row that starts here cannot be read: a quotation mark is not closed or not doubled"
        raise FileRefusedError(Problem(start, ALL_COLUMNS, message)) from None


def _lines(source: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: source.readline(_MAX_LINE), b""), 1):
        if len(line) == _MAX_LINE:
            raise FileRefusedError(Problem(number, ALL_COLUMNS, f"the line is longer than {_MAX_LINE:,} bytes"))
        try:
            yield (line.removeprefix(BOM_UTF8) if number == 1 else line).decode()
        except UnicodeDecodeError:
            message = f"the file is not UTF-8: line {number} cannot be read; save it as CSV UTF-8"
            raise FileRefusedError(Problem(1, ALL_COLUMNS, message)) from None


def _header_problems(names: list[str]) -> Iterator[Problem]:
    if len(names) > MAX_COLUMNS:
        yield Problem(1, ALL_COLUMNS, f"the header has {len(names)} columns; a results file has {len(COLUMNS)}")
        return
    for position, name in enumerate(names):
        if name not in COLUMNS:
            yield Problem(1, name.strip() or ALL_COLUMNS, f"{quoted(name)} is not a column of a results file")
        elif name in names[:position]:
            yield Problem(1, name, "the column stands twice in the header")
    for column in COLUMNS.values():
        if column.in_header and column.name not in names:
            yield Problem(1, column.name, "the column is missing")
