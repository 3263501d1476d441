"""Nobody guesses dates of birth: the limits on checks by number."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.audit import user_actor
from accounts.models import AuditEvent, Mail, User
from organisations.models import Organisation
from results.models import Result
from sharing import door, limits
from sharing.models import Check, Outcome, Pause, Scope, Verification
from tests.factories import make_member, make_organisation, make_result

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
RIGHT = date(1999, 2, 24)
_days = count()


def wrong() -> date:
    """A wrong date that was not used before."""
    return date(1980, 1, 1) + timedelta(days=next(_days))


class Checker:
    """Checks numbers for one user of one organisation; the clock moves a second each time."""

    now = NOON

    def __init__(self, organisation: Organisation, user: User) -> None:
        self.organisation, self.user = organisation, user

    def check(self, number: str = "UNKNOWN1", born: date | None = None, now: datetime | None = None) -> Any:
        Checker.now = now or Checker.now + timedelta(seconds=1)
        return door.check_by_number(
            organisation=self.organisation,
            actor=user_actor(self.user),
            number=number,
            date_of_birth=born or wrong(),
            now=Checker.now,
        )

    def miss(self, times: int, start: int = 0) -> None:
        """Misses of as many different numbers."""
        for number in range(start, start + times):
            assert self.check(f"UNKNOWN{number:05}") is None


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    Checker.now = NOON
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def checker(organisation: Organisation) -> Checker:
    return Checker(organisation, make_member(organisation))


def another_organisation() -> Checker:
    organisation = make_organisation()
    return Checker(organisation, make_member(organisation))


@pytest.fixture
def result() -> Result:
    return make_result("213GB5990001", "V582B8R36F")


def test_five_wrong_dates_end_the_checks_of_a_number_for_a_day(checker: Checker, result: Result) -> None:
    for _ in range(5):
        assert checker.check("213GB5990001") is None
    paused = checker.check("213GB5990001", RIGHT)
    assert isinstance(paused, Pause)
    assert (paused.scope, paused.until) == (Scope.NUMBER, Checker.now + timedelta(hours=24))
    assert not Verification.objects.exists()
    assert checker.check("OTHER1") is None  # other numbers go on
    assert another_organisation().check("213GB5990001", RIGHT) is not None  # and other organisations
    Checker.now = paused.until - timedelta(seconds=2)
    assert isinstance(checker.check("213GB5990001", RIGHT), Pause)
    assert not isinstance(checker.check("213GB5990001", RIGHT, paused.until), Pause)


def test_both_numbers_of_a_result_count_as_one(checker: Checker, result: Result) -> None:
    for number in ("213GB5990001", "V582B8R36F", "213GB5990001", "V582B8R36F", "213gb 599-0001"):
        assert checker.check(number) is None
    assert isinstance(checker.check("V582B8R36F", RIGHT), Pause)


def test_an_unknown_number_is_paused_in_the_same_way(checker: Checker) -> None:
    for _ in range(5):
        assert checker.check("UNKNOWN1") is None
    assert isinstance(checker.check("UNKNOWN1"), Pause)


def test_the_same_wrong_date_again_is_one_date(checker: Checker, result: Result) -> None:
    born = wrong()
    for _ in range(6):
        assert checker.check("213GB5990001", born) is None
    assert not isinstance(checker.check("213GB5990001", RIGHT), Pause)


def test_fifteen_dates_over_all_stop_strangers_and_not_those_who_matched(checker: Checker, result: Result) -> None:
    assert not isinstance(checker.check("213GB5990001", RIGHT), Pause | None)
    for guesser in (another_organisation() for _ in range(4)):
        for _ in range(4):
            guesser.check("213GB5990001")
    stranger = another_organisation()
    paused = stranger.check("213GB5990001", RIGHT)
    assert isinstance(paused, Pause)
    assert paused.scope == Scope.NUMBER_EVERYWHERE
    assert not isinstance(checker.check("213GB5990001", RIGHT), Pause | None)
    told = Mail.objects.get()
    assert f"pause/{paused.pk}/" in told.text
    assert "213GB5990001" not in told.text + told.subject


def test_a_user_may_miss_thirty_times_an_hour(checker: Checker, result: Result) -> None:
    checker.miss(30)
    paused = checker.check("213GB5990001", RIGHT)
    assert isinstance(paused, Pause)
    assert (paused.scope, paused.misses) == (Scope.USER, 30)
    assert paused.until == NOON + timedelta(seconds=1, hours=1)
    assert not isinstance(checker.check("213GB5990001", RIGHT, paused.until), Pause)


def test_an_organisation_may_miss_thirty_times_and_a_twentieth_of_its_checks(organisation: Organisation) -> None:
    users = [Checker(organisation, make_member(organisation)) for _ in range(4)]
    for number in range(31):
        assert users[number % 4].check(f"UNKNOWN{number:05}") is None
    paused = users[0].check("UNKNOWN9")
    assert isinstance(paused, Pause)
    assert (paused.scope, paused.misses) == (Scope.ORGANISATION, 31)
    assert "University of Example" in Mail.objects.get().text


def test_an_organisation_that_mostly_matches_may_miss_more(organisation: Organisation, result: Result) -> None:
    users = [Checker(organisation, make_member(organisation)) for _ in range(2)]
    for _ in range(200):
        users[0].check("213GB5990001", RIGHT)
    for number in range(40):
        assert users[number % 2].check(f"UNKNOWN{number:05}") is None
    for number in range(40, 60):
        users[number % 2].check(f"UNKNOWN{number:05}")
    misses, checks = Check.objects.filter(outcome=Outcome.MISS).count(), Check.objects.count()
    assert misses <= 30 + 0.05 * checks < misses + 1


@pytest.mark.parametrize("status", ["pending", "withheld", "absent"])
def test_a_right_date_of_an_unreleased_result_is_no_miss(checker: Checker, status: str) -> None:
    make_result("W1", status=status)
    for _ in range(40):
        assert checker.check("W1", RIGHT) is None
    assert not Pause.objects.exists()


def test_a_refused_check_is_in_the_audit_trail_and_changes_no_count(checker: Checker, result: Result) -> None:
    for _ in range(5):
        checker.check("213GB5990001")
    for _ in range(3):
        checker.check("213GB5990001", RIGHT)
    assert Check.objects.count() == 5
    assert Pause.objects.count() == 1
    actions = list(AuditEvent.objects.order_by("id").values_list("action", flat=True))
    assert actions == [*["check_not_matched"] * 5, "checks_paused", *["check_refused"] * 3]


def test_the_page_of_a_pause_says_when_to_try_again(verifier: Client, result: Result) -> None:
    form = {"date_of_birth_day": "1", "date_of_birth_month": "1", "reference_number": "213GB5990001"}
    for year in range(1980, 1985):
        assert verifier.post("/candidate-search/", {**form, "date_of_birth_year": str(year)}).status_code == 200
    response = verifier.post("/candidate-search/", {**form, "date_of_birth_year": "1990"})
    assert response.status_code == 429
    assert response["Retry-After"] == str(24 * 60 * 60 + 1)
    page = response.content.decode()
    assert "11 March 2026, 12:00 GMT" in page
    assert "213GB5990001" not in page


class TestLifting:
    """Staff end a pause early."""

    def pause(self, checker: Checker) -> Pause:
        for _ in range(5):
            checker.check("213GB5990001")
        paused = checker.check("213GB5990001", RIGHT)
        assert isinstance(paused, Pause)
        return paused

    def test_what_led_to_it_counts_no_more(self, checker: Checker, result: Result) -> None:
        paused = self.pause(checker)
        limits.lift(pause=paused, by="user:staff", reason="A misprint on the certificate", now=Checker.now)
        for _ in range(4):
            assert checker.check("213GB5990001") is None
        assert not isinstance(checker.check("213GB5990001", RIGHT), Pause | None)
        event = AuditEvent.objects.get(action="pause_lifted")
        assert (event.actor, event.detail) == ("user:staff", {"reason": "A misprint on the certificate"})

    @pytest.mark.parametrize("reason", ["", "   "])
    def test_it_needs_a_reason(self, checker: Checker, result: Result, reason: str) -> None:
        paused = self.pause(checker)
        with pytest.raises(ValueError, match="Say why"):
            limits.lift(pause=paused, by="user:staff", reason=reason, now=Checker.now)

    def test_it_can_be_done_once(self, checker: Checker, result: Result) -> None:
        paused = self.pause(checker)
        limits.lift(pause=paused, by="user:staff", reason="Misprint", now=Checker.now)
        with pytest.raises(ValueError, match="is over"):
            limits.lift(pause=paused, by="user:other", reason="Again", now=Checker.now)
        paused.refresh_from_db()
        assert paused.lifted_by == "user:staff"

    def test_staff_do_it_in_the_admin(self, staff: Client, checker: Checker, result: Result) -> None:
        paused = self.pause(checker)
        address = reverse("admin:sharing_pause_changelist")
        assert "One number, for one organisation" in staff.get(address).content.decode()
        action = {"action": "lift", "_selected_action": [paused.pk]}
        refused = staff.post(address, {**action, "reason": ""}, follow=True)
        assert "Say why the pause is lifted" in refused.content.decode()
        done = staff.post(address, {**action, "reason": "Misprint"}, follow=True)
        assert "1 pause was lifted" in done.content.decode()
        assert not isinstance(checker.check("213GB5990001", RIGHT), Pause | None)


def test_old_checks_are_forgotten(checker: Checker) -> None:
    checker.miss(3)
    assert limits.forget_old_checks(Checker.now + timedelta(hours=47)) == 0
    assert limits.forget_old_checks(Checker.now + timedelta(hours=49)) == 3


def test_neither_number_nor_date_can_be_read_from_the_counts(checker: Checker) -> None:
    checker.check("213GB5990001", RIGHT)
    with connection.cursor() as cursor:
        cursor.execute("select c::text from sharing_check c")
        text = cursor.fetchone()[0]
    assert "213GB5990001" not in text
    assert "1999" not in text


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Fifty parallel requests overrun a limit by none."""

    def together(self, checks: list[tuple[Checker, str, date]]) -> list[Any]:
        barrier, outcomes = threading.Barrier(len(checks)), []

        def run(checker: Checker, number: str, born: date) -> None:
            try:
                barrier.wait()
                outcomes.append(checker.check(number, born, NOON))
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=check) for check in checks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    def test_of_one_number_by_one_organisation(self, checker: Checker, result: Result) -> None:
        outcomes = self.together([(checker, "213GB5990001", wrong()) for _ in range(50)])
        assert len(outcomes) == 50
        assert outcomes.count(None) == 5
        assert Check.objects.count() == 5

    def test_of_one_number_by_many_organisations(self, result: Result) -> None:
        checkers = [another_organisation() for _ in range(50)]
        outcomes = self.together([(checker, "213GB5990001", wrong()) for checker in checkers])
        assert outcomes.count(None) == 15
        assert Pause.objects.get().scope == Scope.NUMBER_EVERYWHERE

    def test_of_one_user(self, checker: Checker) -> None:
        checker.miss(20)
        outcomes = self.together([(checker, f"OTHER{n:05}", wrong()) for n in range(50)])
        assert outcomes.count(None) == 10

    def test_of_one_organisation(self, organisation: Organisation) -> None:
        users = [Checker(organisation, make_member(organisation)) for _ in range(5)]
        for user in users[:4]:
            user.miss(7)
        outcomes = self.together([(users[n % 5], f"OTHER{n:05}", wrong()) for n in range(50)])
        assert outcomes.count(None) == 3
        assert Check.objects.count() == 31

    def test_a_right_guess_among_them_wins_only_within_the_limit(self, checker: Checker, result: Result) -> None:
        for _ in range(5):
            checker.check("213GB5990001")
        outcomes = self.together([(checker, "213GB5990001", RIGHT) for _ in range(50)])
        assert all(isinstance(outcome, Pause) for outcome in outcomes)
        assert not Verification.objects.exists()
