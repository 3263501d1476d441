"""A candidate shares a result with an organisation, and takes it back."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.audit import user_actor
from accounts.models import Action, AuditEvent, User
from accounts.months import months_later
from organisations.models import Organisation, OrganisationState
from results.models import Claim, Result
from sharing import door, expiry, shares
from sharing.models import Access, Change, Channel, Share
from tests.factories import change_result, make_claim, make_organisation, make_result, make_user, share_result

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture
def person() -> User:
    return make_user()


@pytest.fixture
def claim(person: User) -> Claim:
    return make_claim(make_result("213GB5990001"), person)


def share(claim: Claim, organisation: Organisation, expires_at: datetime | None = None, now: datetime = NOW) -> Share:
    return shares.share(
        claim=claim, organisation=organisation, by=claim.candidate.user, with_photo=True, expires_at=expires_at, now=now
    )


def can_open(shared: Share, now: datetime = NOW, channel: Channel = Channel.PAGE) -> bool:
    try:
        door.open_share(
            organisation=shared.organisation, share_id=shared.pk, actor="user:tests", channel=channel, now=now
        )
    except door.NotAvailableError:
        return False
    return True


def ledger_of(organisation: Organisation) -> list[str]:
    return list(organisation.changes.order_by("id").values_list("type", flat=True))


# --- Sharing ----------------------------------------------------------------------------------------------------------


def test_a_shared_result_can_be_opened(claim: Claim, organisation: Organisation, person: User) -> None:
    shared = share(claim, organisation, months_later(NOW, 12))
    opened = door.open_share(
        organisation=organisation, share_id=shared.pk, actor="user:tests", channel=Channel.PAGE, now=NOW
    )
    assert (opened.kind, opened.right_id, opened.view.candidate_name) == ("share", shared.pk, "Zoë Muñoz-Sánchez")
    assert (opened.given_at, opened.right_until, opened.changed_since_seen) == (NOW, shared.expires_at, False)
    assert shared.version_shared == claim.result.current
    assert ledger_of(organisation) == ["share.created"]
    event = AuditEvent.objects.get(action=Action.RESULT_SHARED)
    assert (event.actor, event.target, event.organisation) == (
        user_actor(person), f"share:{shared.pk}", str(organisation.pk),
    )  # fmt: skip


def test_the_access_is_the_shares(claim: Claim, organisation: Organisation) -> None:
    shared = share(claim, organisation)
    assert can_open(shared)
    assert can_open(shared)
    access = Access.objects.get()
    assert (access.share, access.verification, access.channel, access.count) == (shared, None, "page", 2)
    assert AuditEvent.objects.filter(action=Action.RESULT_VIEWED, target=f"share:{shared.pk}").count() == 2


def test_another_organisation_opens_nothing(claim: Claim, organisation: Organisation) -> None:
    shared = share(claim, organisation)
    with pytest.raises(door.NotAvailableError):
        door.open_share(
            organisation=make_organisation(), share_id=shared.pk, actor="user:tests", channel=Channel.PAGE, now=NOW
        )
    assert not Access.objects.exists()


def test_a_change_is_told(claim: Claim, organisation: Organisation) -> None:
    shared = share(claim, organisation)
    change_result(claim.result, score=171)
    opened = door.open_share(
        organisation=organisation, share_id=shared.pk, actor="user:tests", channel=Channel.PAGE, now=NOW
    )
    assert (opened.view.score, opened.changed_since_seen) == (171, True)


@pytest.mark.parametrize("status", ["pending", "withheld", "cancelled"])
def test_what_is_not_released_shows_its_status_alone(organisation: Organisation, status: str) -> None:
    shared = share_result(organisation, make_result(status=status, photo="a.jpg"))
    opened = door.open_share(
        organisation=organisation, share_id=shared.pk, actor="user:tests", channel=Channel.PAGE, now=timezone.now()
    )
    assert (opened.view.status, opened.view.score, opened.view.has_photo) == (status, None, False)
    assert not can_open(shared, timezone.now(), Channel.STATEMENT)
    assert not can_open(shared, timezone.now(), Channel.PHOTO)


def test_somebody_elses_result_cannot_be_shared(claim: Claim, organisation: Organisation) -> None:
    with pytest.raises(shares.ShareError, match="not in your account"):
        shares.share(claim=claim, organisation=organisation, by=make_user(), with_photo=True, expires_at=None, now=NOW)
    claim.delete()
    with pytest.raises(shares.ShareError, match="not in your account"):
        share(claim, organisation)
    assert not Share.objects.exists()


def test_a_suspended_organisation_is_refused(claim: Claim, organisation: Organisation) -> None:
    Organisation.objects.update(state=OrganisationState.SUSPENDED)
    with pytest.raises(shares.ShareError, match="cannot be shared with University of Example"):
        share(claim, organisation)


@pytest.mark.parametrize(
    ("end", "allowed"),
    [
        (datetime(2026, 4, 29, tzinfo=UTC), False),
        (datetime(2026, 4, 30, tzinfo=UTC), True),
        (datetime(2028, 3, 31, tzinfo=UTC), True),
        (datetime(2028, 4, 1, tzinfo=UTC), False),
        (NOW - timedelta(days=1), False),
    ],
)
def test_an_end_is_1_to_24_months_away(claim: Claim, organisation: Organisation, end: datetime, allowed: bool) -> None:
    open_ended = share_result(organisation, now=NOW)
    if allowed:
        assert share(claim, organisation, end).expires_at == end
        assert shares.change_end(share=open_ended, by=make_user(), expires_at=end, now=NOW).expires_at == end
        return
    with pytest.raises(shares.ShareError, match="between 1 and 24 months"):
        share(claim, organisation, end)
    with pytest.raises(shares.ShareError, match="between 1 and 24 months"):
        shares.change_end(share=open_ended, by=make_user(), expires_at=end, now=NOW)


@pytest.mark.parametrize(
    ("months", "day"), [(1, (2026, 4, 30)), (9, (2026, 12, 31)), (11, (2027, 2, 28)), (23, (2028, 2, 29))]
)
def test_a_month_later_is_the_same_day_or_the_months_last(months: int, day: tuple[int, int, int]) -> None:
    assert months_later(NOW, months) == datetime(*day, 12, tzinfo=UTC)


def test_what_is_shared_already_is_not_shared_again(claim: Claim, organisation: Organisation) -> None:
    share(claim, organisation)
    with pytest.raises(shares.ShareError, match="You share this result with University of Example already"):
        share(claim, organisation)
    assert can_open(share(claim, make_organisation()))
    assert ledger_of(organisation) == ["share.created"]


# --- Withdrawing ------------------------------------------------------------------------------------------------------


CHANNELS = (Channel.PAGE, Channel.STATEMENT, Channel.PHOTO)


def test_withdrawing_acts_at_once_on_every_channel(organisation: Organisation, person: User) -> None:
    shared = share(make_claim(make_result(photo="a.jpg"), person), organisation)
    assert [can_open(shared, NOW, channel) for channel in CHANNELS] == [True, True, True]

    shares.withdraw(share=shared, by=person, now=NOW)

    assert [can_open(shared, NOW, channel) for channel in CHANNELS] == [False, False, False]
    shared.refresh_from_db()
    assert (shared.ended_at, shared.ending) == (NOW, "withdrawn")
    assert ledger_of(organisation) == ["share.created", "share.withdrawn"]
    assert AuditEvent.objects.get(action=Action.SHARE_WITHDRAWN).actor == user_actor(person)
    assert Access.objects.count() == 3


def test_what_has_ended_is_not_withdrawn_or_changed(claim: Claim, organisation: Organisation, person: User) -> None:
    shared = share(claim, organisation)
    shares.withdraw(share=shared, by=person, now=NOW)
    with pytest.raises(shares.ShareError, match="ended already"):
        shares.withdraw(share=shared, by=person, now=NOW)
    with pytest.raises(shares.ShareError, match="ended already"):
        shares.change_end(share=shared, by=person, expires_at=None, now=NOW)
    assert ledger_of(organisation) == ["share.created", "share.withdrawn"]


def test_after_a_withdrawal_it_can_be_shared_again(claim: Claim, organisation: Organisation, person: User) -> None:
    first = share(claim, organisation)
    shares.withdraw(share=first, by=person, now=NOW)
    again = share(claim, organisation)
    assert can_open(again)
    assert not can_open(first)


def test_all_shares_of_a_candidate_are_withdrawn_and_nobody_elses(organisation: Organisation, person: User) -> None:
    mine = [share_result(organisation, make_claim(make_result(), person).result, now=NOW) for _number in range(3)]
    others = share_result(organisation, now=NOW)
    shares.withdraw(share=mine[0], by=person, now=NOW)

    assert shares.withdraw_all(candidate=person.candidate, by=person, now=NOW) == 2

    assert [can_open(shared) for shared in (*mine, others)] == [False, False, False, True]
    assert Change.objects.filter(type="share.withdrawn").count() == 3


def check(claim: Claim, organisation: Organisation) -> uuid.UUID:
    found = door.check_by_number(
        organisation=organisation,
        actor="user:tests",
        number=claim.result.reference_number,
        date_of_birth=claim.result.current.date_of_birth,
        now=NOW,
    )
    assert isinstance(found, uuid.UUID)
    return found


def test_a_check_by_number_is_a_right_of_its_own(claim: Claim, organisation: Organisation, person: User) -> None:
    shared, found = share(claim, organisation), check(claim, organisation)
    shares.withdraw(share=shared, by=person, now=NOW)
    opened = door.open_verification(
        organisation=organisation, verification_id=found, actor="user:tests", channel=Channel.PAGE, now=NOW
    )
    assert (opened.kind, opened.right_id) == ("verification", found)


# --- Expiry -----------------------------------------------------------------------------------------------------------


def test_the_right_ends_with_its_time_and_not_with_the_sweeper(organisation: Organisation) -> None:
    end = months_later(NOW, 1)
    shared = share(make_claim(make_result(photo="a.jpg")), organisation, end)
    moment_before = end - timedelta(microseconds=1)
    assert [can_open(shared, moment_before, channel) for channel in CHANNELS] == [True, True, True]
    assert [can_open(shared, end, channel) for channel in CHANNELS] == [False, False, False]
    assert expiry.expire_due(end - timedelta(microseconds=1)) == 0

    assert expiry.expire_due(end + timedelta(hours=1)) == 1

    shared.refresh_from_db()
    assert (shared.ended_at, shared.ending) == (end, "expired")
    assert ledger_of(organisation) == ["share.created", "share.expired"]
    assert Change.objects.get(type="share.expired").occurred_at == end
    assert AuditEvent.objects.get(action=Action.SHARE_EXPIRED).actor == "system:expiry"
    assert expiry.expire_due(end + timedelta(hours=1)) == 0


def test_many_expire_in_batches(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "AT_ONCE", 2)
    end = months_later(NOW, 1)
    for _number in range(5):
        share_result(organisation, expires_at=end, now=NOW)
    assert expiry.expire_due(end) == 5
    assert ledger_of(organisation).count("share.expired") == 5


def test_what_has_expired_unnoticed_is_shared_again(claim: Claim, organisation: Organisation, person: User) -> None:
    end = months_later(NOW, 1)
    first = share(claim, organisation, end)
    with pytest.raises(shares.ShareError, match="ended already"):
        shares.withdraw(share=first, by=person, now=end)
    again = share(claim, organisation, now=end)
    first.refresh_from_db()
    assert first.ending == "expired"
    assert can_open(again, end)
    assert ledger_of(organisation) == ["share.created", "share.expired", "share.created"]


def test_a_changed_end_counts_from_now(claim: Claim, organisation: Organisation, person: User) -> None:
    shared = share(claim, organisation, months_later(NOW, 1))
    shares.change_end(share=shared, by=person, expires_at=None, now=NOW)
    assert expiry.expire_due(months_later(NOW, 30)) == 0
    assert ledger_of(organisation) == ["share.created", "share.updated"]
    assert AuditEvent.objects.get(action=Action.SHARE_CHANGED).detail == {"expires": None}


# --- The photo --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("with_photo", "hidden"), [(True, False), (False, False), (True, True), (False, True)])
def test_the_candidate_keeps_the_photo_back(organisation: Organisation, with_photo: bool, hidden: bool) -> None:
    result = make_result(exam="FCE", photo="a.jpg")
    Result.objects.update(photo_hidden=hidden)
    shared = share_result(organisation, result, with_photo=with_photo)
    opened = door.open_share(
        organisation=organisation, share_id=shared.pk, actor="user:tests", channel=Channel.PAGE, now=timezone.now()
    )
    shown = with_photo and not hidden
    assert opened.view.has_photo == shown
    assert can_open(shared, timezone.now(), Channel.PHOTO) == shown
    if not shown:
        assert door.photo(opened) is None


def test_a_hidden_photo_is_hidden_from_checks_by_number(organisation: Organisation) -> None:
    found = check(make_claim(make_result(photo="a.jpg")), organisation)
    Result.objects.update(photo_hidden=True)

    def opened(channel: Channel) -> door.Opened:
        return door.open_verification(
            organisation=organisation, verification_id=found, actor="user:tests", channel=channel, now=NOW
        )

    assert not opened(Channel.PAGE).view.has_photo
    with pytest.raises(door.NotAvailableError):
        opened(Channel.PHOTO)


# --- What the candidate sees ------------------------------------------------------------------------------------------


def test_the_candidate_sees_who_looked_and_how(claim: Claim, organisation: Organisation, person: User) -> None:
    other = make_organisation("Another Organisation")
    shared = share(claim, organisation)
    for actor in ("user:one", "user:two", "user:two"):
        door.open_share(organisation=organisation, share_id=shared.pk, actor=actor, channel=Channel.PAGE, now=NOW)
    assert can_open(shared, channel=Channel.STATEMENT)
    change_result(claim.result, score=171)
    check(claim, other)
    assert can_open(share_result(organisation, now=NOW), NOW), "somebody else's"

    seen = Access.objects.of_candidate(person.candidate)

    told = {
        (look["organisation_name"], look["channel"], look["by_share"], look["version_number"]): look for look in seen
    }
    assert {what: look["times"] for what, look in told.items()} == {
        ("Another Organisation", "search", False, 2): 1,
        ("University of Example", "statement", True, 1): 1,
        ("University of Example", "page", True, 1): 3,
    }
    assert {look["result_id"] for look in seen} == {claim.result_id}
    assert "actor" not in seen[0]


def test_the_indexes_serve_the_candidates_activity(claim: Claim) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        plan = Access.objects.of_candidate(claim.candidate).explain()
    assert "access_of_share_once_a_day" in plan
    assert "access_once_a_day" in plan
    assert "Seq Scan on sharing_access" not in plan
