"""How a data file is written: what a template keeps, and what the history keeps of a file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from downloads.columns import COLUMNS, EVERYTHING, Column
from downloads.models import Format
from results import catalogue

MOST_SIDE_BY_SIDE: Final = 5


class DateFormat(TextChoices):
    """How dates are written, in spreadsheets as the cell's format."""

    ISO = "iso", _("2001-05-09 (year, month, day)")
    SLASHES = "dmy", _("09/05/2001 (day, month, year)")
    DOTS = "dots", _("09.05.2001 (day, month, year)")
    MONTH_FIRST = "mdy", _("05/09/2001 (month, day, year)")
    WORDS = "words", _("9 May 2001")


class Encoding(TextChoices):
    """The character set of a CSV file."""

    UTF8_BOM = "utf-8-sig", _("UTF-8 with byte order mark (for Excel)")
    UTF8 = "utf-8", _("UTF-8 without byte order mark (for programs)")
    WINDOWS = "cp1252", _("Windows-1252 (western European; other letters become question marks)")


class Separator(TextChoices):
    """What stands between the values of a CSV file."""

    COMMA = ",", _("Comma")
    SEMICOLON = ";", _("Semicolon")
    TAB = "\t", _("Tab")


class DecimalMark(TextChoices):
    POINT = ".", _("Point, 1.5")
    COMMA = ",", _("Comma, 1,5")


class RowPer(TextChoices):
    RESULT = "result", _("One row per result")
    CANDIDATE = "candidate", _("One row per candidate, the newest results side by side")


class Components(TextChoices):
    COLUMNS = "columns", _("A column for each component")
    ROWS = "rows", _("A row for each component")


@dataclass(frozen=True, slots=True)
class ChosenColumn:
    """A column of downloads/columns.py by its key, under the organisation's own heading (empty: the usual one)."""

    key: str
    heading: str = ""

    @property
    def column(self) -> Column:
        return COLUMNS[self.key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that shapes a data file; the defaults are those of the default template."""

    format: Format = Format.CSV
    columns: tuple[ChosenColumn, ...] = ()
    """Empty: every column but the photo's."""
    exams: tuple[str, ...] = ()
    """Only results of these; empty: of all.  Whoever takes results for a file takes no others."""
    row_per: RowPer = RowPer.RESULT
    side_by_side: int = 3
    """With one row per candidate: how many results a row holds; more of them go on in a further row."""
    components: Components = Components.COLUMNS
    """As rows only with one row per result."""
    date_format: DateFormat = DateFormat.ISO
    decimal_mark: DecimalMark = DecimalMark.POINT
    """In CSV; a spreadsheet shows numbers as its reader's computer does, and JSON and XML know only the point."""
    separator: Separator = Separator.COMMA
    encoding: Encoding = Encoding.UTF8_BOM
    unknown: tuple[str, ...] = ()
    """Columns that were chosen once and that the service does not have any more."""

    @property
    def chosen(self) -> tuple[ChosenColumn, ...]:
        return self.columns or tuple(ChosenColumn(column.key) for column in EVERYTHING)

    @property
    def side_by_side_now(self) -> int:
        """How many results stand in a row."""
        return self.side_by_side if self.row_per == RowPer.CANDIDATE else 1

    @property
    def by_component(self) -> bool:
        return self.components == Components.ROWS and self.row_per == RowPer.RESULT

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Self:
        """From what `dump` made; what an older version of the service did not know has its default."""
        wanted = list(_chosen(stored.get("columns")))
        known = tuple(chosen for chosen in wanted if chosen.key in COLUMNS)
        side_by_side = stored.get("side_by_side")
        return cls(
            format=_of(Format, stored.get("format"), Format.CSV),
            # A choice of which nothing is left must not become everything.
            columns=known or (ChosenColumn("reference_number"),) if wanted else (),
            exams=tuple(code for code in _list(stored.get("exams")) if code in catalogue.EXAMS),
            row_per=_of(RowPer, stored.get("row_per"), RowPer.RESULT),
            side_by_side=min(max(side_by_side, 1), MOST_SIDE_BY_SIDE) if isinstance(side_by_side, int) else 3,
            components=_of(Components, stored.get("components"), Components.COLUMNS),
            date_format=_of(DateFormat, stored.get("date_format"), DateFormat.ISO),
            decimal_mark=_of(DecimalMark, stored.get("decimal_mark"), DecimalMark.POINT),
            separator=_of(Separator, stored.get("separator"), Separator.COMMA),
            encoding=_of(Encoding, stored.get("encoding"), Encoding.UTF8_BOM),
            unknown=tuple(chosen.key for chosen in wanted if chosen.key not in COLUMNS),
        )

    def dump(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "format": self.format.value,
            "columns": [[chosen.key, chosen.heading] for chosen in self.columns],
            "exams": list(self.exams),
            "row_per": self.row_per.value,
            "side_by_side": self.side_by_side,
            "components": self.components.value,
            "date_format": self.date_format.value,
            "decimal_mark": self.decimal_mark.value,
            "separator": self.separator.value,
            "encoding": self.encoding.value,
        }


def _list(stored: Any) -> list[Any]:
    return stored if isinstance(stored, list) else []


def _chosen(stored: Any) -> Iterator[ChosenColumn]:
    """Each column once, in the order of the template."""
    seen = set()
    for pair in _list(stored):
        key, heading = (*_list(pair), "", "")[:2]
        if isinstance(key, str) and isinstance(heading, str) and key and key not in seen:
            seen.add(key)
            yield ChosenColumn(key, heading)


_Choice = TypeVar("_Choice", bound=TextChoices)


def _of(choices: type[_Choice], stored: Any, default: _Choice) -> _Choice:
    try:
        return choices(stored)
    except ValueError:
        return default
