"""XLSX: texts, numbers and dates by type.  Nothing is ever a formula or a link: the library makes those only of columns
that are named to it as such, and none is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final

from rustpy_xlsxwriter import Format as CellFormat
from rustpy_xlsxwriter import write_worksheet

from downloads.columns import Kind
from downloads.exporters.layout import Field, Layout
from downloads.options import DateFormat, Options

_CELLS: Final = {
    DateFormat.ISO: "yyyy-mm-dd",
    DateFormat.SLASHES: "dd/mm/yyyy",
    DateFormat.DOTS: "dd.mm.yyyy",
    DateFormat.MONTH_FIRST: "mm/dd/yyyy",
    DateFormat.WORDS: "d mmmm yyyy",
}
_WIDTHS: Final = {Kind.DATE: 16.0, Kind.DATETIME: 22.0, Kind.TEXT: 24.0}
_NARROW: Final = 14.0
_YES_NO: Final = {True: "yes", False: "no", None: None}
_FIRST_YEAR: Final = 1900
"""A spreadsheet knows no earlier dates."""


def write(layout: Layout, options: Options, lines: Iterable[Sequence[Any]], path: Path) -> None:
    """One sheet; the caller sees to it that it takes all lines."""
    headings = [field.heading for field in layout.fields]
    columns = [(field.of, _RENDERERS[field.kind]) for field in layout.fields]
    write_worksheet(
        _records(headings, columns, lines),
        str(path),
        sheet_name="Results",
        freeze_row=1,
        bold_headers=True,
        column_formats=_formats(layout.fields, options.date_format),
        column_widths={field.heading: _WIDTHS.get(field.kind, _NARROW) for field in layout.fields},
    )


def _records(
    headings: Sequence[str],
    columns: Sequence[tuple[Callable[[Any], Any], Callable[[Iterable[Any]], Iterable[Any]]]],
    lines: Iterable[Sequence[Any]],
) -> Iterator[dict[str, Any]]:
    """Headings come out of the first row, so that a file without results has a row of nothing."""
    rows = chain.from_iterable(zip(*(render(map(of, batch)) for of, render in columns), strict=True) for batch in lines)
    first = next(rows, (None,) * len(headings))
    for row in chain([first], rows):
        yield dict(zip(headings, row, strict=True))


def _formats(fields: Iterable[Field], how: DateFormat) -> dict[str, CellFormat]:
    patterns = {Kind.DATE: _CELLS[how], Kind.DATETIME: f"{_CELLS[how]} hh:mm:ss"}
    return {
        field.heading: CellFormat().set_num_format(patterns[field.kind]) for field in fields if field.kind in patterns
    }


def _texts(values: Iterable[str]) -> list[str | None]:
    return [value or None for value in values]


def _days(values: Iterable[date | None]) -> list[date | str | None]:
    return [value if value is None or value.year >= _FIRST_YEAR else value.isoformat() for value in values]


def _moments(values: Iterable[datetime | None]) -> list[datetime | None]:
    return [value and value.replace(microsecond=0, tzinfo=None) for value in values]


def _flags(values: Iterable[bool | None]) -> list[str | None]:
    return [_YES_NO[value] for value in values]


_RENDERERS: Final[dict[Kind, Callable[[Iterable[Any]], Iterable[Any]]]] = {
    Kind.TEXT: _texts,
    Kind.SCORE: _texts,
    Kind.NUMBER: list,
    Kind.DECIMAL: list,
    Kind.DATE: _days,
    Kind.DATETIME: _moments,
    Kind.FLAG: _flags,
}
