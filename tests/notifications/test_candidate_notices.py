"""What candidates are told: a result released or changed, a share opened for the first time or about to end."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import Mail, User
from notifications import candidates
from organisations.models import Organisation
from results.models import Claim
from sharing import door, notices, publishing, shares
from sharing.candidate import ownership, wishes
from sharing.door import RightId, RightKind
from sharing.models import CandidateNotice, Change, Channel, NoticeType, OrganisationNotice, Share
from tests.factories import change_result, make_claim, make_user, share_result

pytestmark = pytest.mark.django_db

PAGE = "/candidate/notices/"
FOLDER = "notifications/email/candidate_"
SECRET = ("Zoë", "Muñoz", "170", "175", "1999", "213GB", "Grade", "Verifier")


@pytest.fixture
def claim() -> Claim:
    return make_claim(candidate=make_user("owner@mail.example"))


@pytest.fixture
def owner(claim: Claim) -> User:
    return claim.candidate.user


@pytest.fixture
def share(claim: Claim, organisation: Organisation) -> Share:
    return share_result(organisation, claim.result, expires_at=timezone.now() + timedelta(days=90))


def look(share: Share, channel: Channel = Channel.PAGE) -> None:
    door.open_share(
        organisation=share.organisation, share_id=share.pk, actor="user:verifier", channel=channel, now=timezone.now()
    )


def told(owner: User) -> list[str]:
    """The kinds of the mails that the candidate got."""
    candidates.tell_due(timezone.now())
    mails = Mail.objects.filter(recipient=owner.email, template__startswith=FOLDER).order_by("created_at")
    for mail in mails:
        read = re.sub(
            r"https?://[^\s\"]+", "", mail.subject + mail.text + mail.html
        )  # a random link may hold any digits
        assert not [word for word in SECRET if word in read]
    return [mail.template.removeprefix(FOLDER) for mail in mails]


def test_the_first_look_at_a_share_is_told_once(share: Share, owner: User) -> None:
    look(share)
    assert told(owner) == ["opened"]
    look(share, Channel.STATEMENT)
    assert told(owner) == ["opened"]
    mail = Mail.objects.get(template=f"{FOLDER}opened")
    assert mail.pk == CandidateNotice.objects.get().pk
    assert share.organisation.name in mail.text
    assert f"/candidate/shares/{share.pk}/" in mail.text


def test_a_data_file_or_a_program_is_a_first_look_too(share: Share, owner: User) -> None:
    for _ in range(2):
        door.take(
            organisation=share.organisation,
            rights=[RightId(RightKind.SHARE, share.pk)],
            actor="client:x",
            channel=Channel.API,
            now=timezone.now(),
            purpose="api:shares",
        )
    assert told(owner) == ["opened"]


def test_a_change_is_told_with_its_kind_and_in_the_transaction_that_tells_organisations(
    share: Share, owner: User
) -> None:
    change_result(share.result, score=175)
    publishing.publish(timezone.now())
    assert OrganisationNotice.objects.count() == CandidateNotice.objects.count() == 1
    assert told(owner) == ["changed"]
    assert "- Re-marked" in Mail.objects.get(template=f"{FOLDER}changed").text


def test_if_the_candidate_cannot_be_told_nobody_is(share: Share) -> None:
    change_result(share.result, score=175)
    with connection.cursor() as cursor:
        cursor.execute("alter table sharing_candidatenotice add constraint nobody check (false) not valid")
    with pytest.raises(DatabaseError), transaction.atomic():
        publishing.publish(timezone.now())
    assert not OrganisationNotice.objects.exists()
    assert not Change.objects.filter(type="result.changed").exists()


def test_a_change_without_any_share_is_told_too(claim: Claim, owner: User) -> None:
    change_result(claim.result, score=175)
    publishing.publish(timezone.now())
    assert told(owner) == ["changed"]


@pytest.mark.parametrize("asked", [True, False])
def test_a_release_is_told_to_whoever_asked(asked: bool) -> None:
    claim = make_claim(candidate=make_user("waiting@mail.example"), status="pending")
    owner = claim.candidate.user
    if asked:
        wishes.choose(user=owner, wanted={NoticeType.RELEASED: True})
    publishing.publish(timezone.now())
    CandidateNotice.objects.all().delete()
    change_result(claim.result, status="released", issued_status="released", label="Pass at Grade C", score=170)
    publishing.publish(timezone.now())
    assert told(owner) == (["released"] if asked else [])


def test_an_end_is_told_fourteen_days_before_and_again_for_another_end(share: Share, owner: User) -> None:
    now = timezone.now()
    assert share.expires_at
    notices.remind(share.expires_at - timedelta(days=15))
    assert told(owner) == []
    for _ in range(2):
        notices.remind(share.expires_at - timedelta(days=13))
    assert told(owner) == ["expiring"]
    shares.change_end(share=share, by=owner, expires_at=now + timedelta(days=60), now=now)
    notices.remind(now + timedelta(days=50))
    assert told(owner) == ["expiring", "expiring"]


def test_what_is_withdrawn_expired_or_closed_is_told_no_more(share: Share, owner: User) -> None:
    look(share)
    assert share.expires_at
    notices.remind(share.expires_at - timedelta(days=13))
    shares.withdraw(share=share, by=owner, now=timezone.now())
    assert set(CandidateNotice.objects.values_list("state", flat=True)) == {"dropped"}
    assert told(owner) == []


def test_another_end_replaces_the_notice_that_waits(share: Share, owner: User) -> None:
    now = timezone.now()
    assert share.expires_at
    notices.remind(share.expires_at - timedelta(days=13))
    shares.change_end(share=share, by=owner, expires_at=now + timedelta(days=200), now=now)
    assert told(owner) == []


def test_an_end_that_is_chosen_again_is_told(share: Share, owner: User) -> None:
    now, end = timezone.now(), share.expires_at
    assert end
    notices.remind(end - timedelta(days=13))
    for chosen in (now + timedelta(days=200), end):
        share = shares.change_end(share=share, by=owner, expires_at=chosen, now=now)
    notices.remind(end - timedelta(days=13))
    assert told(owner) == ["expiring"]


@pytest.mark.parametrize("closed", [True, False])
def test_a_closed_account_and_one_that_lost_the_result_are_told_no_more(
    share: Share, owner: User, claim: Claim, closed: bool
) -> None:
    look(share)
    change_result(share.result, score=175)
    publishing.publish(timezone.now())
    other = make_claim(candidate=make_user("other@mail.example")).candidate.user
    if closed:
        ownership.close(user=owner, now=timezone.now())
    else:
        staff = make_user("staff@mail.example")
        ownership.move(claim=claim, email=other.email, by=staff, reason="Twins", now=timezone.now())
    candidates.tell_due(timezone.now())
    assert not Mail.objects.filter(template__startswith=FOLDER).exists()


def test_what_is_not_wanted_is_not_sent_and_changes_always_are(share: Share, owner: User) -> None:
    wishes.choose(user=owner, wanted=dict.fromkeys(wishes.OPTIONAL, False))
    look(share)
    assert share.expires_at
    notices.remind(share.expires_at - timedelta(days=13))
    change_result(share.result, score=175)
    publishing.publish(timezone.now())
    assert told(owner) == ["changed"]


def test_the_page_shows_and_saves_the_choice(client: Client, owner: User) -> None:
    client.force_login(owner)
    page = client.get(PAGE)
    assert page.context["form"].initial == {"released": False, "opened": True, "expiring": True}
    assertRedirects(client.post(PAGE, {"released": "on"}), PAGE)
    found = wishes.of(owner)
    assert found
    assert (found.released, found.opened, found.expiring) == (True, False, False)


def test_a_candidate_whose_result_is_pending_asks_with_one_click(client: Client) -> None:
    claim = make_claim(status="pending")
    client.force_login(claim.candidate.user)
    assertContains(client.get(f"/candidate/results/{claim.pk}/"), "Write to me when it is released")
    client.post(f"{PAGE}released/")
    found = wishes.of(claim.candidate.user)
    assert found
    assert found.released


@pytest.mark.parametrize("kind", wishes.OPTIONAL)
def test_one_click_stops_a_kind_and_looking_stops_nothing(client: Client, owner: User, kind: NoticeType) -> None:
    wishes.choose(user=owner, wanted=dict.fromkeys(wishes.OPTIONAL, True))
    path = PAGE + "stop/" + wishes.stop_address(owner, kind).partition("/stop/")[2]
    for method in ("get", "head"):
        getattr(client, method)(path)
    assert _wanted(owner, kind)
    assert Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not _wanted(owner, kind)
    assert client.post(f"{path[:-3]}x/").status_code == 404


def test_mails_carry_the_way_out(share: Share, owner: User) -> None:
    look(share)
    told(owner)
    headers: dict[str, Any] = Mail.objects.get(template=f"{FOLDER}opened").headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/candidate/notices/stop/" in headers["List-Unsubscribe"]


def _wanted(owner: User, kind: NoticeType) -> bool:
    found = wishes.of(owner)
    return bool(found and getattr(found, kind.value))
