"""One log-in for everybody: by e-mail address and password."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import Action, AuditEvent, User
from organisations.models import Organisation, Role
from tests.factories import PASSWORD, make_member, make_user

pytestmark = pytest.mark.django_db

LOG_IN = "/login/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


def log_in(client: Client, email: str = "known@example.org", password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOG_IN, {"login": email, "password": password, **more})


def is_logged_in(client: Client) -> bool:
    return client.get("/candidate/").status_code == 200


def test_the_page_is_the_verification_service(client: Client) -> None:
    page = client.get(LOG_IN)
    assertContains(page, "<h1>Verification Service</h1>", html=True)
    for name in ("login", "password"):
        assert re.search(rf'<input[^>]*name="{name}"[^>]*>', page.content.decode())


def test_each_role_comes_to_its_own_start_page(client: Client, organisation: Organisation) -> None:
    people = {
        make_user().email: "/candidate/",
        make_member(organisation).email: "/shared-results/",
        make_member(organisation, Role.PRIMARY).email: "/shared-results/",
        make_user(is_staff=True, is_superuser=True).email: "/admin/",
    }
    for email, start in people.items():
        response = Client().post(LOG_IN, {"login": email, "password": PASSWORD}, follow=True)
        assert response.redirect_chain[-1] == (start, 302)
        assert response.status_code == 200


@pytest.mark.parametrize("email", ["known@example.org", "KNOWN@Example.org", " known@example.org "])
def test_the_address_may_be_typed_in_any_case(client: Client, person: User, email: str) -> None:
    log_in(client, email)
    assert is_logged_in(client)


def test_a_log_in_and_a_log_out_are_recorded(client: Client, person: User) -> None:
    log_in(client)
    client.post("/logout/")
    events = AuditEvent.objects.filter(actor=f"user:{person.pk}", target=f"user:{person.pk}").order_by("id")
    assert [event.action for event in events] == [Action.LOGGED_IN, Action.LOGGED_OUT]


def test_staff_log_out_by_the_same_door(staff: Client) -> None:
    assertRedirects(staff.post("/admin/logout/"), LOG_IN)
    assert AuditEvent.objects.filter(action=Action.LOGGED_OUT).count() == 1


def test_a_refused_log_in_does_not_tell_why(person: User) -> None:
    """Wrong password, unknown address, closed account: one answer, byte for byte."""
    make_user("inert@example.org", is_active=False)
    unusable = make_user("blank@example.org")
    unusable.set_unusable_password()
    unusable.save()
    answers = set()
    for email in ("known@example.org", "other@example.org", "inert@example.org", "blank@example.org"):
        client = Client()
        response = log_in(client, email, "not-the-right-passphrase")
        assert response.status_code == 200
        assert not is_logged_in(client)
        page = TOKEN.sub("", response.content.decode())
        assert "There is a problem" in page
        answers.add((page.replace(email, "x"), _headers(response)))
    assert len(answers) == 1


def _headers(response: Any) -> str:
    """Without what differs from answer to answer: its number and its second."""
    return str(sorted((name, value) for name, value in response.items() if name not in {"X-Request-ID", "Expires"}))


def test_a_closed_account_stays_out_with_the_right_password(client: Client) -> None:
    make_user("closed@example.org", is_active=False)
    assertRedirects(log_in(client, "closed@example.org"), "/account/inactive/")
    assert not is_logged_in(client)
    assertContains(client.get("/account/inactive/"), "This account is closed")


def test_an_account_that_is_closed_later_is_out_at_once(client: Client, person: User) -> None:
    log_in(client)
    assert is_logged_in(client)
    person.is_active = False
    person.save()
    assert not is_logged_in(client)


def test_a_key_known_before_the_log_in_is_worth_nothing_after_it(client: Client, person: User) -> None:
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    before = session.session_key

    log_in(client)

    assert is_logged_in(client)
    assert client.session.session_key != before
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = str(before)
    assert not is_logged_in(thief)


def test_after_the_log_out_the_old_key_opens_nothing(client: Client, person: User) -> None:
    log_in(client)
    old = client.cookies[settings.SESSION_COOKIE_NAME].value
    assertRedirects(client.post("/logout/"), LOG_IN)
    assert not is_logged_in(client)
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = old
    assert not is_logged_in(thief)


def test_a_link_logs_nobody_out(client: Client, person: User) -> None:
    log_in(client)
    assertContains(client.get("/logout/"), "Do you want to log out?")
    assert is_logged_in(client)


def test_the_back_button_shows_nothing_after_the_log_out(client: Client, person: User) -> None:
    log_in(client)
    for address in ("/candidate/", "/logout/", "/help/"):
        assert "no-store" in client.get(address)["Cache-Control"]


def test_the_log_in_form_needs_its_token(person: User) -> None:
    client = Client(enforce_csrf_checks=True)
    assert log_in(client).status_code == 403
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(LOG_IN).content.decode())
    assert found
    assert log_in(client, csrfmiddlewaretoken=found[1]).status_code == 302


def test_the_log_in_leads_back_to_the_page_that_asked_for_it(client: Client, organisation: Organisation) -> None:
    person = make_member(organisation)
    asked = client.get("/organisation/")
    assert asked["Location"] == "/login/?next=/organisation/"
    assert log_in(client, person.email, next="/organisation/")["Location"] == "/organisation/"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "https:evil.example",
        "http:///evil.example",
        "https://testserver@evil.example/",
        "https://testserver.evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        " //evil.example/",
        "\t//evil.example",
        "/%2f/../\r\nLocation: https://evil.example/",
        "https://evil.example\\@testserver/",
        "ftp://testserver/",
    ],
)
@pytest.mark.parametrize("method", ["post", "get"])
def test_no_target_leads_off_the_site(client: Client, person: User, target: str, method: str) -> None:
    if method == "get":
        client.force_login(person)  # who is logged in already is sent on at once
        response: Any = client.get(LOG_IN, {"next": target})
    else:
        response = log_in(client, next=target)
    assert response.status_code == 302
    assert re.fullmatch(r"/(?![/\\])[^\s\\]*", response["Location"])
