"""My shares and Activity: what became of a share, and how it is ended."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.audit import user_actor
from accounts.models import User
from organisations.models import Organisation
from results.models import Claim
from sharing import door, reading
from sharing.models import Access, Channel, Share
from tests.factories import make_claim, make_member, make_organisation, make_user, share_result

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
    return make_claim(candidate=owner)


@pytest.fixture
def fenland() -> Organisation:
    return make_organisation("University of Fenland")


@pytest.fixture
def share(claim: Claim, fenland: Organisation) -> Share:
    return share_result(fenland, claim.result)


def look(share: Share, channel: Channel = Channel.PAGE) -> User:
    """Somebody of the organisation takes the result in."""
    person = make_member(share.organisation, given_name="Vera", family_name="Verifier")
    door.open_share(
        organisation=share.organisation,
        share_id=share.pk,
        actor=user_actor(person),
        channel=channel,
        now=timezone.now(),
    )
    return person


def test_an_unread_share_says_so(zoe: Client, share: Share) -> None:
    page = zoe.get("/candidate/shares/")
    for word in (
        "University of Fenland",
        "B2 First",
        "Active",
        "Not opened yet",
        "They may look until you withdraw it",
    ):
        assertContains(page, word)


def test_only_who_opened_it_has_read_it(zoe: Client, share: Share) -> None:
    """A verifier who marks the list as read has not looked at anything."""
    verifier = make_member(share.organisation)
    now = timezone.now()
    reading.mark_read(shares=share.organisation.shares.all(), user=verifier, now=now)
    reading.mark_all_read(organisation=share.organisation, user=verifier, until=now, now=now)
    assertContains(zoe.get("/candidate/shares/"), "Not opened yet")


def test_what_was_saved_from_the_list_is_not_called_unread(zoe: Client, share: Share) -> None:
    look(share, Channel.STATEMENT)
    page = zoe.get("/candidate/shares/")
    assertContains(page, "Saved, last")
    assertNotContains(page, "Not opened yet")


def test_reading_saving_and_sending_on_are_told(zoe: Client, share: Share) -> None:
    look(share)
    look(share, Channel.STATEMENT)
    Access.objects.create(
        share=share, version=share.version_shared, channel=Channel.API, actor="client:x", day=timezone.now().date(),
        first_at=timezone.now(), last_at=timezone.now(),
    )  # fmt: skip
    for address in ("/candidate/shares/", f"/candidate/shares/{share.pk}/"):
        page = zoe.get(address)
        for word in ("Read: first opened", "Saved, last", "Sent to their own system, last"):
            assertContains(page, word)
        assertNotContains(page, "Vera")


def test_three_clicks_end_it_and_the_words_are_honest(zoe: Client, share: Share) -> None:
    assertContains(zoe.get("/candidate/shares/"), f"/candidate/shares/{share.pk}/withdraw/")
    page = zoe.get(f"/candidate/shares/{share.pk}/withdraw/")
    assertContains(page, "Copies that they saved")
    assertContains(page, "can still check the result by its number")
    share.refresh_from_db()
    assert share.ended_at is None
    answer = zoe.post(f"/candidate/shares/{share.pk}/withdraw/", follow=True)
    assertContains(answer, "can no longer look")
    assertContains(answer, "Withdrawn")
    with pytest.raises(door.NotAvailableError):
        look(share)
    assertContains(zoe.post(f"/candidate/shares/{share.pk}/withdraw/", follow=True), "has ended already")


def test_an_expired_share_is_expired_before_anybody_writes_it_down(zoe: Client, share: Share) -> None:
    Share.objects.update(shared_at=timezone.now() - timedelta(days=40), expires_at=timezone.now() - timedelta(days=1))
    page = zoe.get("/candidate/shares/")
    assertContains(page, "Expired")
    assertNotContains(page, "/withdraw/")


def test_the_end_can_be_changed(zoe: Client, share: Share) -> None:
    assertRedirects(zoe.post(f"/candidate/shares/{share.pk}/end/", {"months": "3"}), f"/candidate/shares/{share.pk}/")
    share.refresh_from_db()
    assert share.expires_at
    zoe.post(f"/candidate/shares/{share.pk}/end/", {"months": "open"})
    share.refresh_from_db()
    assert share.expires_at is None
    assertContains(zoe.post(f"/candidate/shares/{share.pk}/end/", {"months": "99"}), "Select a valid choice")


@pytest.mark.parametrize("rest", ["", "withdraw/", "end/"])
def test_anothers_share_looks_like_none(candidate: Client, share: Share, rest: str) -> None:
    for address in (share.pk, uuid.uuid4()):
        assert candidate.get(f"/candidate/shares/{address}/{rest}").status_code == 404
    if rest:
        assert candidate.post(f"/candidate/shares/{share.pk}/{rest}", {"months": "1"}).status_code == 404
    share.refresh_from_db()
    assert share.ended_at is None


def test_activity_tells_of_the_organisation_and_never_of_its_people(zoe: Client, share: Share, claim: Claim) -> None:
    look(share)
    other = make_organisation("Nordhavn Shipping", type="employer")
    door.check_by_number(
        organisation=other,
        actor=user_actor(make_member(other)),
        number=claim.result.reference_number,
        date_of_birth=claim.result.current.date_of_birth,
        now=timezone.now(),
    )
    page = zoe.get("/candidate/activity/")
    for word in ("University of Fenland", "Opened the page", "You share it", "Nordhavn Shipping", "Employer",
                 "Checked by its number", "It knew the number"):  # fmt: skip
        assertContains(page, word)
    assertNotContains(page, "Vera")


def test_activity_is_only_ones_own(candidate: Client, zoe: Client, share: Share) -> None:
    look(share)
    make_claim()
    assertContains(candidate.get("/candidate/activity/"), "Nobody has looked yet")


def test_a_long_activity_has_pages(zoe: Client, share: Share) -> None:
    today = timezone.now()
    Access.objects.bulk_create(
        Access(share=share, version=share.version_shared, channel=Channel.PAGE, actor="user:x", first_at=moment,
               last_at=moment, day=moment.date())
        for moment in (today - timedelta(days=number) for number in range(60))
    )  # fmt: skip
    first, second = zoe.get("/candidate/activity/"), zoe.get("/candidate/activity/?page=2")
    assertContains(first, "Page 1 of 2")
    assert (len(first.context["looks"]), len(second.context["looks"])) == (50, 10)
    assert zoe.get("/candidate/activity/?page=zzz").status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_shares(
    zoe: Client, owner: User, django_assert_max_num_queries: object
) -> None:
    for _number in range(6):
        share_result(make_organisation(), make_claim(candidate=owner).result)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        zoe.get("/candidate/shares/")
