"""A limit holds for every stretch of its length, exactly."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import throttle
from accounts.models import Throttle

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def take(minute: float, subject: str = "somebody", limit: int = 3) -> datetime | None:
    return throttle.take(
        kind="test", subject=subject, limit=limit, window=15 * MINUTE, now=NOON + timedelta(minutes=minute)
    )


def test_no_stretch_of_the_window_has_more_than_the_limit() -> None:
    """Not even one that crosses a quarter of an hour."""
    allowed = [minute for minute in range(120) if take(minute) is None]
    assert allowed[:4] == [0, 1, 2, 15]
    assert all(later - earlier >= 15 for earlier, later in zip(allowed, allowed[3:], strict=False))


def test_it_is_said_from_when_it_may_be_tried_again() -> None:
    for minute in (10, 13, 14):
        assert take(minute) is None
    assert take(14.5) == NOON + 25 * MINUTE
    assert take(24.9) == NOON + 25 * MINUTE, "what was refused counts for nothing"
    assert take(25) is None
    assert take(26) == NOON + 28 * MINUTE


def test_what_is_given_back_does_not_count() -> None:
    for minute in range(10):
        assert take(minute) is None
        throttle.give_back(kind="test", subject="somebody", now=NOON + minute * MINUTE)
    assert Throttle.objects.get().uses == []


def test_each_is_counted_apart() -> None:
    assert [take(0, str(number), limit=1) for number in range(5)] == [None] * 5


def test_what_counts_no_longer_is_forgotten() -> None:
    take(0, "early")
    take(10, "late")
    assert throttle.forget_ended(NOON + 15 * MINUTE) == 1
    assert Throttle.objects.count() == 1
