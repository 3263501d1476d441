"""Results taken a set at a time: the same as one by one, only what is in force, and every access written."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEvent
from organisations.models import Organisation
from results import photos
from results.models import Result, Status
from results.presentation import describe
from rvs.sample_photos import drawn_photo
from sharing.door import RightId, RightKind, Taken, take
from sharing.models import Access, Channel, Share, Verification
from tests.factories import (
    change_result,
    make_claim,
    make_organisation,
    make_result,
    make_share,
    make_user,
    make_verification,
)

pytestmark = pytest.mark.django_db


def by_share(share: Share) -> RightId:
    return RightId(RightKind.SHARE, share.pk)


def taken(organisation: Organisation, *rights: RightId, actor: str = "user:verifier") -> dict[RightId, Taken]:
    return take(
        organisation=organisation,
        rights=rights,
        actor=actor,
        channel=Channel.EXPORT,
        now=timezone.now(),
        purpose="download:test",
    )


def test_nothing_is_shown_that_a_page_would_not_show(organisation: Organisation) -> None:
    photo = photos.store(drawn_photo(1))
    shares = {
        status: make_share(organisation, make_result(status=status, photo=photo, certificate_number="0041573562"))
        for status in Status.values
    }
    rows = taken(organisation, *map(by_share, shares.values()))
    for status, share in shares.items():
        row, view = rows[by_share(share)], describe(share.result.current)
        assert row.status == view.status == status
        assert (row.label, row.score, row.cefr, row.has_photo) == (view.label, view.score, view.cefr, view.has_photo)
        shown = {component.code: component.text for component in view.components}
        codes = ("reading", "use_of_english", "writing", "listening", "speaking", "reading_and_writing")
        assert {code: getattr(row, code) for code in codes if getattr(row, code)} == shown
        assert bool(row.certificate_number) == (status == Status.RELEASED)
    assert len(rows) == len(Status)


def test_only_what_is_in_force_and_the_organisations_is_taken(organisation: Organisation) -> None:
    now = timezone.now()
    good = make_share(organisation, make_result())
    withdrawn = make_share(organisation, make_result(), ended_at=now, ending="withdrawn")
    expired = make_share(organisation, make_result(), shared_at=now - timedelta(days=400))
    foreign = make_share(make_organisation(), make_result())
    verification = make_verification(organisation, make_result())
    ended = make_verification(organisation, make_result())
    Verification.objects.filter(pk=ended.pk).update(right_until=now)
    number = RightId(RightKind.VERIFICATION, verification.pk)
    wanted = [
        number,
        *map(by_share, (withdrawn, expired, foreign, good, good)),
        RightId(RightKind.VERIFICATION, ended.pk),
        RightId(RightKind.VERIFICATION, good.pk),
        RightId(RightKind.SHARE, uuid.uuid4()),
    ]
    assert list(taken(organisation, *wanted)) == [number, by_share(good)]
    assert {(access.share_id, access.verification_id) for access in Access.objects.all()} == {
        (good.pk, None),
        (None, verification.pk),
    }


def test_it_is_one_access_a_day_and_one_event_in_the_trail(organisation: Organisation) -> None:
    shares = [make_share(organisation, make_result()) for _ in range(3)]
    for _ in range(2):
        taken(organisation, *map(by_share, shares))
    assert sorted(Access.objects.values_list("share_id", "channel", "actor", "count")) == sorted(
        (share.pk, "export", "user:verifier", 2) for share in shares
    )
    event = AuditEvent.objects.filter(action="results_taken").latest("pk")
    assert (event.target, event.organisation) == ("download:test", str(organisation.pk))
    assert event.detail == {"channel": "export", "results": 3}


def test_the_version_of_today_is_taken_and_the_photo_as_the_candidate_wishes(organisation: Organisation) -> None:
    photo = photos.store(drawn_photo(1))
    shown, kept_back, hidden = (make_result(photo=photo) for _ in range(3))
    Result.objects.filter(pk=hidden.pk).update(photo_hidden=True)
    rights = [
        by_share(make_share(organisation, shown)),
        by_share(make_share(organisation, kept_back, with_photo=False)),
        by_share(make_share(organisation, hidden)),
    ]
    change_result(shown, score=171)
    rows = list(taken(organisation, *rights).values())
    assert [(row.version_number, row.score, row.has_photo) for row in rows] == [
        (2, 171, True),
        (1, 170, False),
        (1, 170, False),
    ]


def test_results_of_one_account_have_one_owner_and_its_address(organisation: Organisation) -> None:
    person = make_user("owner@example.org")
    first, second, unclaimed = (make_result(email="file@example.org") for _ in range(3))
    for result in (first, second):
        make_claim(result, person)
    rights = [by_share(make_share(organisation, result)) for result in (first, second, unclaimed)]
    rows = list(taken(organisation, *rights).values())
    assert [(row.owner, row.email) for row in rows] == [
        (person.pk, "owner@example.org"),
        (person.pk, "owner@example.org"),
        (None, "file@example.org"),
    ]
