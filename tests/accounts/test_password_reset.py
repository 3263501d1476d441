"""Somebody has forgotten the password."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

RESET = "/password/reset/"
NEW_PASSWORD = "an entirely different passphrase"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
GONE = "This link no longer works"


def ask(client: Client, email: str = "known@example.org", **headers: str) -> Any:
    return client.post(RESET, {"email": email}, headers=headers)


def link_in_the_mail() -> str:
    """The link's path; its host is the configured one."""
    text = Mail.objects.get(recipient="known@example.org", subject__startswith="Set a new password").text
    (link,) = re.findall(r"https?://\S+/password/reset/key/\S+", text)
    assert link.startswith(f"{settings.PUBLIC_BASE_URL}/")
    return str(link.removeprefix(settings.PUBLIC_BASE_URL))


def open_link(client: Client, link: str) -> tuple[str, Any]:
    """Follows the link as a browser does; returns the form's address and the page."""
    page = client.get(link, follow=True)
    return (page.redirect_chain[-1][0] if page.redirect_chain else link), page


def set_password(client: Client, link: str, password: str = NEW_PASSWORD) -> Any:
    form, _ = open_link(client, link)
    return client.post(form, {"password1": password, "password2": password})


def test_the_whole_way(client: Client, person: User) -> None:
    old_session = Client()
    old_session.post("/login/", {"login": person.email, "password": PASSWORD})
    assertRedirects(ask(client), "/password/reset/done/")
    link = link_in_the_mail()

    assertRedirects(set_password(client, link), "/password/reset/key/done/")

    assert AuditEvent.objects.filter(action=Action.PASSWORD_CHANGED, actor=f"user:{person.pk}").count() == 1
    assert Mail.objects.filter(recipient=person.email, subject="Your password was changed").count() == 1
    assert old_session.get("/candidate/").status_code == 302, "every other session has ended"
    assert Client().post("/login/", {"login": person.email, "password": PASSWORD}).status_code == 200
    assert Client().post("/login/", {"login": person.email, "password": NEW_PASSWORD}).status_code == 302


def test_setting_a_password_logs_nobody_in(client: Client, person: User) -> None:
    ask(client)
    set_password(client, link_in_the_mail())
    assert client.get("/candidate/").status_code == 302


def test_known_and_unknown_addresses_get_the_same_answer(person: User) -> None:
    make_user("closed@example.org", is_active=False)
    answers = set()
    for email in ("known@example.org", "other@example.org", "closed@example.org"):
        client = Client()
        response = ask(client, email)
        done = client.get(response["Location"])
        headers = {*response.headers, *done.headers}
        cookies = {name: bool(morsel.value) for name, morsel in client.cookies.items()}
        page = TOKEN.sub("", done.content.decode())
        answers.add((response.status_code, response["Location"], page, str(sorted(headers)), str(sorted(cookies))))
    assert len(answers) == 1
    assert Mail.objects.count() == 3, "each of them gets a mail, so that neither takes longer"
    assert "/password/reset/key/" not in Mail.objects.get(recipient="closed@example.org").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "testserver.evil.example"},
        {"Host": "testserver@evil.example"},
        {"Host": "testserver:80@evil.example"},
        {"Host": "evil.example#testserver"},
        {"Host": "testserver, evil.example"},
        {"Host": "testserver:8443"},
        {"Host": "LOCALHOST"},
        {"Host": "localhost."},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Server": "evil.example"},
        {"X-Host": "evil.example"},
        {"X-Original-URL": "https://evil.example/"},
        {"X-Forwarded-Proto": "gopher", "X-Forwarded-Port": "1"},
        {"Forwarded": "for=1.1.1.1;host=evil.example;proto=https"},
        {"Origin": "https://evil.example", "Referer": "https://evil.example/"},
    ],
)
def test_the_link_names_our_host_whatever_the_request_claims(
    client: Client, person: User, headers: dict[str, str]
) -> None:
    response = ask(client, **headers)
    assert response.status_code in {302, 400}
    for mail in Mail.objects.all():
        hosts = set(re.findall(r"https?://([^/\s]+)", mail.text + mail.html))
        assert hosts == {"testserver"}
    assert Mail.objects.exists() == (response.status_code == 302)


def test_a_scanner_that_reads_the_link_does_not_use_it_up(client: Client, person: User) -> None:
    ask(client)
    link = link_in_the_mail()
    for number in range(5):
        scanner = Client(REMOTE_ADDR=f"192.0.2.{number + 1}", headers={"User-Agent": "SafeLinks"})
        scanner.head(link)
        _, page = open_link(scanner, link)
        assertContains(page, "Set a new password")
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert not AuditEvent.objects.filter(action=Action.PASSWORD_CHANGED).exists()

    assert set_password(client, link).status_code == 302
    person.refresh_from_db()
    assert person.check_password(NEW_PASSWORD)


def test_the_form_is_sent_by_a_person(client: Client, person: User) -> None:
    ask(client)
    _, page = open_link(client, link_in_the_mail())
    html = page.content.decode()
    assert html.count('method="post"') == 1
    assert re.search(r'<button[^>]*type="submit"', html)
    assert "&lt;" not in html, "hints are markup, not shown as such"
    assert html.count("<script") == html.count("<script src=")


def test_a_used_link_says_so(client: Client, person: User) -> None:
    ask(client)
    link = link_in_the_mail()
    set_password(client, link)
    for again in (client, Client()):
        _, page = open_link(again, link)
        assertContains(page, GONE)
        assertContains(page, "Ask for a new link")


def test_a_link_is_good_for_three_days(client: Client, person: User) -> None:
    ask(client)
    link = link_in_the_mail()
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=3, seconds=-5), tick=False):
        assertContains(open_link(Client(), link)[1], "Set a new password")
    with time_machine.travel(now + timedelta(days=3, seconds=5), tick=False):
        late = Client()
        assertContains(open_link(late, link)[1], GONE)
        assertContains(late.post(link, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}), GONE)
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize("spoil", [lambda link: link[:-3] + "/", lambda link: link.replace("key/", "key/a"), None])
def test_a_link_that_was_not_copied_whole_says_so(client: Client, person: User, spoil: Any) -> None:
    ask(client)
    broken = spoil(link_in_the_mail()) if spoil else "/password/reset/key/1-x/"
    assertContains(open_link(client, broken)[1], GONE)


def test_the_link_of_one_is_nothing_for_another(client: Client, person: User) -> None:
    other = make_user("other@example.org")
    ask(client)
    swapped = re.sub(r"key/[0-9a-zA-Z]+-", f"key/{other.pk.hex}-", link_in_the_mail())
    assertContains(open_link(client, swapped)[1], GONE)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "at least 12 characters"),
        ("password1234", "too common"),
        ("482750193756", "entirely numeric"),
        ("known@example.org", "too similar"),
        ("", "Enter a new password"),
    ],
)
def test_a_weak_password_is_refused_with_a_reason(client: Client, person: User, password: str, message: str) -> None:
    ask(client)
    response = set_password(client, link_in_the_mail(), password)
    assertContains(response, message)
    assertContains(response, "<title>Error:")
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_two_different_passwords_are_refused(client: Client, person: User) -> None:
    ask(client)
    form, _ = open_link(client, link_in_the_mail())
    response = client.post(form, {"password1": NEW_PASSWORD, "password2": "another passphrase entirely"})
    assertContains(response, "same password")


def test_asking_too_often_is_paused(client: Client, person: User) -> None:
    statuses = [ask(client).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]
    assertContains(ask(client), "Too many attempts", status_code=429)
    assert Mail.objects.filter(recipient=person.email).count() == 5
    with time_machine.travel(timezone.now() + timedelta(minutes=15), tick=False):
        assert ask(client).status_code == 302
