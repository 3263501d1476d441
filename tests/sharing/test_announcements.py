"""Lists of checks: their allowance of misses, and what keeps it from being a licence to guess."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine

from accounts.audit import user_actor
from accounts.models import Mail, User
from organisations.models import Organisation
from results.models import Result
from sharing import announcements, door, limits
from sharing.models import Access, Announcement, Check, Outcome, Pause, Scope, Verification
from tests.factories import change_result, make_member, make_organisation, make_result

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RIGHT = date(1999, 2, 24)
_numbers = count()


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def user(organisation: Organisation) -> User:
    return make_member(organisation)


@pytest.fixture
def result() -> Result:
    return make_result("213GB5990001", "V582B8R36F")


class List:
    """A list of checks by one user."""

    def __init__(self, organisation: Organisation, user: User, checks: int, now: datetime = NOON) -> None:
        self.id, self.organisation, self.user, self.now = uuid.uuid4(), organisation, user, now
        announcements.announce(organisation=organisation, announcement_id=self.id, checks=checks, now=now)

    def check(self, number: str = "", born: date = date(1980, 1, 1), now: datetime | None = None) -> Any:
        return door.check_announced(
            announcement=self.id,
            organisation=self.organisation,
            actor=user_actor(self.user),
            number=number or f"UNKNOWN{next(_numbers):06}",
            date_of_birth=born,
            applicant_reference="",
            now=now or self.now,
        )

    def misses(self, now: datetime | None = None) -> int:
        """How many unknown numbers are looked up until something ends it."""
        for done in count():
            if self.check(now=now) is not None:
                return done
        raise AssertionError

    def end(self) -> None:
        announcements.end(organisation=self.organisation, announcement_id=self.id, now=self.now)

    @property
    def row(self) -> Announcement:
        return Announcement.objects.get(pk=self.id)


def by_page(organisation: Organisation, user: User, now: datetime = NOON) -> Any:
    return door.check_by_number(
        organisation=organisation,
        actor=user_actor(user),
        number=f"UNKNOWN{next(_numbers):06}",
        date_of_birth=date(1980, 1, 1),
        now=now,
    )


def test_a_match_tells_the_name_and_is_a_verification_and_an_access(
    organisation: Organisation, user: User, result: Result
) -> None:
    matched = List(organisation, user, 2).check("213gb 599-0001", RIGHT)

    assert isinstance(matched, door.Matched)
    assert (matched.given_names, matched.family_name) == ("Zoë", "Muñoz-Sánchez")
    assert (matched.cancelled, matched.changed) == (False, ())
    assert Verification.objects.get().pk == matched.verification_id
    assert Access.objects.get().count == 1
    assert Access.objects.get().actor == user_actor(user)


def test_what_changed_since_the_organisation_checked_before_is_named_without_values(
    organisation: Organisation, user: User, result: Result
) -> None:
    checks = List(organisation, user, 5)
    checks.check("213GB5990001", RIGHT)
    changed = change_result(result, score=174, label="Pass at Grade B")

    matched = checks.check("213GB5990001", RIGHT)

    assert (matched.cancelled, matched.changed) == (False, ("Result", "Overall score"))
    assert checks.check("213GB5990001", RIGHT).changed == ()
    change_result(changed, status="cancelled")
    matched = checks.check("213GB5990001", RIGHT)
    assert (matched.cancelled, matched.changed) == (True, ("Status",))


@pytest.mark.parametrize("status", ["pending", "withheld", "absent"])
def test_of_an_unreleased_result_nothing_is_told_and_it_is_no_miss(
    organisation: Organisation, user: User, status: str
) -> None:
    make_result("W1", status=status)
    assert List(organisation, user, 1).check("W1", RIGHT) is None
    assert not Check.objects.misses_since(NOON - limits.DAY).exists()


@pytest.mark.parametrize(("rows", "allowed"), [(10, 30), (100, 35), (1_000, 80), (2_000, 130)])
def test_the_allowance_is_thirty_and_a_twentieth_of_the_rows(
    organisation: Organisation, user: User, rows: int, allowed: int
) -> None:
    checks = List(organisation, user, rows)
    done = 0
    while done < rows and checks.check() is None:
        done += 1
    assert done == min(rows, allowed)
    pause = Pause.objects.filter(scope=Scope.ORGANISATION)
    assert pause.exists() == (rows > allowed)
    assert Mail.objects.count() == pause.count(), "staff are told once"


def test_a_paused_check_is_still_to_come_and_done_once_the_pause_is_lifted(
    organisation: Organisation, user: User, result: Result
) -> None:
    checks = List(organisation, user, 40)
    assert checks.misses() == 32
    assert (checks.row.made, checks.row.to_come) == (32, 8)
    assert isinstance(checks.check("213GB5990001", RIGHT), Pause)

    limits.lift(pause=Pause.objects.get(), by="user:staff", reason="A misprint in their list", now=NOON)

    assert isinstance(checks.check("213GB5990001", RIGHT), door.Matched)
    assert (checks.row.made, checks.row.to_come) == (33, 7)


def test_it_goes_on_by_itself_when_the_misses_are_a_day_old(organisation: Organisation, user: User) -> None:
    checks = List(organisation, user, 40)
    checks.misses()
    assert checks.misses(NOON + timedelta(hours=23, minutes=59)) == 0
    assert checks.check(now=NOON + timedelta(hours=24, seconds=1)) is None


def test_five_dates_for_one_number_end_its_checks_and_not_the_list(
    organisation: Organisation, user: User, result: Result
) -> None:
    checks = List(organisation, user, 20)
    for day in range(1, 6):
        assert checks.check("213GB5990001", date(1980, 1, day)) is None
    paused = checks.check("213GB5990001", RIGHT)
    assert (paused.scope, Verification.objects.exists()) == (Scope.NUMBER, False)
    assert (checks.row.made, checks.row.to_come) == (6, 14), "this row is done for"
    assert checks.check() is None


def test_a_users_thirty_an_hour_are_apart_from_the_lists(organisation: Organisation, user: User) -> None:
    checks = List(organisation, user, 1_000)
    for _ in range(50):
        assert checks.check() is None
    for _ in range(30):
        assert by_page(organisation, user) is None, "the list is not the user's"
    assert by_page(organisation, user).scope == Scope.USER
    assert checks.check() is None, "the user's pause is not the list's"


class TestAbuse:
    """A list is no licence to guess: 530 misses in 24 hours at most, whatever is announced how often by whom."""

    def test_ten_thousand_checks_a_day(self, organisation: Organisation, user: User) -> None:
        first = List(organisation, user, 9_000)
        with pytest.raises(announcements.TooManyError) as refused:
            List(organisation, user, 1_001)
        assert refused.value.left == 1_000
        first.check()
        first.end()
        assert announcements.left_today(organisation, NOON) == 9_999, "what was not checked is free again"
        assert announcements.left_today(organisation, NOON + timedelta(hours=25)) == 10_000
        assert announcements.left_today(make_organisation(), NOON) == 10_000

    def test_a_list_that_waits_for_days_counts_as_long_as_it_waits(
        self, organisation: Organisation, user: User
    ) -> None:
        List(organisation, user, 9_000)
        assert announcements.left_today(organisation, NOON + timedelta(days=9)) == 1_000

    def test_announced_and_cancelled_again_and_again(self, organisation: Organisation, user: User) -> None:
        misses = 0
        for _ in range(20):
            announced = min(announcements.left_today(organisation, NOON), 10_000)
            checks = List(organisation, user, announced)
            for _ in range(100):
                misses += checks.check() is None
            checks.end()
        assert Check.objects.filter(outcome=Outcome.MISS).count() == misses
        assert misses <= 530

    def test_a_cancelled_list_takes_its_allowance_with_it(self, organisation: Organisation, user: User) -> None:
        checks = List(organisation, user, 1_000)
        for _ in range(40):
            assert checks.check() is None
        checks.end()
        assert by_page(organisation, user).scope == Scope.ORGANISATION
        assert isinstance(List(organisation, user, 10).check(), Pause)

    def test_lists_at_the_same_time_share_one_allowance(self, organisation: Organisation) -> None:
        lists = [List(organisation, make_member(organisation), 500) for _ in range(4)]
        misses, turn = 0, 0
        while lists[turn % 4].check() is None:
            misses, turn = misses + 1, turn + 1
        assert misses == 30 + 2_000 // 20
        assert [isinstance(each.check(), Pause) for each in lists] == [True] * 4
        assert Pause.objects.count() == 1

    def test_lists_and_the_page_share_one_allowance(self, organisation: Organisation, user: User) -> None:
        checks = List(organisation, user, 100)
        others = [make_member(organisation) for _ in range(5)]
        misses = 0
        for turn in count():
            found = checks.check() if turn % 2 else by_page(organisation, others[turn % 5])
            if found is not None:
                break
            misses += 1
        made = Check.objects.count()
        assert misses == made
        assert misses <= 30 + 0.05 * (made + checks.row.to_come) < misses + 2
        assert isinstance(by_page(organisation, others[0]), Pause)
        assert isinstance(checks.check(), Pause)

    def test_another_organisation_is_not_touched(self, organisation: Organisation, user: User) -> None:
        assert isinstance(List(organisation, user, 40).misses(), int)
        other = make_organisation()
        assert List(other, make_member(other), 1).check() is None


def test_a_list_that_has_ended_checks_nothing(organisation: Organisation, user: User, result: Result) -> None:
    checks = List(organisation, user, 3)
    checks.end()
    with pytest.raises(ValueError, match="has ended"):
        checks.check("213GB5990001", RIGHT)
    assert not Verification.objects.exists()
    assert not Check.objects.exists()


def test_lists_are_forgotten_with_their_checks(organisation: Organisation, user: User) -> None:
    ended, waits = List(organisation, user, 1), List(organisation, user, 5)
    ended.check()
    announcements.forget_old(NOON + timedelta(hours=49))
    assert list(Announcement.objects.values_list("pk", flat=True)) == [waits.id]
