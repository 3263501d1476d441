"""A result that changes hands, an account that is closed: what was shared ends, the result stays."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail, User
from results import claims
from results.models import Candidate, Claim, Result
from sharing import door
from sharing.candidate import ownership
from sharing.models import Channel, Share
from tests.accounts.second_step import confirm
from tests.factories import make_claim, make_member, make_organisation, make_user, share_result

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return make_user(email="zoe@mail.example")


@pytest.fixture
def claim(owner: User) -> Claim:
    return make_claim(candidate=owner)


@pytest.fixture
def share(claim: Claim) -> Share:
    return share_result(make_organisation("University of Fenland"), claim.result)


def sees(share: Share) -> bool:
    try:
        door.open_share(
            organisation=share.organisation, share_id=share.pk, actor="user:x", channel=Channel.PAGE, now=timezone.now()
        )
    except door.NotAvailableError:
        return False
    return True


def test_a_moved_result_is_shared_no_more_and_both_are_told(claim: Claim, share: Share, staff: Client) -> None:
    new = make_user(email="new@mail.example")
    assert sees(share)
    answer = staff.post(
        "/admin/results/claim/?q=zoe@mail.example",
        {"action": "move", "_selected_action": str(claim.pk), "email": "New@Mail.example", "reason": "Two accounts"},
        follow=True,
    )
    assertContains(answer, "The result was moved")
    assert not sees(share)
    assert [each.pk for each in claims.of(new)] == [claim.pk]
    assert set(Mail.objects.values_list("recipient", flat=True)) == {"zoe@mail.example", "new@mail.example"}
    assert claim.result.reference_number not in "".join(Mail.objects.values_list("text", flat=True))
    assert AuditEvent.objects.get(action=Action.CLAIM_MOVED).detail["reason"] == "Two accounts"


@pytest.mark.parametrize(
    ("email", "reason", "problem"),
    [
        ("new@mail.example", " ", "Give a reason"),
        ("nobody@mail.example", "Because", "no open account"),
        ("zoe@mail.example", "Because", "has the result already"),
    ],
)
def test_a_move_needs_an_account_and_a_reason(
    claim: Claim, staff: Client, email: str, reason: str, problem: str
) -> None:
    make_user(email="new@mail.example")
    answer = staff.post(
        "/admin/results/claim/?q=zoe@mail.example",
        {"action": "move", "_selected_action": str(claim.pk), "email": email, "reason": reason},
        follow=True,
    )
    assertContains(answer, problem)
    claim.refresh_from_db()
    assert claim.candidate.user.email == "zoe@mail.example"


def test_staff_see_no_list_of_all_candidates(claim: Claim, staff: Client) -> None:
    assert b"zoe@mail.example" not in staff.get("/admin/results/claim/").content
    assertContains(staff.get("/admin/results/claim/", {"q": claim.result.reference_number}), "zoe@mail.example")


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    confirm(client)
    return client


def test_closing_ends_everything_but_the_result(owner: User, claim: Claim, share: Share) -> None:
    client, elsewhere = log_in(owner), log_in(owner)
    assertContains(client.get("/candidate/close/"), "Everything you share ends at once")
    assert User.objects.filter(pk=owner.pk).exists()

    assertRedirects(client.post("/candidate/close/"), "/candidate/closed/")

    assert not sees(share)
    assert not User.objects.filter(pk=owner.pk).exists()
    assert not Candidate.objects.exists()
    assert not Claim.objects.exists()
    assert Result.objects.filter(pk=claim.result_id).exists()
    assert elsewhere.get("/candidate/").status_code == 302
    assert [mail.subject for mail in Mail.objects.all()] == ["Your account is closed"]
    assert AuditEvent.objects.filter(action=Action.ACCOUNT_CLOSED).exists()


def test_closing_asks_once_more_who_is_there(owner: User, claim: Claim) -> None:
    client = Client()
    client.force_login(owner)
    for answer in (client.get("/candidate/close/"), client.post("/candidate/close/")):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/confirm/")
    assert Claim.objects.exists()


def test_a_verifier_keeps_that_side(share: Share) -> None:
    verifier = make_member(make_organisation())
    mine = make_claim(candidate=verifier)
    client = log_in(verifier)
    assertRedirects(client.post("/candidate/close/"), "/", target_status_code=302)
    assert not Claim.objects.filter(pk=mine.pk).exists()
    assert client.get("/candidate-search/").status_code == 200


def test_after_closing_the_result_can_be_claimed_anew(owner: User, claim: Claim) -> None:
    ownership.close(user=owner, now=timezone.now())
    result = Result.objects.get(pk=claim.result_id)
    assert claims.claim(user=make_user(), results=[result])
