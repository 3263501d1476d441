"""Working days in the United Kingdom (England), by which answers are promised."""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

UK: Final = ZoneInfo("Europe/London")


def due_on(from_: date, days: int = 5) -> date:
    """The working day by which something is due that came in on `from_`, which itself does not count."""
    day = from_
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def is_working_day(day: date) -> bool:
    """Neither a Saturday, a Sunday nor a bank holiday in England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def uk_date(moment: datetime) -> date:
    """The day that it is in the United Kingdom at this moment, wherever the reader is."""
    return moment.astimezone(UK).date()


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))
