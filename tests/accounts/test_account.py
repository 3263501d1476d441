"""The account page: details, password, security events, the mail about an unknown browser, the switch of roles."""

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.devices import device_name
from accounts.models import Action, AuditEvent, Mail, User
from organisations.models import Organisation
from tests.factories import PASSWORD, make_member, make_user

pytestmark = pytest.mark.django_db

DETAILS = {"given_name": "Zoë", "family_name": "O’Brien", "job_title": "Registrar", "time_zone": "Asia/Kolkata"}
NEW_PASSWORD = "an entirely different passphrase"
UNKNOWN_BROWSER = "Log-in with a browser that we do not know"


def log_in(client: Client, user: User, password: str = PASSWORD) -> None:
    client.post("/login/", {"login": user.email, "password": password})


def test_details_are_changed(client: Client, person: User) -> None:
    log_in(client, person)
    assertRedirects(client.post("/account/details/", DETAILS), "/account/")
    person.refresh_from_db()
    assert (person.given_name, person.job_title, person.time_zone) == ("Zoë", "Registrar", "Asia/Kolkata")
    event = AuditEvent.objects.get(action=Action.DETAILS_CHANGED)
    assert set(event.detail["fields"]) == set(DETAILS)
    assert "Zoë" not in str(event.detail)
    assertContains(client.get("/account/sessions/"), "IST")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"given_name": " "}, "Enter your first name"),
        ({"time_zone": "Moon/Base"}, "Select a valid choice"),
        ({"given_name": "x" * 151}, "at most 150 characters"),
        ({"job_title": "a\0b"}, "Null characters are not allowed"),
    ],
)
def test_wrong_details_are_refused(client: Client, person: User, change: dict[str, str], message: str) -> None:
    log_in(client, person)
    assertContains(client.post("/account/details/", DETAILS | change), message)
    person.refresh_from_db()
    assert person.given_name == "Pat"


def test_no_other_field_can_be_changed(client: Client, person: User) -> None:
    log_in(client, person)
    client.post("/account/details/", DETAILS | {"is_staff": "on", "is_superuser": "on", "email": "x@example.org"})
    person.refresh_from_db()
    assert (person.is_staff, person.is_superuser, person.email) == (False, False, "known@example.org")


def test_the_password_is_changed(client: Client, person: User) -> None:
    log_in(client, person)
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assertContains(client.post("/account/password/", form | {"oldpassword": "wrong"}), "not your present password")
    assertContains(client.post("/account/password/", form | {"password2": "other"}), "same password")
    assertContains(client.post("/account/password/", {}), "Enter your present password")
    assertRedirects(client.post("/account/password/", form), "/account/")
    assert client.get("/account/").status_code == 200
    assert Mail.objects.filter(recipient=person.email, subject="Your password was changed").count() == 1
    assert Client().post("/login/", {"login": person.email, "password": PASSWORD}).status_code == 200


def test_people_read_what_happened_to_their_account(client: Client, person: User) -> None:
    client.post("/login/", {"login": person.email, "password": "a wrong one"})
    log_in(client, person)
    stranger = make_user("stranger@example.org")
    log_in(Client(), stranger)
    page = client.get("/account/events/")
    assertContains(page, "Log-in failed: wrong password", count=1)
    assertContains(page, "Logged in", count=1)
    assertNotContains(page, str(stranger.pk))


def test_a_browser_that_is_not_known_is_told_by_mail_once(client: Client, person: User) -> None:
    for _ in range(3):
        log_in(client, person)
        client.post("/logout/")
    assert Mail.objects.filter(subject=UNKNOWN_BROWSER).count() == 1
    log_in(Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"}), person)
    mail = Mail.objects.filter(subject=UNKNOWN_BROWSER)[0]
    assert mail.recipient == person.email
    assert "Chrome on Windows" in mail.text
    log_in(client, make_user("flatmate@example.org"))
    assert Mail.objects.filter(subject=UNKNOWN_BROWSER, recipient="flatmate@example.org").count() == 1


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("", "Unknown browser"),
        ("curl/8", "Unknown browser"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) CriOS/140 Safari/604.1", "Chrome on iPad"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("<script>alert(1)</script>" * 1000, "Unknown browser"),
    ],
)
def test_the_kind_of_browser_is_named(agent: str, name: str) -> None:
    assert device_name(agent) == name


def test_log_out_makes_the_browser_forget(client: Client, person: User) -> None:
    log_in(client, person)
    assert client.post("/logout/")["Clear-Site-Data"] == '"cache"'


def test_a_member_may_switch_to_the_own_results(client: Client, organisation: Organisation) -> None:
    log_in(client, make_member(organisation))
    verifying, own = client.get("/candidate-search/"), client.get("/candidate/")
    for page in (verifying, own):
        assertContains(page, "Verify for <bdi>University of Example</bdi>")
        assertContains(page, "My own results")
    assertContains(verifying, 'href="/candidate-search/" aria-current="true"', count=2)
    assertNotContains(verifying, 'href="/candidate/" aria-current="true"')
    assertContains(own, 'href="/candidate/" aria-current="true"', count=2)
    assertNotContains(own, 'href="/candidate-search/" aria-current="true"')


def test_who_only_has_results_has_nothing_to_switch(client: Client, person: User) -> None:
    log_in(client, person)
    assertNotContains(client.get("/candidate/"), "My own results")
