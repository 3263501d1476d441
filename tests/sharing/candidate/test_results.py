"""A candidate's own results: the same as organisations see, and only their own."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, User
from results import photos
from results.models import Claim
from rvs.sample_photos import drawn_photo
from tests.factories import change_result, make_claim, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user(email="zoe@mail.example")


@pytest.fixture
def zoe(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def claim(owner: User) -> Claim:
    return make_claim(candidate=owner, photo=photos.store(drawn_photo(1)))


def address(claim: Claim, rest: str = "") -> str:
    return f"/candidate/results/{claim.pk}/{rest}"


def test_the_list_shows_what_was_achieved_latest_first(zoe: Client, owner: User, claim: Claim) -> None:
    make_claim(candidate=owner, exam="CAE", exam_date=date(2023, 5, 1), label="Pass at Grade B", score=195, cefr="C1")
    page = zoe.get("/candidate/").content.decode()
    assert page.index("C1 Advanced") < page.index("B2 First")
    assert all(word in page for word in ("Pass at Grade C", "170", "B2", "March (FS) 2021", "Released"))
    assert claim.result.reference_number not in page


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("pending", "not ready yet"),
        ("withheld", "held back while something is looked into"),
        ("cancelled", "no longer valid"),
        ("absent", "recorded as absent"),
    ],
)
def test_a_status_is_told_in_plain_words_and_says_whom_to_ask(
    zoe: Client, owner: User, status: str, words: str
) -> None:
    claim = make_claim(candidate=owner, status=status)
    for page in (zoe.get("/candidate/"), zoe.get(address(claim))):
        assertContains(page, words)
        assertContains(page, "Cambridge Assessment Centre")
        assertNotContains(page, "Pass at Grade C")
    assert zoe.get(address(claim, "statement.pdf")).status_code == 404


def test_the_details_are_what_verifiers_see(zoe: Client, claim: Claim) -> None:
    page = zoe.get(address(claim))
    for word in ("Zoë Muñoz-Sánchez", "24 February 1999", claim.result.reference_number, "Speaking", "178"):
        assertContains(page, word)
    assertContains(page, address(claim, "photo"))
    assert zoe.get(address(claim, "photo"))["Content-Type"] == "image/jpeg"
    pdf = zoe.get(address(claim, "statement.pdf"))
    assert pdf.content.startswith(b"%PDF")
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        Action.RESULT_VIEWED, Action.PHOTO_VIEWED, Action.STATEMENT_DOWNLOADED
    }  # fmt: skip


def test_todays_version_is_shown(zoe: Client, claim: Claim) -> None:
    change_result(claim.result, score=174)
    assertContains(zoe.get(address(claim)), "174")


def test_a_hidden_photo_is_seen_by_its_owner_alone(zoe: Client, claim: Claim) -> None:
    assertRedirects(zoe.post(address(claim, "photo/hide/")), address(claim))
    page = zoe.get(address(claim))
    assertContains(page, "Your test-day photo is hidden")
    assertNotContains(page, f'src="{address(claim, "photo")}"')
    assertRedirects(zoe.post(address(claim, "photo/show/")), address(claim))
    assertContains(zoe.get(address(claim)), f'src="{address(claim, "photo")}"')


def test_the_statement_leaves_a_hidden_photo_out(zoe: Client, claim: Claim) -> None:
    with_photo = len(zoe.get(address(claim, "statement.pdf")).content)
    zoe.post(address(claim, "photo/hide/"))
    assert len(zoe.get(address(claim, "statement.pdf")).content) < with_photo - 2_000


@pytest.mark.parametrize("rest", ["", "statement.pdf", "photo"])
def test_anothers_result_looks_like_none(candidate: Client, claim: Claim, rest: str) -> None:
    assert candidate.get(address(claim, rest)).status_code == 404


@pytest.mark.parametrize("rest", ["photo/hide/", "photo/show/"])
def test_anothers_photo_is_not_ones_own_to_hide(candidate: Client, claim: Claim, rest: str) -> None:
    assert candidate.post(address(claim, rest)).status_code == 404
    assert candidate.get(address(claim, rest)).status_code == 405
    claim.result.refresh_from_db()
    assert not claim.result.photo_hidden


def test_without_a_photo_there_is_no_switch(zoe: Client, owner: User) -> None:
    claim = make_claim(candidate=owner)
    assertNotContains(zoe.get(address(claim)), "Hide my photo")
    assert zoe.get(address(claim, "photo")).status_code == 404


def test_no_page_may_be_kept_by_a_cache(zoe: Client, claim: Claim) -> None:
    answers: list[Any] = [zoe.get(each) for each in ("/candidate/", address(claim), address(claim, "statement.pdf"))]
    assert all("no-store" in answer["Cache-Control"] for answer in answers)
    assert Path(answers[2]["Content-Disposition"].partition('"')[2].rstrip('"')).suffix == ".pdf"
