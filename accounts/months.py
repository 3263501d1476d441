"""Months by the calendar."""

from calendar import monthrange
from datetime import date, datetime
from typing import TypeVar

Moment = TypeVar("Moment", date, datetime)


def months_later(moment: Moment, months: int) -> Moment:
    """The same day of a later month (an earlier one for a negative number), or that month's last day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
