"""Dates of birth as lists hold them: 1998-03-27, 27/03/1998, 27 March 1998, 35881 (a spreadsheet's number of days)."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from sharing.dates import DateOfBirthField


class DateOrder(StrEnum):
    """What 03/04/1999 means.  The order of a whole column is one."""

    DAY_FIRST = "day"
    MONTH_FIRST = "month"


class UnreadableDateError(Exception):
    """Says why, for a person."""


NUMBERS: Final = re.compile(r"(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4})")
YEAR_FIRST: Final = re.compile(r"(\d{4})[./\- ](\d{1,2})[./\- ](\d{1,2})")
CLOSE: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
MONTH_BETWEEN: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.|º)?[ \-./]*(?:de |of )?([^\W\d_]{3,12})[.,]?[ \-./]*(?:de )?(\d{4})"
)
MONTH_BEFORE: Final = re.compile(r"([^\W\d_]{3,12})[. ]*(\d{1,2})(?:st|nd|rd|th)?,?[ ]*(\d{4})")
SHORT_YEAR: Final = re.compile(r"\d{1,2}[./\- ](\d{1,2}|[^\W\d_]{3,12})[./\- ]\d{2}")
MIDNIGHT: Final = re.compile(r"[T ]0{1,2}:00(:00(\.0+)?)?Z?$")
DAYS: Final = re.compile(r"[0-9]{5}")
DAY_ZERO: Final = date(1899, 12, 30)
"""Of spreadsheets, for dates after February 1900."""
TWELVE: Final = 12


def read_date(text: str, order: DateOrder) -> date:
    """Raises UnreadableDateError."""
    text = MIDNIGHT.sub("", text.strip())
    if not text:
        raise UnreadableDateError(_("There is no date of birth."))
    if DAYS.fullmatch(text):
        return _clean(DAY_ZERO + timedelta(days=int(text)))
    if SHORT_YEAR.fullmatch(text):
        raise UnreadableDateError(_("The year must have four digits, for example 1998"))
    parts = _parts(text, order)
    if parts is None:
        raise UnreadableDateError(_("The date of birth is not written in a way that can be read, such as 27/03/1998."))
    return _clean(parts)


def _parts(text: str, order: DateOrder) -> tuple[str, str, str] | None:
    """Day, month and year."""
    if found := YEAR_FIRST.fullmatch(text) or CLOSE.fullmatch(text):
        return found[3], found[2], found[1]
    if found := NUMBERS.fullmatch(text):
        first, second, year = found.groups()
        return (first, second, year) if order is DateOrder.DAY_FIRST else (second, first, year)
    if found := MONTH_BETWEEN.fullmatch(text):
        return found[1], found[2], found[3]
    if found := MONTH_BEFORE.fullmatch(text):
        return found[2], found[1], found[3]
    return None


def _clean(parts: "tuple[str, str, str] | date") -> date:
    """In the words and within the limits of Candidate Search."""
    day, month, year = (parts.day, parts.month, parts.year) if isinstance(parts, date) else parts
    try:
        born = DateOfBirthField().clean([str(day), str(month), str(year)])
    except ValidationError as error:
        raise UnreadableDateError(" ".join(error.messages)) from None
    assert born  # noqa: S101  (the field is required)
    return born


def guess_order(cells: Iterable[str]) -> DateOrder:
    """From the whole column: what is above twelve is no month.  Day first where nothing tells, or both do."""
    told = filter(None, (NUMBERS.fullmatch(cell.strip()) for cell in cells))
    pairs = [(int(found[1]), int(found[2])) for found in told]
    day_first = sum(first > TWELVE for first, _second in pairs)
    month_first = sum(second > TWELVE for _first, second in pairs)
    return DateOrder.MONTH_FIRST if month_first > day_first else DateOrder.DAY_FIRST


def looks_like_dates(cells: Iterable[str]) -> bool:
    """Whether most cells that hold anything are dates (a bare number does not say so)."""
    told = [cell for cell in cells if cell]
    dates = sum(bool(_parts(cell.strip(), DateOrder.DAY_FIRST)) for cell in told)
    return dates > len(told) / 2
