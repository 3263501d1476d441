"""A stolen cookie is worth nothing after whatever should end it; and every log-in gives a new key."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Mail, Session, User
from tests.accounts import second_step
from tests.factories import PASSWORD, make_user

NEW_PASSWORD = "an entirely different passphrase"


def log_in(client: Client, password: str = PASSWORD) -> Client:
    client.post("/login/", {"login": "known@example.org", "password": password})
    return client


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def replay(key: str) -> int:
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = key
    return thief.get("/account/").status_code


def change_password(client: Client) -> None:
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post("/account/password/", form)


def reset_password(_: Client) -> None:
    visitor = Client()
    visitor.post("/password/reset/", {"email": "known@example.org"})
    text = Mail.objects.filter(subject__startswith="Set a new password")[0].text
    (link,) = re.findall(r"/password/reset/key/\S+", text)
    form = visitor.get(link)["Location"]
    visitor.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})


def add_second_step(client: Client) -> None:
    second_step.confirm(client)
    second_step.add_app(client)


def remove_second_step(client: Client) -> None:
    second_step.confirm(client)
    client.post("/account/second-step/app/remove/")


def new_codes(client: Client) -> None:
    second_step.confirm(client)
    client.post("/account/second-step/codes/new/")


def change_email(client: Client) -> None:
    second_step.confirm(client)
    client.post("/account/email/", {"email": "new@example.org"})
    for mail in Mail.objects.filter(subject__startswith="Confirm the change"):
        client.post(re.findall(r"/account/email/confirm/\S+", mail.text)[0])


def end_sessions(client: Client) -> None:
    for session in Session.objects.exclude(session_key=key_of(client)):
        client.post(f"/account/sessions/{session.id}/end/")


def end_others(client: Client) -> None:
    client.post("/account/sessions/end-others/")


def become_staff(client: Client) -> None:
    User.objects.update(is_staff=True)
    client.get("/account/")


def with_second_step(user: User) -> None:
    second_step.with_app(user)
    second_step.with_codes(user)


# What happens in one's own session; whether that session goes on (under a new key) or is the one that ends.
EVENTS: dict[str, tuple[Callable[[Client], Any], Callable[[User], Any] | None]] = {
    "password change": (change_password, None),
    "password reset": (reset_password, None),
    "second step added": (add_second_step, None),
    "second step removed": (remove_second_step, with_second_step),
    "new recovery codes": (new_codes, with_second_step),
    "e-mail change": (change_email, None),
    "end this session": (end_sessions, None),
    "end all others": (end_others, None),
}
KEEPS_ITS_KEY = {"end this session", "end all others"}
ENDS_ITSELF = {"password reset"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("event", EVENTS)
def test_cookies_from_before_are_refused(event: str) -> None:
    """Both a session elsewhere, and a copy of one's own cookie that somebody took."""
    act, prepare = EVENTS[event]
    user = make_user("known@example.org")
    own, elsewhere = log_in(Client()), log_in(Client())
    if prepare:
        prepare(user)
    before = {"own": key_of(own), "elsewhere": key_of(elsewhere)}
    assert [replay(key) for key in before.values()] == [200, 200], "the drill can fail"

    act(own)

    assert replay(before["elsewhere"]) == 302
    assert replay(before["own"]) == (200 if event in KEEPS_ITS_KEY else 302)
    assert own.get("/account/").status_code == (302 if event in ENDS_ITSELF else 200)


@pytest.mark.django_db
@pytest.mark.parametrize(("event", "wait"), [("idle", timedelta(minutes=30)), ("absolute", timedelta(hours=12))])
def test_the_limits_refuse_a_cookie(event: str, wait: timedelta) -> None:
    make_user("known@example.org")
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        key = key_of(log_in(Client()))
    for minutes in range(29, 12 * 60, 29) if event == "absolute" else ():
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert replay(key) == 200
    with time_machine.travel(start + wait, tick=False):
        assert replay(key) == 302


@pytest.mark.django_db
@pytest.mark.parametrize("way_out", ["/logout/", "/admin/logout/"])
def test_a_log_out_refuses_the_cookie(way_out: str) -> None:
    make_user("known@example.org", is_staff=True)
    client = log_in(Client())
    key = key_of(client)
    assert client.post(way_out).status_code == 302
    assert replay(key) == 302


@pytest.mark.django_db
def test_new_rights_refuse_the_cookie() -> None:
    make_user("known@example.org")
    client = log_in(Client())
    client.get("/account/")
    key = key_of(client)
    become_staff(client)
    assert replay(key) == 302
    assert client.get("/account/").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("second", [False, True])
def test_a_key_planted_before_the_log_in_is_worth_nothing(*, second: bool) -> None:
    user = make_user("known@example.org")
    if second:
        second_step.with_app(user)
    client = Client()
    planted = client.session
    planted["anything"] = 1
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(planted.session_key)
    log_in(client)
    if second:
        client.post("/login/second-step/", {"code": second_step.code_at()})
    assert client.get("/account/").status_code == 200
    assert key_of(client) != planted.session_key
    assert replay(str(planted.session_key)) == 302
