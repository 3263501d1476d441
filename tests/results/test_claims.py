"""Candidates prove that results are theirs; whoever has not all three numbers learns nothing."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Action, AuditEvent, User
from results import claims
from results.models import Candidate, Claim, Result
from results.numbers import secret_digest
from tests.factories import make_candidate_result, make_user

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BORN = date(1999, 2, 24)


def prove(**changes: object) -> list[Result]:
    numbers: dict[str, object] = {
        "candidate_id": "ABC123456", "secret_number": "7419", "date_of_birth": BORN, "candidate": None, "now": NOW,
    }  # fmt: skip
    return claims.prove(**{**numbers, **changes})  # type: ignore[arg-type]


@pytest.fixture
def result(db: None) -> Result:
    return make_candidate_result()


def test_all_results_of_an_id_are_found_at_once(result: Result) -> None:
    second = make_candidate_result()
    make_candidate_result(candidate_id="XYZ123456")
    make_candidate_result(date_of_birth=date(1999, 2, 25))
    assert {each.pk for each in prove()} == {result.pk, second.pk}


@pytest.mark.parametrize(
    "wrong", [{"candidate_id": "ABC123457"}, {"secret_number": "7418"}, {"date_of_birth": date(1999, 2, 25)}]
)
def test_each_number_must_be_right(result: Result, wrong: dict[str, object]) -> None:
    with pytest.raises(claims.NotMatchedError):
        prove(**wrong)
    assert AuditEvent.objects.get().action == Action.CLAIM_REFUSED


def test_a_result_without_a_secret_number_cannot_be_had(result: Result) -> None:
    Result.objects.update(candidate_id="", secret_digest=None)
    with pytest.raises(claims.NotMatchedError):
        prove(candidate_id="")


def test_a_result_of_another_account_looks_like_a_wrong_number(result: Result) -> None:
    claims.claim(user=make_user(), results=[result])
    with pytest.raises(claims.NotMatchedError):
        prove()
    with pytest.raises(claims.NotMatchedError):
        prove(candidate=make_user())


def test_ones_own_result_may_be_proved_again_and_changes_nothing(result: Result) -> None:
    user = make_user()
    assert len(claims.claim(user=user, results=prove())) == 1
    assert claims.claim(user=user, results=prove(candidate=user)) == []
    assert [claim.result_id for claim in claims.of(user)] == [result.pk]


def test_three_wrong_tries_lock_the_id_for_thirty_minutes_after_the_last(result: Result) -> None:
    for minute in (0, 10, 20):
        with pytest.raises(claims.NotMatchedError):
            prove(secret_number="0000", now=NOW + timedelta(minutes=minute))
    with pytest.raises(claims.LockedError) as locked:
        prove(now=NOW + timedelta(minutes=49, seconds=59))  # everything right, and yet
    assert locked.value.until == NOW + timedelta(minutes=50)
    assert prove(now=NOW + timedelta(minutes=50, seconds=1)) == [result]


def test_an_unknown_id_is_locked_like_a_known_one(db: None) -> None:
    for _try in range(3):
        with pytest.raises(claims.NotMatchedError):
            prove(candidate_id="NOSUCHID1")
    with pytest.raises(claims.LockedError):
        prove(candidate_id="NOSUCHID1")
    with pytest.raises(claims.NotMatchedError):
        prove(candidate_id="NOSUCHID2")  # another one is not


def test_the_right_numbers_clear_the_slate(result: Result) -> None:
    for _turn in range(4):
        with pytest.raises(claims.NotMatchedError):
            prove(secret_number="0000")
        assert prove() == [result]


def test_unknown_and_wrong_take_the_same_queries(result: Result) -> None:
    counts = set()
    for wrong in ({"candidate_id": "NOSUCHID1"}, {"secret_number": "0000"}, {"date_of_birth": date(2000, 1, 1)}):
        with CaptureQueriesContext(connection) as queries, pytest.raises(claims.NotMatchedError):
            prove(**wrong)
        counts.add(len(queries))
    assert len(counts) == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_at_once_one_gets_the_result() -> None:
    result = make_candidate_result()
    people = [make_user() for _number in range(8)]
    start = threading.Barrier(len(people))
    won: list[User] = []

    def take(person: User) -> None:
        start.wait()
        if claims.claim(user=person, results=[result]):
            won.append(person)
        connection.close()

    threads = [threading.Thread(target=take, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert Claim.objects.get().candidate_id == won[0].pk
    assert AuditEvent.objects.filter(action=Action.RESULT_CLAIMED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_do_not_overrun_the_lock() -> None:
    make_candidate_result()
    start = threading.Barrier(8)
    outcomes: list[type[Exception]] = []

    def guess(number: int) -> None:
        start.wait()
        try:
            prove(secret_number=f"{number:04}")
        except (claims.NotMatchedError, claims.LockedError) as error:
            outcomes.append(type(error))
        connection.close()

    threads = [threading.Thread(target=guess, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(error.__name__ for error in outcomes) == ["LockedError"] * 5 + ["NotMatchedError"] * 3


def test_hiding_the_photo_is_told_once(result: Result) -> None:
    user = make_user()
    (claim,) = claims.claim(user=user, results=[result])
    for _time in range(2):
        claims.hide_photo(claim=claim, hidden=True, by=user)
    result.refresh_from_db()
    assert result.photo_hidden
    claims.hide_photo(claim=claim, hidden=False, by=user)
    told = AuditEvent.objects.filter(action__startswith="photo").values_list("action", flat=True)
    assert list(told) == [Action.PHOTO_UNHIDDEN, Action.PHOTO_HIDDEN]


def test_staff_move_a_result_with_a_reason(result: Result) -> None:
    old, new = make_user(), make_user()
    (claim,) = claims.claim(user=old, results=[result])
    claims.move(claim=claim, to=new, by="user:staff", reason="Two accounts of one person")
    assert [list(claims.of(person)) for person in (old, new)] == [[], [claim]]
    event = AuditEvent.objects.get(action=Action.CLAIM_MOVED)
    assert (event.actor, event.detail["reason"]) == ("user:staff", "Two accounts of one person")
    assert Candidate.objects.filter(user=new).exists()


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2012, 2, 29), date(2025, 2, 28), 12),
        (date(2012, 2, 29), date(2025, 3, 1), 13),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
        (date(2013, 5, 17), date(2026, 5, 16), 12),
        (date(2013, 5, 17), date(2026, 5, 17), 13),
    ],
)
def test_age_changes_on_the_birthday(born: date, day: date, age: int) -> None:
    assert claims.age_on(day, born) == age
    assert claims.is_old_enough(born, day) is (age >= 13)


def test_the_secret_number_is_bound_to_the_id() -> None:
    assert secret_digest("ABC123456", "7419") != secret_digest("ABC123457", "7419")
