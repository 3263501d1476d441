"""Somebody asks to join an organisation's account: it is found, the address confirmed, and the Primary User asked."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail
from organisations.models import EmailDomain, FormerName, JoinRequest, Organisation, Role
from organisations.registrations import joining
from organisations.tasks import forget_applications
from tests.factories import make_member, make_organisation, make_user
from tests.organisations.applying import link

pytestmark = pytest.mark.django_db
EMAIL = "ida@merefield.example"
REQUEST = {
    "given_name": "Ida", "family_name": "Nwosu", "job_title": "Admissions Officer", "email": EMAIL,
    "email_again": EMAIL, "organisation_name": "Merefield University",
}  # fmt: skip
UNKNOWN = "We find no account with this name and the domain of your e-mail address"


@pytest.fixture
def merefield(db: None) -> Organisation:
    organisation = make_organisation("University of Merefield", website="https://www.merefield.example")
    make_member(organisation, Role.PRIMARY, email="primary@merefield.example")
    return organisation


def ask(client: Client, email: str = EMAIL, **typed: str) -> None:
    response = client.post("/register/join/", {**REQUEST, "email": email, "email_again": email, **typed})
    assertRedirects(response, "/register/join/sent/")


def test_the_request_waits_for_the_primary_user_once_its_address_is_confirmed(
    client: Client, merefield: Organisation
) -> None:
    ask(client)
    assert JoinRequest.objects.get().state == "unconfirmed"
    assert not Mail.objects.filter(recipient="primary@merefield.example").exists()
    with time_machine.travel(datetime(2026, 12, 22, 9, tzinfo=UTC), tick=False):
        page = client.post(link(EMAIL), follow=True)

    request = JoinRequest.objects.get()
    assert (request.organisation, request.state, request.due_on) == (merefield, "waiting", date(2026, 12, 31))
    assertContains(page, "Your organisation has your request")
    assertContains(page, "31 December 2026")
    mail = Mail.objects.get(recipient="primary@merefield.example")
    for word in ("Ida Nwosu, Admissions Officer", EMAIL, "31 December 2026", "/organisation/users/"):
        assert word in mail.text
    event = AuditEvent.objects.get(action=Action.JOIN_ASKED)
    assert (event.target, event.organisation) == (f"join_request:{request.pk}", str(merefield.pk))


def test_a_scanner_changes_nothing_and_the_second_click_shows_the_state(
    client: Client, merefield: Organisation
) -> None:
    ask(client)
    address = link(EMAIL)
    for _number in range(3):
        client.head(address)
        assertContains(client.get(address), "Confirm and send the request")
    assert JoinRequest.objects.get().state == "unconfirmed"
    client.post(address)
    for page in (client.get(address), client.post(address, follow=True)):
        assertContains(page, "Waits for the Primary User")
    assert Mail.objects.filter(recipient="primary@merefield.example").count() == 1


@pytest.mark.parametrize("name", ["University of Merefield", "merefield", "MEREFIELD university", "Old Mere School"])
@pytest.mark.parametrize("email", [EMAIL, "x@admissions.merefield.example", "x@mere.example"])
def test_it_is_found_by_its_names_and_domains(merefield: Organisation, name: str, email: str) -> None:
    FormerName.objects.create(organisation=merefield, name="Old Mere School")
    EmailDomain.objects.create(organisation=merefield, domain="mere.example")
    assert joining.find(name=name, email=email) == merefield


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("University of Merefield", "ida@elsewhere.example"),
        ("University of Elsewhere", EMAIL),
        ("University of Merefield", "ida@notmerefield.example"),
        ("University of Merefield", "ida@example"),
        ("", EMAIL),
    ],
)
def test_name_and_domain_must_both_fit(merefield: Organisation, name: str, email: str) -> None:
    assert joining.find(name=name, email=email) is None


def test_among_organisations_of_one_domain_the_name_decides(merefield: Organisation) -> None:
    law = make_organisation("Merefield Law School", website="https://law.merefield.example")
    assert joining.find(name="Merefield Law School", email=EMAIL) == law
    assert joining.find(name="University of Merefield", email=EMAIL) == merefield
    make_organisation("Merefield College", website="https://college.merefield.example")
    assert joining.find(name="Merefield", email=EMAIL) is None, "two fit"


def test_who_is_not_found_is_told_so_whoever_they_are(client: Client, merefield: Organisation) -> None:
    make_user("known@elsewhere.example")
    for email in ("known@elsewhere.example", "other@elsewhere.example"):
        page = client.post("/register/join/", {**REQUEST, "email": email, "email_again": email})
        assertContains(page, UNKNOWN)
        assertContains(page, "create a new account")
    assert not JoinRequest.objects.exists()
    assert not Mail.objects.exists()


def test_a_suspended_organisation_is_not_found(client: Client, merefield: Organisation) -> None:
    ask(client)
    Organisation.objects.update(state="suspended")
    assertContains(client.post("/register/join/", REQUEST), UNKNOWN)
    assertContains(client.post(link(EMAIL)), "This link no longer works", status_code=404)


def test_who_works_there_is_told_to_nobody_but_the_owner_of_the_address(
    client: Client, merefield: Organisation
) -> None:
    make_member(merefield, email=EMAIL)
    answers = [
        client.post("/register/join/", {**REQUEST, "email": email, "email_again": email})
        for email in (EMAIL, "new@merefield.example")
    ]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert [request.email for request in JoinRequest.objects.all()] == ["new@merefield.example"]
    mail = Mail.objects.get(recipient=EMAIL)
    assert mail.subject == "You have an account with the Results Verification Service already"
    assert "Nwosu" not in mail.text


def test_asked_twice_it_is_one_request_with_the_later_names(client: Client, merefield: Organisation) -> None:
    ask(client, given_name="Eda")
    earlier = link(EMAIL)
    ask(client)
    assert JoinRequest.objects.get().given_name == "Ida"
    client.post(earlier)
    ask(client, given_name="Mallory")
    request = JoinRequest.objects.get()
    assert (request.state, request.given_name) == ("waiting", "Ida")
    assert Mail.objects.filter(recipient=EMAIL, subject__contains="has your request already").exists()


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_tell_the_primary_user_once(client: Client, merefield: Organisation) -> None:
    ask(client)
    request = JoinRequest.objects.get()

    def confirm() -> None:
        joining.confirm(request)
        connection.close()

    threads = [threading.Thread(target=confirm) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert JoinRequest.objects.get().state == "waiting"
    assert Mail.objects.filter(recipient="primary@merefield.example").count() == 1
    assert AuditEvent.objects.filter(action=Action.JOIN_ASKED).count() == 1


@pytest.mark.parametrize(("state", "words"), [("accepted", "a link to set your password"), ("declined", "a mistake")])
def test_the_answer_is_shown(client: Client, merefield: Organisation, state: str, words: str) -> None:
    ask(client)
    client.post(link(EMAIL))
    JoinRequest.objects.update(state=state, decided_by="user:x", decided_at=timezone.now())
    page = client.get(link(EMAIL))
    assertContains(page, words)
    assertNotContains(page, "Answer due by")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"organisation_name": ""}, "Enter the organisation’s name"),
        ({"email": "x"}, "in the usual form"),
        ({"email_again": "x@merefield.example"}, "are not the same"),
        ({"job_title": ""}, "Enter your job title"),
    ],
)
def test_what_is_missing_or_wrong_is_said(
    client: Client, merefield: Organisation, typed: dict[str, str], message: str
) -> None:
    assertContains(client.post("/register/join/", {**REQUEST, **typed}), message)
    assert not JoinRequest.objects.exists()


def test_requests_are_limited(merefield: Organisation) -> None:
    answers = [Client(REMOTE_ADDR=f"192.0.2.{number}").post("/register/join/", REQUEST) for number in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]


def test_who_misspells_the_name_is_not_shut_out(client: Client, merefield: Organisation) -> None:
    for _number in range(6):
        assertContains(client.post("/register/join/", {**REQUEST, "organisation_name": "Mirfeild"}), UNKNOWN)
    ask(client)


def test_looking_for_organisations_is_limited(client: Client, merefield: Organisation) -> None:
    wrong = {**REQUEST, "organisation_name": "Another"}
    answers = [client.post("/register/join/", wrong).status_code for _number in range(31)]
    assert answers == [200] * 30 + [429]


def test_old_requests_are_forgotten(merefield: Organisation) -> None:
    now = timezone.now()
    confirmed = {"confirmed_at": now - timedelta(days=400), "due_on": date(2026, 1, 1)}
    answered = {**confirmed, "decided_by": "x"}
    make = merefield.join_requests.create
    make(email="old@a.example", made_at=now - timedelta(days=15))
    make(email="new@a.example", made_at=now - timedelta(days=13))
    make(email="waits@a.example", state="waiting", made_at=now - timedelta(days=400), **confirmed)
    make(email="no@a.example", state="declined", decided_at=now - timedelta(days=100), **answered)
    make(email="past@a.example", state="declined", decided_at=now - timedelta(days=190), **answered)
    make(email="yes@a.example", state="accepted", decided_at=now - timedelta(days=190), **answered)
    forget_applications()
    assert {request.email for request in JoinRequest.objects.all()} == {
        "new@a.example", "waits@a.example", "no@a.example"
    }  # fmt: skip
