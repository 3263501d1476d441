"""Answers are promised in UK working days: weekends and bank holidays do not count."""

from datetime import UTC, date, datetime, timedelta

import pytest

from organisations.working_days import due_on, is_working_day, uk_date


@pytest.mark.parametrize(
    ("came_in", "due"),
    [
        (date(2026, 11, 23), date(2026, 11, 30)),  # a Monday: the next one
        (date(2026, 11, 27), date(2026, 12, 4)),  # a Friday
        (date(2026, 11, 28), date(2026, 12, 4)),  # a Saturday and a Sunday count from Monday on
        (date(2026, 11, 29), date(2026, 12, 4)),
        (date(2026, 12, 22), date(2026, 12, 31)),  # Christmas Day, and Boxing Day observed on the Monday
        (date(2026, 12, 24), date(2027, 1, 5)),  # New Year's Day too
        (date(2027, 3, 24), date(2027, 4, 2)),  # Good Friday and Easter Monday
        (date(2026, 8, 28), date(2026, 9, 7)),  # the late summer bank holiday of England, no holiday in Scotland
        (date(2022, 5, 30), date(2022, 6, 8)),  # the Platinum Jubilee moved one holiday and added one
        (date(2024, 2, 28), date(2024, 3, 6)),  # over a leap day
    ],
)
def test_five_working_days(came_in: date, due: date) -> None:
    assert due_on(came_in) == due


def test_other_numbers_of_days() -> None:
    assert due_on(date(2026, 11, 27), 1) == date(2026, 11, 30)
    assert due_on(date(2026, 11, 27), 0) == date(2026, 11, 27)


def test_whatever_the_day_the_answer_is_due_on_a_working_day_within_two_weeks() -> None:
    for number in range(3000):
        came_in = date(2024, 1, 1) + timedelta(days=number)
        due = due_on(came_in)
        assert is_working_day(due)
        assert 5 <= (due - came_in).days <= 13
        assert sum(is_working_day(came_in + timedelta(days=n + 1)) for n in range((due - came_in).days)) == 5


def test_the_day_is_the_one_in_the_united_kingdom() -> None:
    assert uk_date(datetime(2026, 7, 3, 23, 30, tzinfo=UTC)) == date(2026, 7, 4), "half past midnight in summer time"
    assert uk_date(datetime(2026, 12, 3, 23, 30, tzinfo=UTC)) == date(2026, 12, 3)
