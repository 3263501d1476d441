"""The ledger: every event once, in an order that readers can trust, and news of results for whoever relies on them."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.months import months_later
from organisations.models import Organisation
from results import holds
from results.models import Result, Status, VersionOutbox
from sharing import door, ledger, publishing, shares
from sharing.models import Change, Counter, Share
from sharing.tasks import publish_changes
from tests.factories import change_result, make_organisation, make_result, make_user, share_result
from tests.results.loading import first_row, load

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def read(organisation: Organisation, after: int = 0, limit: int = 1000, now: datetime = NOW) -> list[Change]:
    return ledger.read(organisation=organisation, after=after, limit=limit, now=now)


def types(organisation: Organisation, now: datetime = NOW) -> list[str]:
    return [change.type for change in read(organisation, now=now)]


def check(result: Result, organisation: Organisation, now: datetime = NOW) -> uuid.UUID:
    found = door.check_by_number(
        organisation=organisation,
        actor="user:tests",
        number=result.reference_number,
        date_of_birth=result.current.date_of_birth,
        now=now,
    )
    assert isinstance(found, uuid.UUID)
    return found


# --- Reading ----------------------------------------------------------------------------------------------------------


def test_a_reader_gets_the_rows_of_its_organisation_in_order(organisation: Organisation) -> None:
    shared = [share_result(organisation, now=NOW) for _number in range(3)]
    share_result(make_organisation(), now=NOW)
    shares.withdraw(share=shared[1], by=make_user(), now=NOW)

    rows = read(organisation)

    assert [(row.type, row.share_id) for row in rows] == [
        *(("share.created", share.pk) for share in shared), ("share.withdrawn", shared[1].pk),
    ]  # fmt: skip
    positions = [row.position for row in rows]
    assert positions == sorted(positions)  # type: ignore[type-var]


def test_a_reader_goes_on_where_it_stopped(organisation: Organisation) -> None:
    for _number in range(5):
        share_result(organisation, now=NOW)
    first = read(organisation, limit=3)
    rest = read(organisation, after=first[-1].position or 0, limit=3)
    assert [len(first), len(rest)] == [3, 2]
    assert read(organisation, after=rest[-1].position or 0) == []


def test_positions_have_no_gaps_even_where_ids_have(organisation: Organisation) -> None:
    share_result(organisation, now=NOW)
    with transaction.atomic():
        share_result(organisation, now=NOW)
        transaction.set_rollback(True)
    share_result(organisation, now=NOW)
    before = Counter.objects.get().value
    rows = read(organisation)
    assert [row.position for row in rows] == [before + 1, before + 2]
    assert rows[1].pk > rows[0].pk + 1
    assert Counter.objects.get().value == before + 2


def test_nothing_new_costs_a_reader_two_queries(organisation: Organisation) -> None:
    share_result(organisation, now=NOW)
    read(organisation)
    with CaptureQueriesContext(connection) as queries:
        read(organisation)
    assert len(queries) == 2


def test_the_ledger_is_append_only_and_numbered_once(organisation: Organisation) -> None:
    share_result(organisation, now=NOW)
    read(organisation)
    for forbidden in (
        lambda: Change.objects.update(position=4711),
        lambda: Change.objects.update(occurred_at=NOW),
        lambda: Change.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            forbidden()


# --- News of results --------------------------------------------------------------------------------------------------


def test_whoever_has_a_share_or_a_verification_is_told_once_for_each(organisation: Organisation) -> None:
    result, other = make_result("213GB5990001"), make_organisation()
    shared = share_result(organisation, result, now=NOW)
    both = check(result, organisation)
    found = check(result, other)
    make_result()
    result = change_result(result, score=171)

    publishing.publish(NOW)
    publishing.publish(NOW)

    told = Change.objects.filter(type="result.changed")
    assert {(row.organisation_id, row.share_id or row.verification_id) for row in told} == {
        (organisation.pk, shared.pk), (organisation.pk, both), (other.pk, found),
    }  # fmt: skip
    assert len(told) == 3
    assert {row.version_id for row in told} == {result.current_id}
    assert {row.occurred_at for row in told} == {result.current.created_at}
    assert not VersionOutbox.objects.exists()


def test_a_new_result_is_no_news(organisation: Organisation) -> None:
    share_result(organisation, now=NOW)
    assert not VersionOutbox.objects.exists()
    assert types(organisation) == ["share.created"]


def test_every_version_is_told(organisation: Organisation) -> None:
    result = make_result()
    share_result(organisation, result, now=NOW)
    holds.hold(result=result, status=Status.WITHHELD, reason="Asked", by="user:staff")
    holds.lift(result=result, reason="Cleared", by="user:staff")
    told = [row.version for row in read(organisation) if row.version]
    assert [version.number for version in told] == [2, 3]


def test_an_ended_share_and_an_old_verification_are_told_nothing(organisation: Organisation) -> None:
    result, end = make_result(), months_later(NOW, 1)
    withdrawn = share_result(organisation, result, now=NOW)
    shares.withdraw(share=withdrawn, by=make_user(), now=NOW)
    expired = make_organisation()
    share_result(expired, result, expires_at=end, now=NOW)
    long_ago = make_organisation()
    check(result, long_ago, now=end - timedelta(days=365))
    change_result(result, score=171)
    assert types(organisation, now=end) == ["share.created", "share.withdrawn"]
    assert types(expired, now=end) == ["share.created"]
    assert types(long_ago, now=end) == []


def test_an_import_is_told_of_by_the_next_run_of_the_task(organisation: Organisation) -> None:
    load([first_row(), first_row(reference_number="X1"), first_row(reference_number="X2")])
    for result in Result.objects.all():
        share_result(organisation, result)
    load([first_row(score="171"), first_row(reference_number="X1"), first_row(reference_number="X3")])
    publish_changes()
    (told,) = Change.objects.filter(type="result.changed")
    assert told.share
    assert told.share.result.reference_number == "15BGB9615003"


def test_what_is_not_committed_is_told_later(organisation: Organisation) -> None:
    """A pass that dies half-way leaves everything to the next one."""
    share = share_result(organisation, now=NOW)
    change_result(share.result, score=171)
    with transaction.atomic():
        publishing.pass_on_versions(NOW)
        assert Change.objects.filter(type="result.changed").exists()
        transaction.set_rollback(True)
    assert VersionOutbox.objects.count() == 1
    assert types(organisation) == ["share.created", "result.changed"]


def test_a_share_made_after_the_change_shows_the_new_version_and_needs_no_news(organisation: Organisation) -> None:
    result = change_result(make_result(), score=171)
    publishing.publish(NOW)
    share = share_result(organisation, result, now=NOW)
    assert Share.objects.get().version_shared_id == result.current_id
    assert types(organisation) == ["share.created"]
    assert share.version_shared_id == result.current_id
