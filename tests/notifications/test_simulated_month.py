"""A simulated month: everything that happens is told of once, to each user who should hear of it, and of nothing else.

Both changes of the clock are in it, in every zone that has them: Lord Howe, London, New York.
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Mail
from notifications.models import Digest, Frequency
from notifications.windows import next_end
from tests.notifications.month import ZONES, Month, made, outside, wall_clock_end

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
USERS, ORGANISATIONS = (200, 12) if FULL else (32, 4)
AUTUMN: Final = (datetime(2026, 10, 3, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
SPRING: Final = (datetime(2027, 3, 12, tzinfo=UTC), datetime(2027, 4, 7, tzinfo=UTC))
SHORT: Final = (
    (datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)),
    (datetime(2027, 3, 27, tzinfo=UTC), datetime(2027, 3, 29, tzinfo=UTC)),
)


@pytest.mark.drill
@pytest.mark.django_db
@pytest.mark.parametrize(("start", "end"), (AUTUMN, SPRING) if FULL else SHORT)
@pytest.mark.parametrize("seed", [2026])
def test_a_simulated_month(seed: int, start: datetime, end: datetime) -> None:
    month = Month(seed=seed, start=start, users=USERS, organisations=ORGANISATIONS)
    month.tick()
    month.live(end)

    digests = made()
    assert digests == {key: len({result for result, _share in events}) for key, events in month.expected.items()}
    assert outside(month.expected) == []
    assert len(digests) > USERS / 2
    _no_stretch_twice()
    mails = dict(Mail.objects.values_list("pk", "recipient"))
    assert {digest.pk: digest.user.email for digest in Digest.objects.select_related("user")} == mails
    print(f"{len(digests)} digests of {len(month.shares)} shares")  # noqa: T201


def _no_stretch_twice() -> None:
    """What a user's digests tell of a stream does not overlap."""
    reached: dict[object, int] = {}
    for digest in Digest.objects.order_by("position_to"):
        key = (digest.user_id, digest.stream)
        assert reached.get(key, 0) <= digest.position_from
        reached[key] = digest.position_to


@pytest.mark.parametrize("zone", [*ZONES, "Atlantic/Azores", "Africa/Casablanca", "America/Havana"])
@pytest.mark.parametrize("hour", range(0, 24, 1 if FULL else 3))
def test_windows_end_once_a_day_by_the_clock_on_the_wall(zone: str, hour: int) -> None:
    """A year of days: also the hour that is left out, and the one that comes twice."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for _day in range(365):
        end = next_end(frequency=Frequency.DAILY, weekday=0, hour=hour, time_zone=zone, after=at)
        assert end == wall_clock_end(Frequency.DAILY, 0, hour, zone, at)
        at = end
    assert at - datetime(2026, 1, 1, tzinfo=UTC) < timedelta(days=366)
    assert at.astimezone(ZoneInfo(zone)).hour == hour
