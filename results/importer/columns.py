"""The columns of a results file, and what a single cell may say.

Each column has a reader: it takes the cell's text and returns it as it goes into the staging table (in PostgreSQL's
COPY text format), or raises CellError.  Dates of birth, names, addresses and numbers are never repeated in a message.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django_countries import countries

from results import catalogue
from results.models import Status
from results.numbers import normalise

NULL = r"\N"
_QUOTED = 40
# Characters of a number with its spaces and hyphens.  Folding takes time with the square of the length.
_LONGEST_TYPED = 100

Reader = Callable[[str], str]


class CellError(Exception):
    """What is wrong with a cell, in words for the person who made the file."""


class Column(NamedTuple):
    """A column of the file.  `in_header`: no file can do without it.  `read`: reads a cell, an empty one too.

    `staged_as` is its type in the staging table; `empty` what an empty cell becomes there.
    """

    name: str
    read: Reader
    in_header: bool
    staged_as: str
    empty: str


def _column(
    name: str,
    reader: Reader,
    *,
    required: bool = False,
    in_header: bool = False,
    staged_as: str = "text",
    empty: str = "",
    remember: int = 0,
) -> Column:
    """`required`: no row can leave it empty.  `remember`: how many cells to keep, where a column repeats itself."""

    def read(cell: str) -> str:
        if cell:
            return reader(cell)
        if required:
            raise CellError("is required")
        return empty

    return Column(name, _Memory(read, remember).__getitem__ if remember else read, in_header, staged_as, empty)


class _Memory(dict[str, str]):
    """Cells that were read before; empties itself when full.  A plain dict is several times faster than lru_cache."""

    def __init__(self, read: Reader, size: int) -> None:
        super().__init__()
        self._read, self._size = read, size

    def __missing__(self, cell: str) -> str:
        value = self._read(cell)
        if len(self) >= self._size:
            self.clear()
        self[cell] = value
        return value


def quoted(cell: str) -> str:
    """A cell's text for a message: short, on one line, without characters that could play tricks on a terminal."""
    text = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in cell[:_QUOTED]
    )
    return f"‘{text}…’" if len(cell) > _QUOTED else f"‘{text}’"


# Control characters, line and paragraph separators, overrides that make a name read otherwise than it is stored, and
# what no text holds: annotations, noncharacters, tags.  Joiners and directional marks stay: some scripts need them.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
# Letters and symbols that show nothing: Hangul fillers, the empty Braille cell.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# More marks on one letter than any script puts there; hundreds would paint over the lines around a name.
_MOST_MARKS = 8


def _text(limit: int) -> Reader:
    def read(cell: str) -> str:
        if len(cell) <= limit and cell.isascii() and cell.isprintable() and "\\" not in cell and not cell.isspace():
            return cell
        return _unusual_text(cell, limit)

    return read


def _unusual_text(cell: str, limit: int) -> str:
    if len(cell) > limit:
        raise CellError(f"is longer than {limit:,} characters")
    if found := _FORBIDDEN.search(cell):
        raise CellError(f"has a control character (U+{ord(found[0]):04X}); take it out")
    if cell.isspace():
        raise CellError("has nothing but spaces")
    if not any(map(_shows, cell)):
        raise CellError("has nothing that can be seen")
    if _most_marks(cell) > _MOST_MARKS:
        raise CellError(f"has more than {_MOST_MARKS} accents on one letter")
    return cell.replace("\\", "\\\\")


def _shows(character: str) -> bool:
    """Letters younger than this Python's Unicode (category Cn) count as seen."""
    category = unicodedata.category(character)
    return category == "Cn" or (category[0] not in "CMZ" and character not in _BLANK)


def _most_marks(cell: str) -> int:
    """The longest run of combining marks."""
    longest = run = 0
    for character in cell:
        run = run + 1 if unicodedata.category(character)[0] == "M" else 0
        longest = max(longest, run)
    return longest


def _number(cell: str) -> str:
    if cell.isascii() and cell.isalnum() and len(cell) <= 20:
        return cell.upper()
    if len(cell) > _LONGEST_TYPED:
        raise CellError("is longer than 20 characters")
    if _FORBIDDEN.search(cell):
        raise CellError("has a control character; take it out")
    number = normalise(cell)
    if len(number) > 20:
        raise CellError("is longer than 20 characters")
    if not (number.isascii() and number.isalnum()):
        raise CellError("may have only the letters A to Z and digits")
    return number


def _candidate_id(cell: str) -> str:
    number = _number(cell)
    if len(number) != 9:
        raise CellError("must have 9 letters and digits")
    return number


def _secret_number(cell: str) -> str:
    number = cell if cell.isascii() or len(cell) > _LONGEST_TYPED else normalise(cell)
    if not (len(number) == 4 and number.isascii() and number.isdecimal()):
        raise CellError("must have 4 digits (with the zeros in front)")
    return number


_DATES = 65_536
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


@lru_cache(maxsize=_DATES)
def parse_date(cell: str) -> date:
    """A calendar date written YYYY-MM-DD.  Raises CellError."""
    match = _DATE.fullmatch(cell)
    if not match:
        raise CellError("must be a date written YYYY-MM-DD")
    try:
        return date(*map(int, match.groups()))
    except ValueError as error:
        raise CellError("is not a date of the calendar") from error


def _date_from(first: date) -> Reader:
    def read(cell: str) -> str:
        if parse_date(cell) < first:
            raise CellError(f"must be {first.isoformat()} or later")
        return cell

    return read


def _one_of(words: Iterable[str], hint: str) -> Reader:
    known = frozenset(words)

    def read(cell: str) -> str:
        if cell not in known:
            raise CellError(f"{quoted(cell)} is not known; {hint}")
        return cell

    return read


_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,2}")


def _score(cell: str) -> str:
    if not _WHOLE_NUMBER.fullmatch(cell):
        raise CellError(f"{quoted(cell)} is not a score; write a whole number without sign or zeros in front")
    return cell


def _component(cell: str) -> str:
    lowest, highest = catalogue.COMPONENT_SCALE_RANGE
    if cell in catalogue.PROFILE_WORDS or (_WHOLE_NUMBER.fullmatch(cell) and lowest <= int(cell) <= highest):
        return cell
    words = ", ".join(catalogue.PROFILE_WORDS)
    raise CellError(f"{quoted(cell)} is neither a scale score ({lowest} to {highest}) nor one of {words}")


def _exempt(cell: str) -> str:
    if cell != "yes":
        raise CellError(f"{quoted(cell)} is not known; write ‘yes’ or leave the cell empty")
    return "true"


_email_text = _text(254)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def _email(cell: str) -> str:
    if not _EMAIL.fullmatch(cell):
        raise CellError("is not an e-mail address")
    return _email_text(cell)


_ALL = (
    _column("reference_number", _number, required=True, in_header=True, empty=NULL),
    _column("verification_number", _number, empty=NULL),
    _column("candidate_id", _candidate_id),
    # Staged as its digest: the secret number itself never reaches the database.
    _column("secret_number", _secret_number, staged_as="bytea", empty=NULL, remember=16_384),
    _column("given_names", _text(200), remember=16_384),
    _column("family_name", _text(200), remember=16_384),
    _column(
        "date_of_birth",
        _date_from(date(1900, 1, 1)),
        required=True,
        in_header=True,
        staged_as="date",
        empty=NULL,
        remember=_DATES,
    ),
    _column("email", _email),
    _column(
        "exam",
        _one_of(catalogue.EXAMS, f"write one of {', '.join(catalogue.EXAMS)}"),
        required=True,
        in_header=True,
        empty=NULL,
        remember=64,
    ),
    _column("session", _text(60), remember=4_096),
    _column(
        "exam_date",
        _date_from(catalogue.FIRST_EXAM_DATE),
        required=True,
        in_header=True,
        staged_as="date",
        empty=NULL,
        remember=_DATES,
    ),
    _column("centre_number", _text(20), required=True, in_header=True, remember=4_096),
    _column("centre_name", _text(200), required=True, in_header=True, remember=4_096),
    _column("place_of_entry", _text(200), required=True, in_header=True, remember=4_096),
    _column(
        "country",
        _one_of(dict(countries), "write a code of ISO 3166-1 such as GB"),
        required=True,
        in_header=True,
        remember=512,
    ),
    _column(
        "status",
        _one_of(Status.values, f"write one of {', '.join(Status.values)}"),
        required=True,
        in_header=True,
        empty=NULL,
        remember=64,
    ),
    _column("result", _text(40), remember=256),
    _column("score", _score, staged_as="smallint", empty=NULL, remember=1_024),
    _column("cefr", _one_of(catalogue.CEFR_LEVELS, "write A1 to C2 or leave the cell empty"), remember=64),
    *(_column(code, _component, remember=1_024) for code in catalogue.COMPONENT_CODES),
    _column("exempt", _exempt, staged_as="boolean", empty="false", remember=64),
    _column("certificate_number", _text(20)),
    _column("certificate_date", _date_from(catalogue.FIRST_EXAM_DATE), staged_as="date", empty=NULL, remember=_DATES),
    _column("photo", _text(255)),
)
COLUMNS: Mapping[str, Column] = {column.name: column for column in _ALL}
