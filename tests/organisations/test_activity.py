"""The tab Activity: what the organisation's users did, and nothing that is not its to see."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertNumQueries

from accounts import audit
from accounts.models import Action, AuditEvent, User
from accounts.spreadsheets import plain
from organisations import activity, leaving, users
from organisations.models import Organisation, Role
from tests.factories import make_member, make_organisation, make_user

pytestmark = pytest.mark.django_db

PAGE, FILE = "/organisation/activity/", "/organisation/activity/activity.csv"


@pytest.fixture
def boss(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, given_name="Prima", family_name="Facie")


@pytest.fixture
def ada(organisation: Organisation) -> User:
    return make_member(organisation, given_name="Ada", family_name="Colleague")


def did(user: User, organisation: Organisation, action: Action = Action.CHECK_NOT_MATCHED, **fields: Any) -> AuditEvent:
    values = {"actor": audit.user_actor(user), "action": action, "organisation": str(organisation.pk), **fields}
    return AuditEvent.objects.create(**values)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rows(client: Client, **query: str) -> list[dict[str, str]]:
    text = client.get(FILE, query).content.decode().removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_primary_user_sees_everybodys(organisation: Organisation, boss: User, ada: User) -> None:
    did(ada, organisation)
    did(boss, organisation, Action.USER_CHANGED, target=audit.user_actor(ada))
    page = client_of(boss).get(PAGE)
    for shown in ("Ada Colleague", "Prima Facie", "Candidate Search: no match", "User’s details changed"):
        assertContains(page, shown)


def test_an_admin_user_sees_their_own(organisation: Organisation, boss: User, ada: User) -> None:
    did(ada, organisation)
    did(boss, organisation, Action.POLICY_CHANGED)
    client = client_of(ada)
    page = client.get(PAGE, {"user": audit.user_actor(boss)})
    assertContains(page, "You see what you did yourself")
    assertContains(page, "Candidate Search: no match")
    for hidden in ("Prima Facie", "Rules for users changed", 'name="user"'):
        assertNotContains(page, hidden)
    assert {row["User"] for row in rows(client, user=audit.user_actor(boss))} == {"Ada Colleague"}


def test_of_others_nothing_is_seen(organisation: Organisation, boss: User) -> None:
    elsewhere = make_organisation()
    did(make_member(elsewhere, given_name="Foreign"), elsewhere)
    candidate = make_user(given_name="Zephyrine")
    for action in (Action.RESULT_SHARED, Action.SHARE_WITHDRAWN, Action.SHARE_CHANGED, Action.STAFF_CHANGED):
        did(candidate, organisation, action)
    page = client_of(boss).get(PAGE)
    assertContains(page, "Nothing was done in this time")
    for hidden in ("Foreign", "Zephyrine"):
        assertNotContains(page, hidden)


def test_staff_and_the_service_have_no_names(organisation: Organisation, boss: User) -> None:
    did(make_user(given_name="Margaret", is_staff=True), organisation, Action.USER_ADDED)
    AuditEvent.objects.create(actor="system:x", action=Action.CHECKS_PAUSED, organisation=str(organisation.pk))
    page = client_of(boss).get(PAGE)
    assertContains(page, "the exam board")
    assertContains(page, "the service")
    assertNotContains(page, "Margaret")


def test_who_was_deleted_keeps_a_name_if_they_ever_acted(organisation: Organisation, boss: User, ada: User) -> None:
    did(ada, organisation)
    leaving.delete(membership=ada.membership, by=boss)
    known = make_user("known@example.org", given_name="Secret", family_name="Candidate")
    invited = users.add_user(
        organisation=organisation,
        by=audit.user_actor(boss),
        given_name="Typed",
        family_name="Name",
        job_title="Officer",
        email=known.email,
    )
    assertContains(client_of(boss).get(PAGE), "Typed Name")
    leaving.delete(membership=invited, by=boss)
    page = client_of(boss).get(PAGE)
    assertContains(page, "Ada Colleague")
    assertContains(page, "a user who has been deleted")
    assertNotContains(page, "Secret")
    choices = dict(activity.people(organisation))
    assert choices == {audit.user_actor(boss): "Prima Facie", audit.user_actor(ada): "Ada Colleague"}


def test_whose_account_is_gone_is_not_taken_for_staff(organisation: Organisation, boss: User, ada: User) -> None:
    did(ada, organisation, Action.NOTE_ADDED)
    ada.delete()
    page = client_of(boss).get(PAGE)
    assertContains(page, "a user who has been deleted")
    assertContains(page, "Note added to a shared result")
    assertNotContains(page, "the exam board")


def test_the_last_day_of_the_calendar_is_a_day(organisation: Organisation, boss: User, ada: User) -> None:
    did(ada, organisation)
    last = {"until": "9999-12-31"}
    assertContains(client_of(boss).get(PAGE, last), "Ada Colleague")
    assert rows(client_of(boss), **last)


def test_it_is_filtered_by_user_and_days(organisation: Organisation, boss: User, ada: User) -> None:
    for user, day in ((ada, 1), (ada, 5), (boss, 5), (ada, 9)):
        did(user, organisation, at=datetime(2026, 3, day, 12, tzinfo=UTC))
    client = client_of(boss)
    assert len(rows(client)) == 5, "four, and the download itself"
    found = rows(client, user=audit.user_actor(ada), since="2026-03-05", until="2026-03-09")
    assert [row["Time (UTC)"] for row in found] == ["2026-03-09 12:00:00", "2026-03-05 12:00:00"]
    assertContains(client.get(PAGE, {"since": "2026-03-09", "until": "2026-03-01"}), "lies before the first one")
    assertContains(client.get(PAGE, {"since": "nonsense"}), "Enter a date, such as 2026-03-27")
    assertContains(client.get(PAGE, {"user": "user:nobody"}), "There is a problem")


def test_a_day_ends_at_midnight_where_the_reader_is(organisation: Organisation, boss: User) -> None:
    User.objects.filter(pk=boss.pk).update(time_zone="Asia/Tokyo")
    did(boss, organisation, at=datetime(2026, 3, 1, 16, tzinfo=UTC))
    client = client_of(boss)
    assert len(rows(client, since="2026-03-02", until="2026-03-02")) == 1
    assert rows(client, since="2026-03-01", until="2026-03-01") == []


def test_pages_follow_each_other_without_gaps(organisation: Organisation, boss: User, ada: User) -> None:
    made = [did(ada, organisation).pk for _number in range(120)]
    seen: list[int] = []
    before = None
    while True:
        page = activity.page(organisation, activity.Filter(), before=before)
        seen += [line.id for line in page.lines]
        did(ada, organisation)  # what happens meanwhile moves nothing
        if page.before is None:
            break
        before = page.before
    assert seen == sorted(made, reverse=True)
    client = client_of(boss)
    assertContains(client.get(PAGE), f"before={AuditEvent.objects.order_by('-id')[49].pk}")
    for nonsense in ("x", "-1", "9" * 30, "²"):
        assert client.get(PAGE, {"before": nonsense}).status_code == 200


def test_its_queries_do_not_grow_with_the_events(organisation: Organisation, boss: User) -> None:
    client = client_of(boss)
    did(boss, organisation)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for number in range(30):
        user = make_member(organisation, given_name=f"P{number}")
        did(user, organisation, Action.USER_CHANGED, target=audit.user_actor(boss))
    with assertNumQueries(len(few)):
        client.get(PAGE)
    assert len(few) <= 10


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "＝1"])
def test_no_name_becomes_a_formula(organisation: Organisation, boss: User, name: str) -> None:
    did(make_member(organisation, given_name=name, family_name="X"), organisation)
    cells = [row["User"] for row in rows(client_of(boss))]
    assert f"'{name} X".replace("\t", "\t") in cells or any(cell.startswith("'") for cell in cells)


@pytest.mark.parametrize("name", ["O'Brien", "Jean-Luc", "Zoë", "", "1"])
def test_harmless_text_stays(name: str) -> None:
    assert plain(name) == name


def test_a_download_is_an_event_itself(organisation: Organisation, boss: User) -> None:
    answer = client_of(boss).get(FILE)
    assert answer["Content-Disposition"].startswith('attachment; filename="activity-')
    assert AuditEvent.objects.get(action=Action.ACTIVITY_DOWNLOADED).actor == audit.user_actor(boss)
