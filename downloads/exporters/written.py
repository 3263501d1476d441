"""How values of each kind are written as text, as far as several formats agree."""

from datetime import date, datetime
from typing import Final

from downloads.options import DateFormat

_PATTERNS: Final = {
    DateFormat.SLASHES: "%d/%m/%Y",
    DateFormat.DOTS: "%d.%m.%Y",
    DateFormat.MONTH_FIRST: "%m/%d/%Y",
    DateFormat.WORDS: "%-d %B %Y",
}


class Dates(dict[date | None, str]):
    """Days as text: each day is written once, for a file has many results of the same few days."""

    def __init__(self, how: DateFormat) -> None:
        super().__init__({None: ""})
        self._pattern = _PATTERNS.get(how)
        self.iso = how == DateFormat.ISO

    def __missing__(self, day: date | None) -> str:
        if day:
            self[day] = day.strftime(self._pattern) if self._pattern else day.isoformat()
        return self[day]


def moment(value: datetime | None, dates: Dates) -> str:
    """In UTC, as RFC 3339 or with the day in the template's way."""
    if value is None:
        return ""
    text = value.isoformat()
    return f"{text[:19]}Z" if dates.iso else f"{dates[value.date()]} {text[11:19]}"
