"""A result that organisations rely on changes: all who should hear of it do, see what it was, and say that they did."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import Action, AuditEvent, User
from organisations.models import Organisation
from results import holds
from results.models import Result, Status
from sharing import door, publishing, shares
from sharing.door import Kind, kinds_of
from sharing.models import CandidateNotice, Change, OrganisationNotice, Share, Verification
from tests.factories import (
    change_result,
    make_claim,
    make_member,
    make_organisation,
    make_result,
    make_share,
    make_user,
    make_verification,
    share_result,
)
from tests.threads import at_once

pytestmark = pytest.mark.django_db

STAFF = "user:staff"


def hold(result: Result, status: Status = Status.WITHHELD) -> Result:
    holds.hold(result=result, status=status, reason="Asked", by=STAFF)
    return fresh(result)


def lift(result: Result) -> Result:
    holds.lift(result=result, reason="Cleared", by=STAFF)
    return fresh(result)


def fresh(result: Result) -> Result:
    return Result.objects.select_related("current").get(pk=result.pk)


def told() -> set[Organisation]:
    publishing.publish(timezone.now())
    return {notice.organisation for notice in OrganisationNotice.objects.all()}


CHANGES: list[tuple[Callable[[Result], Result], set[Kind]]] = [
    (lambda result: change_result(result, score=171), {Kind.REMARKED}),
    (lambda result: change_result(result, label="Pass at Grade B"), {Kind.REMARKED}),
    (lambda result: change_result(result, cefr="C1"), {Kind.REMARKED}),
    (lambda result: change_result(result, speaking="180"), {Kind.REMARKED}),
    (lambda result: change_result(result, exempt=True), {Kind.REMARKED}),
    (hold, {Kind.WITHHELD}),
    (lambda result: change_result(result, status="withheld"), {Kind.WITHHELD}),
    (lambda result: hold(result, Status.CANCELLED), {Kind.CANCELLED}),
    (lambda result: change_result(result, status="pending"), {Kind.PENDING}),
    (lambda result: lift(hold(result)), {Kind.RELEASED_AGAIN}),
    (lambda result: change_result(hold(result), status="released", held=False, score=171, label="Pass at Grade C",
                                  issued_status="released"), {Kind.RELEASED_AGAIN, Kind.REMARKED}),
    (lambda result: change_result(result, family_name="Muñoz"), {Kind.NAME}),
    (lambda result: change_result(result, centre_name="Another Centre"), {Kind.DETAILS}),
    (lambda result: change_result(result, certificate_number="0041573562"), {Kind.DETAILS}),
    (lambda result: change_result(result, given_names="Zoe", score=171), {Kind.NAME, Kind.REMARKED}),
]  # fmt: skip


# --- What kind of change it is ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_a_change_is_named(change: Callable[[Result], Result], expected: set[Kind]) -> None:
    result = change(make_result())
    assert set(kinds_of([result.current_id])[result.current_id]) == expected


def test_a_first_release_is_named(organisation: Organisation) -> None:
    result = make_result(status="pending")
    result = change_result(result, status="released", label="Pass at Grade C", score=170, cefr="B2")
    assert kinds_of([result.current_id]) == {result.current_id: (Kind.RELEASED,)}


def test_a_first_version_is_no_change() -> None:
    result = make_result()
    assert kinds_of([result.current_id]) == {result.current_id: ()}


def test_a_file_that_speaks_of_a_withheld_result_is_no_news(organisation: Organisation) -> None:
    """What is not shown has not changed for anybody; once it is shown again, that it was re-marked is said."""
    result = make_result(status="cancelled")
    make_verification(organisation, result)
    make_claim(result)
    hidden = change_result(result, score=185, label="Pass at Grade A")
    assert kinds_of([hidden.current_id]) == {hidden.current_id: ()}
    assert told() == set()
    assert not Change.objects.exists()
    assert not CandidateNotice.objects.exists()


# --- Who hears of it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_whoever_relies_on_it_hears_once_and_nobody_else(
    change: Callable[[Result], Result], expected: set[Kind]
) -> None:
    result, now = make_result(), timezone.now()
    organisations = {name: make_organisation(name) for name in ("Share", "Number", "Both", "Paused")}
    others = {name: make_organisation(name) for name in ("Withdrawn", "Expired", "Long ago", "Stranger", "Later")}
    for name in ("Share", "Both", "Paused"):
        make_share(organisations[name], result)
    for name in ("Number", "Both"):
        make_verification(organisations[name], result, at=now - timedelta(days=364))
    Organisation.objects.filter(name="Paused").update(state="suspended")
    make_share(others["Withdrawn"], result, ended_at=now, ending="withdrawn")
    make_share(others["Expired"], result, shared_at=now - timedelta(days=366))
    make_verification(others["Long ago"], result, at=now - timedelta(days=366))
    make_share(others["Stranger"], make_result())

    result = change(result)
    assert told() == set(organisations.values())
    make_share(others["Later"], result)
    assert told() == set(organisations.values())
    versions = result.current.number - 1
    assert OrganisationNotice.objects.count() == len(organisations) * versions
    publishing.pass_on_versions(now)
    assert OrganisationNotice.objects.count() == len(organisations) * versions


def test_the_candidate_hears_too_even_when_nobody_relies_on_it() -> None:
    claim = make_claim()
    change_result(claim.result, score=171)
    assert told() == set()
    (notice,) = CandidateNotice.objects.all()
    assert (notice.candidate_id, notice.type, notice.state) == (claim.candidate_id, "changed", "waiting")


def test_a_first_release_is_told_as_one() -> None:
    claim = make_claim(status="pending")
    change_result(claim.result, status="released", label="Pass at Grade C", score=170, cefr="B2")
    told()
    assert [notice.type for notice in CandidateNotice.objects.all()] == ["released"]


def test_a_first_release_that_an_organisation_hears_of_is_a_change(organisation: Organisation) -> None:
    """Of a cancelled result that never was released; she hears of it whether or not she asked."""
    claim = make_claim(status="cancelled")
    make_verification(organisation, claim.result)
    change_result(claim.result, status="released")
    assert told() == {organisation}
    assert [notice.type for notice in CandidateNotice.objects.all()] == ["changed"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["sharing_candidatenotice", "sharing_organisationnotice", "sharing_change"])
def test_nobody_is_told_when_one_cannot_be_told(table: str) -> None:
    """Candidate, organisation and ledger, all in one: where one row cannot be written there is none, and none lost."""
    shared = share_result(make_organisation())
    publishing.publish(timezone.now())
    change_result(shared.result, score=171)
    before = Change.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(f"alter table {table} add constraint never check (false) not valid")
        with pytest.raises(DatabaseError):
            publishing.publish(timezone.now())
        assert Change.objects.count() == before
        assert not CandidateNotice.objects.exists()
        assert not OrganisationNotice.objects.exists()
        cursor.execute(f"alter table {table} drop constraint never")
    publishing.publish(timezone.now())
    counts = Change.objects.count() - before, OrganisationNotice.objects.count(), CandidateNotice.objects.count()
    assert counts == (1, 1, 1)


# --- The organisation acknowledges ------------------------------------------------------------------------------------


@pytest.fixture
def share(organisation: Organisation) -> Share:
    """Of a result that was re-marked since."""
    shared = make_share(organisation, make_result())
    change_result(shared.result, score=171, listening="160")
    publishing.publish(timezone.now())
    return shared


def page_of(right: Share | Verification) -> str:
    return f"/shared-results/{right.pk}/" if isinstance(right, Share) else f"/candidate-search/{right.pk}/"


def acknowledge(client: Client, right: Share | Verification, version: Any = 2) -> Any:
    return client.post(f"{page_of(right)}acknowledge/", {"version": version}, follow=True)


def words(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


def test_the_page_says_what_changed_and_asks(verifier: Client, share: Share) -> None:
    said = words(verifier.get(page_of(share)))
    assert "This result has changed" in said
    assert "Re-marked," in said
    assert "Overall score: 170 to 171" in said
    assert "Listening: 157 to 160" in said
    assert "We have seen this change" in said


def test_once_seen_the_page_says_who_said_so(verifier: Client, share: Share) -> None:
    verifier.get(page_of(share))
    answer = acknowledge(verifier, share)
    assertContains(answer, "Noted: your organisation has seen this change.")
    said = words(answer)
    assert "We have seen this change" not in said
    assert "Pat Example noted for your organisation that this result has changed" in said
    (event,) = AuditEvent.objects.filter(action=Action.CHANGE_ACKNOWLEDGED)
    assert event.target == f"share:{share.pk}"
    assert event.detail == {"changes": 1, "version": 2}


def test_a_verification_shows_and_acknowledges_it_too(verifier: Client, organisation: Organisation) -> None:
    found = make_verification(organisation, make_result())
    change_result(found.result, score=171)
    publishing.publish(timezone.now())
    said = words(verifier.get(page_of(found)))
    assert "This result has changed" in said
    assert "Overall score: 170 to 171" in said
    assertContains(verifier.get("/candidate-search/"), "Changed results that nobody of your organisation")
    said = words(acknowledge(verifier, found))
    assert "We have seen this change" not in said
    assertNotContains(verifier.get("/candidate-search/"), "Changed results that nobody of your organisation")


def test_one_acknowledgement_covers_share_and_verification(verifier: Client, organisation: Organisation) -> None:
    result = make_result()
    found, shared = make_verification(organisation, result), make_share(organisation, result)
    change_result(result, score=171)
    publishing.publish(timezone.now())
    assert OrganisationNotice.objects.count() == 1
    acknowledge(verifier, found)
    assert "We have seen this change" not in words(verifier.get(page_of(shared)))
    assert door.waiting(organisation=organisation, now=timezone.now()) == (0, 0)


def test_acknowledging_the_latest_covers_the_earlier_ones_and_says_so(verifier: Client, share: Share) -> None:
    hold(fresh(share.result))
    publishing.publish(timezone.now())
    said = words(verifier.get(page_of(share)))
    assert "Re-marked," in said
    assert "Withheld," in said
    assert "171" not in said
    assertContains(acknowledge(verifier, share, 3), "has seen these 2 changes")


def test_what_came_meanwhile_stays_open(verifier: Client, share: Share) -> None:
    """The button speaks of the version that its page showed."""
    change_result(fresh(share.result), score=172)
    publishing.publish(timezone.now())
    said = words(acknowledge(verifier, share, 2))
    assert "We have seen this change" in said
    assert [each.acknowledged_at is None for each in OrganisationNotice.objects.order_by("version")] == [False, True]


def test_the_second_of_two_is_told_that_it_was_done(verifier: Client, primary: Client, share: Share) -> None:
    acknowledge(verifier, share)
    assertContains(acknowledge(primary, share), "had noted this change already")
    assert AuditEvent.objects.filter(action=Action.CHANGE_ACKNOWLEDGED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_acknowledges() -> None:
    organisation = make_organisation()
    share = make_share(organisation, make_result())
    change_result(share.result, score=171)
    publishing.publish(timezone.now())
    right = door.RightId(door.RightKind.SHARE, share.pk)
    people = [make_member(organisation) for _number in range(4)]

    counts = []

    def seen(by: User) -> None:
        counts.append(door.acknowledge(organisation=organisation, right=right, up_to=2, by=by, now=timezone.now()))

    at_once(*(partial(seen, person) for person in people))
    assert sorted(counts) == [0, 0, 0, 1]
    assert AuditEvent.objects.filter(action=Action.CHANGE_ACKNOWLEDGED).count() == 1


def test_it_is_never_undone_or_deleted(organisation: Organisation, share: Share) -> None:
    right = door.RightId(door.RightKind.SHARE, share.pk)
    door.acknowledge(organisation=organisation, right=right, up_to=2, by=make_member(organisation), now=timezone.now())
    for forbidden in (
        lambda: OrganisationNotice.objects.update(acknowledged_at=None, acknowledged_by=""),
        lambda: OrganisationNotice.objects.update(acknowledged_by="user:other"),
        lambda: OrganisationNotice.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            forbidden()


def test_others_cannot(outsider: Client, candidate: Client, share: Share) -> None:
    where = f"{page_of(share)}acknowledge/"
    assert outsider.post(where, {"version": 2}).status_code == 404
    assert candidate.post(where, {"version": 2}).status_code == 403
    assert OrganisationNotice.objects.open().exists()


def test_only_by_post(verifier: Client, share: Share) -> None:
    assert verifier.get(f"{page_of(share)}acknowledge/").status_code == 405


@pytest.mark.parametrize("version", ["", "-1", "two", "²", "9" * 30])
def test_nonsense_is_refused(verifier: Client, share: Share, version: str) -> None:
    assert acknowledge(verifier, share, version).status_code == 404
    assert OrganisationNotice.objects.open().exists()


def test_an_ended_right_cannot(verifier: Client, share: Share) -> None:
    Share.objects.update(ended_at=timezone.now(), ending="withdrawn")
    assert acknowledge(verifier, share).status_code == 404


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_marks_and_finds_it(verifier: Client, organisation: Organisation, share: Share) -> None:
    make_share(organisation, make_result(family_name="Unchanged"))
    answer = verifier.get("/shared-results/")
    said = words(answer)
    assert said.count(" Changed ") == 1
    assert "1 result that was shared with you has changed" in said
    only = verifier.get("/shared-results/?changed=on")
    assertContains(only, "Muñoz-Sánchez")
    assertNotContains(only, "Unchanged</bdi>")
    acknowledge(verifier, share)
    assert "has changed" not in words(verifier.get("/shared-results/"))
    assertContains(verifier.get("/shared-results/?changed=on"), "Nothing matches")


def test_a_new_share_after_the_change_needs_no_acknowledgement(organisation: Organisation, verifier: Client) -> None:
    """Whoever first sees the new version needs no news of it."""
    result = make_result()
    old = make_share(organisation, result, ended_at=timezone.now(), ending="withdrawn")
    again = make_organisation()
    found = make_verification(again, result)
    result = change_result(result, score=171)
    publishing.publish(timezone.now())
    assert old.organisation_id == organisation.pk
    shared = make_share(organisation, result)
    assert "has changed" not in words(verifier.get(page_of(shared)))
    assert door.waiting(organisation=organisation, now=timezone.now()) == (0, 0)
    assert door.waiting(organisation=again, now=timezone.now()) == (0, 1)
    door.check_by_number(
        organisation=again,
        actor="user:tests",
        number=result.reference_number,
        date_of_birth=result.current.date_of_birth,
        now=timezone.now(),
    )
    assert Verification.objects.get(pk=found.pk).version_seen_id == result.current_id
    assert door.waiting(organisation=again, now=timezone.now()) == (0, 0)


def test_what_was_withdrawn_waits_no_more(verifier: Client, organisation: Organisation, share: Share) -> None:
    make_claim(share.result)
    shares.withdraw(share=share, by=make_user(), now=timezone.now())
    assert door.waiting(organisation=organisation, now=timezone.now()) == (0, 0)
    assert "changed" not in words(verifier.get("/shared-results/"))


def test_nobody_elses_changes_are_counted(outsider: Client, share: Share) -> None:
    assert "has changed" not in words(outsider.get("/shared-results/"))


def test_released_again_it_says_what_was_remarked_meanwhile(verifier: Client, organisation: Organisation) -> None:
    """Although the withheld version between showed nothing, and was acknowledged."""
    shared = make_share(organisation, make_result())
    result = hold(shared.result)
    publishing.publish(timezone.now())
    acknowledge(verifier, shared, 2)
    change_result(result, status="released", held=False, score=171, label="Pass at Grade C")
    publishing.publish(timezone.now())
    said = words(verifier.get(page_of(shared)))
    assert "Re-marked; Released again," in said
    assert "Overall score: 170 to 171" in said


def test_what_was_shown_before_the_right_began_stays_unknown(verifier: Client, organisation: Organisation) -> None:
    found = make_verification(organisation, change_result(make_result(), status="cancelled"))
    change_result(fresh(found.result), status="released", score=171)
    publishing.publish(timezone.now())
    said = words(verifier.get(page_of(found)))
    assert "Released again," in said
    assert "170" not in said


def test_a_withheld_result_tells_no_score_by_its_history(verifier: Client, organisation: Organisation) -> None:
    shared = make_share(organisation, make_result())
    verifier.get(page_of(shared))
    hold(change_result(shared.result, score=171, listening="160"))
    publishing.publish(datetime.now(UTC))
    said = words(verifier.get(page_of(shared)))
    assert "Status: Released to Withheld" in said
    for secret in ("170", "171", "157", "160", "Pass at"):
        assert secret not in said
