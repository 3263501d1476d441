"""A candidate's account comes into being when the address is confirmed, never before."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import closing
from accounts.models import Action, AuditEvent, Mail, User
from results import claims, registration
from results.models import Candidate, CandidateRegistration, Claim, Result
from tests.factories import PASSWORD, make_candidate_result, make_user

pytestmark = pytest.mark.django_db
EMAIL = "zoe@mail.example"


@pytest.fixture
def result() -> Result:
    return make_candidate_result()


def ask(result: Result, email: str = EMAIL) -> CandidateRegistration | None:
    """Register, and open the link of the mail, if there is one."""
    registration.ask(
        results=[result], email=email, password=PASSWORD, first_language="French", country="FR", next_page=""
    )
    link = re.search(r"/candidate/register/confirm/([^/]+)/", Mail.objects.latest("created_at").text)
    return registration.open_link(link[1]) if link else None


def test_the_account_is_made_under_the_name_on_the_result(result: Result) -> None:
    waiting = ask(result, "ZOE@mail.example")
    assert waiting
    assert not User.objects.exists()

    assert registration.confirm(waiting=waiting) == registration.Outcome.MADE

    user = User.objects.get()
    assert (user.email, user.given_name, user.family_name) == (EMAIL, "Zoë", "Muñoz-Sánchez")
    assert user.check_password(PASSWORD)
    candidate = Candidate.objects.get()
    assert (candidate.first_language, candidate.country.code) == ("French", "FR")
    assert [claim.result_id for claim in claims.of(user)] == [result.pk]
    assert set(AuditEvent.objects.values_list("action", flat=True)) == {
        Action.CANDIDATE_REGISTERED,
        Action.RESULT_CLAIMED,
    }
    assert not CandidateRegistration.objects.exists()


def test_a_name_of_one_part_is_the_first_name() -> None:
    waiting = ask(make_candidate_result(given_names="", family_name="Sukarno"))
    assert waiting
    registration.confirm(waiting=waiting)
    assert User.objects.get().get_full_name() == "Sukarno"


def test_the_button_pressed_twice_makes_one_account(result: Result) -> None:
    waiting = ask(result)
    assert waiting
    assert [registration.confirm(waiting=waiting) for _press in range(2)] == [registration.Outcome.MADE] * 2
    assert User.objects.count() == 1


def test_an_address_in_use_gets_help_and_no_link(result: Result) -> None:
    make_user(EMAIL)
    assert ask(result) is None
    mail = Mail.objects.get()
    assert (mail.recipient, mail.subject) == (EMAIL, "You have an account already")
    assert "/candidate/results/add/" in mail.text


@pytest.mark.parametrize("worked", [True, False])
def test_an_account_that_was_closed_for_good_is_opened_again(result: Result, worked: bool) -> None:
    closed = make_user(EMAIL, given_name="Zo", last_login=timezone.now() if worked else None)
    closing.give_up(closed)
    waiting = ask(result)
    assert waiting

    assert registration.confirm(waiting=waiting) == registration.Outcome.MADE

    user = User.objects.get()
    assert (user.pk, user.is_active, user.check_password(PASSWORD)) == (closed.pk, True, True)
    assert user.given_name == ("Zo" if worked else "Zoë")
    assert claims.of(user).count() == 1


def test_an_account_that_may_be_opened_again_by_others_is_in_use(result: Result) -> None:
    closing.close(make_user(EMAIL))
    assert ask(result) is None


def test_the_mail_holds_no_number_and_no_name(result: Result) -> None:
    ask(result)
    text = Mail.objects.get().text
    assert not [word for word in ("Zoë", "Muñoz", "ABC123456", result.reference_number, "1999") if word in text]


def test_an_address_that_was_taken_meanwhile_changes_nothing(result: Result) -> None:
    waiting = ask(result)
    make_user(EMAIL)
    assert waiting
    assert registration.confirm(waiting=waiting) == registration.Outcome.TAKEN
    assert not Claim.objects.exists()


def test_a_result_that_was_claimed_meanwhile_makes_no_account(result: Result) -> None:
    waiting = ask(result)
    claims.claim(user=make_user(), results=[result])
    assert waiting
    assert registration.confirm(waiting=waiting) == registration.Outcome.TAKEN
    assert not User.objects.filter(email=EMAIL).exists()


@pytest.mark.parametrize("token", ["", "x", "0:0:0", "a" * 5_000])
def test_a_broken_link_leads_nowhere(token: str) -> None:
    assert registration.open_link(token) is None


def test_what_nobody_confirmed_is_forgotten(result: Result) -> None:
    ask(result)
    CandidateRegistration.objects.update(asked_at=timezone.now() - timedelta(days=3, seconds=1))
    assert registration.forget_old() == 1
