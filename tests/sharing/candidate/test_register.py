"""A candidate registers, confirms the address, and adds another exam."""

import re
from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects, assertTemplateUsed

from accounts import limits
from accounts.models import Mail, User
from results import claims
from results.models import Claim, Result
from tests.factories import PASSWORD, make_candidate_result, make_claim, make_user

pytestmark = pytest.mark.django_db

NUMBERS = {
    "candidate_id": "abc 123-456", "secret_number": "7419",
    "date_of_birth_day": "24", "date_of_birth_month": "2", "date_of_birth_year": "1999",
}  # fmt: skip
FORM = {**NUMBERS, "email": "Zoe@Mail.example", "password": PASSWORD, "first_language": "", "country": ""}
NOT_RIGHT = "We cannot find a result to add with these numbers"


@pytest.fixture
def result() -> Result:
    return make_candidate_result()


def link_of_mail() -> str:
    found = re.search(r"http://testserver(/candidate/register/confirm/\S+)", Mail.objects.latest("created_at").text)
    assert found
    return found[1]


def test_from_the_numbers_to_the_first_look_at_the_result(client: Client, result: Result) -> None:
    assertRedirects(client.post("/candidate/register/", FORM), "/candidate/register/sent/")
    assert not User.objects.exists()

    link = link_of_mail()
    for _scanner in range(3):
        assertContains(client.get(link), "Yes, this is my address")
        client.head(link)
    assert not User.objects.exists(), "a scanner changes nothing"
    assertRedirects(client.post(link), "/login/?next=/candidate/")

    client.post("/login/?next=/candidate/", {"login": "zoe@mail.example", "password": PASSWORD})
    assertContains(client.get("/candidate/"), "B2 First")
    assertContains(client.get(link), "no longer works", status_code=404)


@pytest.mark.parametrize(
    "wrong", [{"candidate_id": "ABC123457"}, {"secret_number": "7418"}, {"date_of_birth_day": "25"}, "claimed"]
)
def test_whatever_is_wrong_the_answer_is_the_same(client: Client, result: Result, wrong: dict[str, str] | str) -> None:
    if wrong == "claimed":
        claims.claim(user=make_user(), results=[result])
        wrong = {}
    answer = client.post("/candidate/register/", {**FORM, **wrong})  # type: ignore[dict-item]
    assertContains(answer, NOT_RIGHT)
    assert not Mail.objects.exists()
    text = re.sub(r'value="[^"]*"', "", answer.content.decode())
    assert PASSWORD not in text
    assert "7418" not in text


def test_an_address_in_use_is_answered_like_a_new_one(client: Client, result: Result) -> None:
    make_user("zoe@mail.example")
    assertRedirects(client.post("/candidate/register/", FORM), "/candidate/register/sent/")
    assert Mail.objects.get().subject == "You have an account already"


def test_three_wrong_tries_lock_the_id(client: Client, result: Result) -> None:
    for _try in range(3):
        assertContains(client.post("/candidate/register/", {**FORM, "secret_number": "0000"}), NOT_RIGHT)
    answer = client.post("/candidate/register/", FORM)
    assertContains(answer, "locked for 30 minutes", status_code=429)
    assert 1700 < int(answer["Retry-After"]) <= 1801


def test_an_address_that_tries_many_numbers_is_stopped(client: Client, db: None) -> None:
    for number in range(limits.CLAIM_NETWORK.count):
        client.post("/candidate/register/", {**FORM, "candidate_id": f"ABC{number:06}"})
    answer = client.post("/candidate/register/", {**FORM, "candidate_id": "ABC999999"})
    assertContains(answer, "Too many attempts", status_code=429)


def test_one_mail_address_gets_few_mails(client: Client, result: Result) -> None:
    for _time in range(limits.CANDIDATE_MAIL.count):
        client.post("/candidate/register/", FORM)
    assert client.post("/candidate/register/", FORM).status_code == 429
    assert Mail.objects.count() == limits.CANDIDATE_MAIL.count


def test_one_network_does_not_write_to_the_whole_world(
    client: Client, result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CANDIDATE_NETWORK", replace(limits.CANDIDATE_NETWORK, count=2))
    for name in ("ana", "bo"):
        assert client.post("/candidate/register/", {**FORM, "email": f"{name}@mail.example"}).status_code == 302
    assert client.post("/candidate/register/", {**FORM, "email": "cy@mail.example"}).status_code == 429
    assert Mail.objects.count() == 2


def test_whoever_is_under_thirteen_is_told_what_to_do(client: Client) -> None:
    today = timezone.localdate()
    make_candidate_result(date_of_birth=date(today.year - 12, 1, 1), exam="KETFS")
    young = {"date_of_birth_day": "1", "date_of_birth_month": "1", "date_of_birth_year": str(today.year - 12)}
    answer = client.post("/candidate/register/", {**FORM, **young})
    assertTemplateUsed(answer, "candidate/too_young.html")
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"candidate_id": "ABC12345"}, "has nine letters and digits"),
        ({"candidate_id": ""}, "Enter your candidate ID number"),
        ({"secret_number": "741"}, "has four digits"),
        ({"secret_number": "٧٤١٩"}, "has four digits"),
        ({"date_of_birth_month": "13"}, "The month must be"),
        ({"email": "zoe"}, "in the usual form"),
        ({"email": f"{'a' * 250}@mail.example"}, "at most 254 characters"),
        ({"password": "short"}, "at least 12 characters"),
        ({"password": "zoe@mail.example"}, "too similar"),
        ({"country": "XX"}, "Select a valid choice"),
    ],
)
def test_what_is_mistyped_is_named(client: Client, changes: dict[str, str], problem: str) -> None:
    assertContains(client.post("/candidate/register/", {**FORM, **changes}), problem)
    assert not Mail.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("/candidate/share/fenland", "/candidate/share/fenland"),
        ("//evil.example/candidate/", "/candidate/"),
        ("https://evil.example/candidate/", "/candidate/"),
        ("/candidate//evil", "/candidate/"),
        ("/admin/", "/candidate/"),
        ("/candidate/" + "x" * 300, "/candidate/"),
    ],
)
def test_where_a_newcomer_was_going_is_kept_and_is_ours(client: Client, result: Result, wanted: str, kept: str) -> None:
    client.get("/candidate/register/", {"next": wanted})
    client.post("/candidate/register/", {**FORM, "next": wanted})
    answer = client.post(link_of_mail())
    assertRedirects(answer, f"/login/?next={kept}", fetch_redirect_response=False)


def test_whoever_is_logged_in_adds_an_exam_instead(candidate: Client) -> None:
    assertRedirects(candidate.get("/candidate/register/"), "/candidate/results/add/")


def test_a_verifier_can_be_a_candidate_too(verifier: Client, result: Result) -> None:
    assertContains(verifier.get("/candidate/"), "No result here yet")
    answer = verifier.post("/candidate/results/add/", NUMBERS, follow=True)
    assertContains(answer, "1 result was added.")
    assertContains(answer, "B2 First")


def test_the_same_exam_again_is_no_mistake(candidate: Client, result: Result) -> None:
    for _time in range(5):
        answer = candidate.post("/candidate/results/add/", NUMBERS, follow=True)
    assertContains(answer, "in your list already")
    assert Claim.objects.count() == 1


def test_anothers_exam_is_not_to_be_had(candidate: Client) -> None:
    make_claim()
    assertContains(candidate.post("/candidate/results/add/", NUMBERS), NOT_RIGHT)


def test_the_log_in_page_leads_here(client: Client) -> None:
    assertContains(client.get("/login/?next=/candidate/share/x"), "/candidate/register/?next=%2Fcandidate%2Fshare%2Fx")
    assertNotContains(client.get("/login/?next=/candidate-search/"), "register/?next=")
