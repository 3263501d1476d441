"""When a window of somebody's digests ends, by the clock on their wall."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from notifications.models import Frequency

BUNDLE: Final = timedelta(minutes=9)
"""What happens within this time of the first news goes into one mail: with beat's half minute, within ten minutes."""
LONGEST: Final = {
    Frequency.AS_IT_HAPPENS: BUNDLE,
    Frequency.DAILY: timedelta(hours=26),
    Frequency.WEEKLY: timedelta(days=7, hours=2),
}
"""No window ends later than this from now, unless a clock was wrong when it was opened."""


def next_end(*, frequency: str, weekday: int, hour: int, time_zone: str, after: datetime) -> datetime:
    """The first end of a window after this moment.

    An hour that a change of the clock leaves out ends when that change is over; one that comes twice, the first time.
    """
    if frequency == Frequency.AS_IT_HAPPENS:
        return after + BUNDLE
    zone = zone_of(time_zone)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while (end := _end(day, hour, zone)) <= after or (frequency == Frequency.WEEKLY and day.weekday() != weekday):
        day += timedelta(days=1)
    return end


def zone_of(name: str) -> ZoneInfo:
    """UTC for a name that is none any more: one person's must not stop everybody's mail."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _end(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """In UTC: Python compares times of one zone by what the clock shows, which is not always the order of events."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
