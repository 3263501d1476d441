"""Sharing, withdrawing, looking and changing at the same moment come to what one after the other would."""

import os
import threading
import time
import uuid
from collections.abc import Callable
from typing import Final

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Action, AuditEvent
from accounts.months import months_later
from organisations.models import Organisation
from results.models import Claim
from sharing import door, expiry, publishing, shares
from sharing.models import Access, Change, Channel, Share, Verification
from tests.factories import change_result, make_claim, make_organisation, make_result, share_result
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS: Final = 20 if os.environ.get("RVS_DRILLS") == "full" else 3
THREADS: Final = 8


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation()


@pytest.fixture
def claim() -> Claim:
    return make_claim(make_result(photo="a.jpg"))


def share(claim: Claim, organisation: Organisation) -> Share:
    return shares.share(
        claim=claim,
        organisation=organisation,
        by=claim.candidate.user,
        with_photo=True,
        expires_at=None,
        now=timezone.now(),
    )


def succeeds(work: Callable[[], object]) -> bool:
    try:
        work()
    except (shares.ShareError, door.NotAvailableError):
        return False
    return True


def written(change: str, action: Action) -> tuple[int, int]:
    """Rows of the ledger, and of the audit trail."""
    return Change.objects.filter(type=change).count(), AuditEvent.objects.filter(action=action).count()


@pytest.mark.drill
def test_of_many_shares_at_once_one_is_made(claim: Claim, organisation: Organisation) -> None:
    for turn in range(1, ROUNDS + 1):
        made: list[bool] = []
        at_once(*[lambda made=made: made.append(succeeds(lambda: share(claim, organisation)))] * THREADS)
        assert made.count(True) == 1
        assert written("share.created", Action.RESULT_SHARED) == (turn, turn)
        shares.withdraw(share=Share.objects.get(ended_at=None), by=claim.candidate.user, now=timezone.now())


@pytest.mark.drill
def test_of_many_withdrawals_at_once_one_counts(claim: Claim, organisation: Organisation) -> None:
    for turn in range(1, ROUNDS + 1):
        shared, made = share(claim, organisation), list[bool]()

        def withdraw(shared: Share = shared, made: list[bool] = made) -> None:
            by = claim.candidate.user
            made.append(succeeds(lambda: shares.withdraw(share=shared, by=by, now=timezone.now())))

        at_once(*[withdraw] * THREADS)
        assert made.count(True) == 1
        assert written("share.withdrawn", Action.SHARE_WITHDRAWN) == (turn, turn)


@pytest.mark.drill
def test_shares_and_withdrawals_mixed(claim: Claim, organisation: Organisation) -> None:
    """At most one share is active at any moment, and every effective step is written once."""
    done = {"created": 0, "withdrawn": 0}
    count = threading.Lock()

    def act() -> None:
        for _turn in range(ROUNDS * 2):
            if succeeds(lambda: share(claim, organisation)):
                with count:
                    done["created"] += 1
            for shared in Share.objects.filter(ended_at=None):
                if succeeds(
                    lambda shared=shared: shares.withdraw(share=shared, by=claim.candidate.user, now=timezone.now())  # type: ignore[misc]
                ):
                    with count:
                        done["withdrawn"] += 1

    at_once(*[act] * THREADS)
    assert written("share.created", Action.RESULT_SHARED) == (done["created"],) * 2
    assert written("share.withdrawn", Action.SHARE_WITHDRAWN) == (done["withdrawn"],) * 2
    assert Share.objects.filter(ended_at=None).count() == done["created"] - done["withdrawn"] <= 1


@pytest.mark.drill
def test_a_withdrawn_share_is_never_visible_after_the_commit(claim: Claim, organisation: Organisation) -> None:
    for _turn in range(ROUNDS):
        shared, withdrawn, seen = share(claim, organisation), threading.Event(), list[str]()

        def look(shared: Share = shared, withdrawn: threading.Event = withdrawn, seen: list[str] = seen) -> None:
            for channel in [Channel.PAGE, Channel.STATEMENT, Channel.PHOTO] * 20:
                too_late = withdrawn.is_set()
                opened = succeeds(
                    lambda channel=channel: door.open_share(  # type: ignore[misc]
                        organisation=organisation,
                        share_id=shared.pk,
                        actor="user:tests",
                        channel=channel,
                        now=timezone.now(),
                    )
                )
                assert not (opened and too_late), "seen after it was withdrawn"
                seen += ["before"] * opened + ["after"] * too_late

        def withdraw(shared: Share = shared, withdrawn: threading.Event = withdrawn) -> None:
            time.sleep(0.05)
            shares.withdraw(share=shared, by=claim.candidate.user, now=timezone.now())
            withdrawn.set()

        at_once(withdraw, *[look] * 3)
        assert {"before", "after"} <= set(seen), "looks on both sides, or this shows nothing"


def test_sweepers_at_once_write_each_ending_once(organisation: Organisation) -> None:
    now = timezone.now()
    end = months_later(now, 1)
    for _number in range(20):
        share_result(organisation, expires_at=end, now=now)
    at_once(*[lambda: expiry.expire_due(end)] * 4)
    assert written("share.expired", Action.SHARE_EXPIRED) == (20, 20)


@pytest.mark.parametrize("right", ["share", "verification"])
def test_a_right_that_is_given_while_the_result_changes_is_told_or_has_seen_it(
    claim: Claim, organisation: Organisation, right: str
) -> None:
    """Whoever waited for the change has the new version; nobody keeps the old one without being told."""
    begun, changed = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            change_result(claim.result, score=171)
            begun.set()
            time.sleep(0.3)  # the other one reads the old version and waits
        changed.set()
        publishing.publish(timezone.now())

    def give() -> None:
        assert begun.wait(10)
        if right == "share":
            share(claim, organisation)
        else:
            found = door.check_by_number(
                organisation=organisation,
                actor="user:tests",
                number=claim.result.reference_number,
                date_of_birth=claim.result.current.date_of_birth,
                now=timezone.now(),
            )
            assert isinstance(found, uuid.UUID)

    at_once(change, give)
    versions = set(Share.objects.values_list("version_shared__number", flat=True))
    versions |= set(Verification.objects.values_list("version_seen__number", flat=True))
    assert versions == {2}
    assert set(Access.objects.values_list("version__number", flat=True)) <= {2}
