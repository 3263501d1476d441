"""An uploaded list as a table of text, whatever kind of file it came in.

What it is, its first bytes decide, never its name.  It is read once, when it is uploaded; what is kept is this table.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final, Self

from django.utils.translation import gettext as _

MOST_ROWS: Final = 10_000
MOST_LINES: Final = 20_000
"""Blank lines among them."""
MOST_COLUMNS: Final = 60
LONGEST_CELL: Final = 400
"""Characters that are kept of a cell; nothing that is checked is longer."""
DIGITS_OF_A_YEAR: Final = 4

FORMULA: Final = "\0formula"
LOST_DIGITS: Final = "\0digits"
ERROR: Final = "\0error"
"""Cells that have no text to be read; no cell of a file can hold a NUL."""


class UnusableFileError(Exception):
    """The file is not a list that can be checked; says why, for whoever uploaded it."""


Line = tuple[int, list[str]]
"""A row's line in the file, counted from 1, and its cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings, the rows below them, and what whoever uploaded the file should know of how it was read."""

    headings: list[str]
    rows: list[Line]
    notes: list[str]

    def dump(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def load(cls, stored: bytes) -> Self:
        return cls(**json.loads(stored))

    def column(self, place: int) -> Iterable[str]:
        return (cells[place] if place < len(cells) else "" for _line, cells in self.rows)


def collect(lines: Iterable[Line], notes: list[str]) -> Table:
    """The table of these lines.  Raises UnusableFileError for one that is too large or has nothing in it."""
    kept: list[Line] = []
    for number, (line, cells) in enumerate(lines):
        if number > MOST_LINES or len(kept) > MOST_ROWS + 1:
            raise UnusableFileError(_too_long())
        if not any(cells):
            continue
        if len(cells) > MOST_COLUMNS:
            text = _("Line %(line)s has more than %(most)s columns. Upload a list with the columns that are needed.")
            raise UnusableFileError(text % {"line": line, "most": MOST_COLUMNS})
        kept.append((line, [cell[: LONGEST_CELL + 1] for cell in cells]))
    if not kept:
        raise UnusableFileError(_("There is nothing in this file."))
    return _with_headings(kept, notes)


def _with_headings(lines: list[Line], notes: list[str]) -> Table:
    from_first = _looks_like_data(lines[0][1])
    rows = lines if from_first else lines[1:]
    if not rows:
        raise UnusableFileError(_("There are no rows below the headings."))
    if len(rows) > MOST_ROWS:
        raise UnusableFileError(_too_long())
    if not from_first:
        return Table(_named(lines[0][1], max(len(cells) for _line, cells in lines)), rows, notes)
    notes.append(_("The first row has no headings, so it is checked like the others."))
    return Table(_named([], max(len(cells) for _line, cells in rows)), rows, notes)


def _looks_like_data(cells: list[str]) -> bool:
    """Headings hold no digits beyond one or two (“Name 2”); a number and a date of birth do."""
    digits = [sum(character.isdecimal() for character in cell) for cell in cells]
    return any(count >= DIGITS_OF_A_YEAR for count in digits)


def _named(headings: list[str], columns: int) -> list[str]:
    named = [heading if not heading.startswith("\0") else "" for heading in headings]
    named += [""] * (columns - len(named))
    return [name or _("Column %(number)s") % {"number": place} for place, name in enumerate(named, 1)]


def _too_long() -> str:
    return _("This list has more than 10,000 rows. Divide it into parts of at most 10,000 rows.")
