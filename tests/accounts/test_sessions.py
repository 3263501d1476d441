"""How long sessions last, where they are seen, and how they are ended."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, Session, User
from organisations.models import Membership, Organisation, Role
from tests.factories import PASSWORD, make_member, make_user

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"


def logged_in(user: User, agent: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": agent})
    client.post("/login/", {"login": user.email, "password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def at(moment: Any) -> Any:
    return time_machine.travel(moment, tick=False)


@pytest.mark.parametrize(("is_staff", "idle", "absolute"), [(False, 30, 12 * 60), (True, 15, 8 * 60)])
def test_a_session_ends_when_idle_and_when_it_is_old(*, is_staff: bool, idle: int, absolute: int) -> None:
    user = make_user(is_staff=is_staff)
    start = timezone.now().replace(microsecond=0)
    with at(start):
        client, busy = logged_in(user), logged_in(user)
    with at(start + timedelta(minutes=idle, seconds=-1)):
        assert is_in(client)
    with at(start + timedelta(minutes=2 * idle, seconds=-1)):
        assert not is_in(client)
    for minutes in range(idle - 1, absolute, idle - 1):
        with at(start + timedelta(minutes=minutes)):
            assert is_in(busy), minutes
    with at(start + timedelta(minutes=absolute)):
        assert not is_in(busy)


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://testserver/shared-results/?exam=FCE", "/shared-results/%3Fexam%3DFCE"),
        ("http://elsewhere.example/shared-results/", "/shared-results/mark-read/"),
        ("", "/shared-results/mark-read/"),
        ("http://[", "/shared-results/mark-read/"),
    ],
)
def test_a_form_that_came_too_late_leads_back_to_its_page(client: Client, referrer: str, back: str) -> None:
    response = client.post("/shared-results/mark-read/", headers={"Referer": referrer})
    assertRedirects(response, f"/login/?next={back}")


def test_the_log_in_page_says_why_and_the_browser_forgets(person: User) -> None:
    start = timezone.now()
    client = logged_in(person)
    with at(start + timedelta(minutes=31)):
        response = client.get("/account/")
        assertRedirects(response, "/login/?next=/account/")
        assert response["Clear-Site-Data"] == '"cache"'
        assertContains(client.get("/login/"), "because the service was not used for some time")
        client.post("/login/", {"login": person.email, "password": PASSWORD})
        client.post("/logout/")
        assertNotContains(client.get("/login/"), "was not used for some time")


def test_a_session_is_written_at_most_once_a_minute(
    person: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    start = timezone.now().replace(microsecond=0)
    with at(start):
        client = logged_in(person)
        client.get("/help/")
    with at(start + timedelta(seconds=59)), django_assert_num_queries(2):  # session and person
        client.get("/help/")
    row = Session.objects.get(session_key=key_of(client))
    with at(start + timedelta(seconds=61)):
        client.get("/help/")
    assert Session.objects.get(session_key=row.session_key).seen_at == start + timedelta(seconds=61)
    assert row.seen_at == start


def test_asking_by_itself_keeps_no_session_alive(person: User) -> None:
    start = timezone.now()
    client = logged_in(person)
    with at(start + timedelta(minutes=20)):
        state = client.get("/account/session/", headers={"X-Background": "1"}).json()
        assert 590 <= state["seconds"] <= 600
    with at(start + timedelta(minutes=29)):
        assert 0 < client.get("/account/session/", headers={"X-Background": "1"}).json()["seconds"] <= 60
        assert client.post("/account/session/").json()["seconds"] == 30 * 60
    with at(start + timedelta(minutes=58)):
        assert client.get("/account/session/", headers={"X-Background": "1"}).json()["seconds"] == 60
    with at(start + timedelta(minutes=59)):
        assert client.get("/account/session/", headers={"X-Background": "1"}).json() == {"seconds": 0}
        assert not is_in(client)


def test_near_its_absolute_end_nothing_prolongs_a_session(person: User) -> None:
    start = timezone.now()
    client = logged_in(person)
    for minutes in range(20, 12 * 60, 20):
        with at(start + timedelta(minutes=minutes)):
            client.get("/account/")
    with at(start + timedelta(hours=12, minutes=-1)):
        state = client.post("/account/session/").json()
        assert state["final"] is True
        assert state["seconds"] <= 60


def test_people_see_their_own_sessions_only(person: User) -> None:
    first, second = logged_in(person), logged_in(person, SAFARI)
    other = logged_in(make_user())
    page = first.get("/account/sessions/")
    assertContains(page, "Firefox on Linux", count=1)
    assertContains(page, "Safari on iPhone", count=2)  # once more in the name of its button
    assertContains(page, "This session", count=1)
    foreign = Session.objects.get(session_key=key_of(other))
    assertNotContains(page, str(foreign.id))
    assertNotContains(page, key_of(second))
    assert first.post(f"/account/sessions/{foreign.id}/end/").status_code == 404
    assert is_in(other)


def test_one_session_is_ended(person: User) -> None:
    first, second = logged_in(person), logged_in(person, SAFARI)
    row = Session.objects.get(session_key=key_of(second))
    assert first.get(f"/account/sessions/{row.id}/end/").status_code == 405
    assertRedirects(first.post(f"/account/sessions/{row.id}/end/"), "/account/sessions/")
    assert is_in(first)
    assert not is_in(second)
    event = AuditEvent.objects.get(action=Action.SESSION_ENDED)
    assert (event.target, event.detail) == (f"user:{person.pk}", {"device": "Safari on iPhone"})


def test_all_other_sessions_are_ended(person: User) -> None:
    first, others = logged_in(person), [logged_in(person) for _ in range(3)]
    bystander = logged_in(make_user())
    first.post("/account/sessions/end-others/")
    assert [is_in(client) for client in (first, bystander, *others)] == [True, True, False, False, False]


def test_other_rights_mean_a_new_key(organisation: Organisation) -> None:
    user = make_member(organisation)
    client = logged_in(user)
    assert is_in(client)
    before = key_of(client)
    with transaction.atomic():
        Membership.objects.filter(organisation=organisation, role=Role.PRIMARY).delete()
        Membership.objects.filter(user=user).update(role=Role.PRIMARY)
    assert is_in(client)
    assert key_of(client) != before
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = before
    assert not is_in(thief)
    assert is_in(client)


def test_becoming_staff_shortens_the_session(person: User) -> None:
    start = timezone.now()
    client = logged_in(person)
    User.objects.filter(pk=person.pk).update(is_staff=True)
    with at(start + timedelta(minutes=16)):
        assert not is_in(client)


def test_a_session_without_a_beginning_is_over(person: User) -> None:
    client = logged_in(person)
    session = client.session
    del session["activity"]
    session.save()
    assert not is_in(client)


def test_ended_sessions_are_forgotten(person: User) -> None:
    from accounts.tasks import clear_sessions  # noqa: PLC0415

    logged_in(person)
    with at(timezone.now() + timedelta(hours=14)):
        clear_sessions()
    assert not Session.objects.exists()
