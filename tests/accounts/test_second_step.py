"""Authenticator app and recovery codes; passkeys are tried in a browser (tests/journeys/test_account.py)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail, User
from tests.accounts import second_step
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
STEP = "/login/second-step/"


def log_in(client: Client, user: User) -> Any:
    return client.post("/login/", {"login": user.email, "password": PASSWORD})


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


@pytest.fixture
def careful(person: User) -> User:
    """A person with an authenticator app."""
    return second_step.with_app(person)


@pytest.fixture
def still() -> Iterator[Any]:
    """The clock stands, so that no code passes its half minute between two lines of a test."""
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.mark.django_db(transaction=True)
def test_an_app_is_set_up(client: Client, person: User, still: Any) -> None:
    log_in(client, person)
    assertRedirects(client.get("/account/second-step/app/"), "/account/confirm/?next=%2Faccount%2Fsecond-step%2Fapp%2F")
    second_step.confirm(client)
    assertContains(client.post("/account/second-step/app/", {"code": "000000"}), "This code is not right")
    second_step.add_app(client)

    assert second_step.steps_of(person) == {"totp", "recovery_codes"}
    assertContains(client.get("/account/second-step/codes/"), "<code>", count=10)
    actions = AuditEvent.objects.filter(target=f"user:{person.pk}").values_list("action", flat=True)
    assert {Action.MFA_ADDED, Action.RECOVERY_CODES_MADE} <= set(actions)
    assert Mail.objects.filter(recipient=person.email, subject="Second step: an authenticator app was added").exists()


def test_the_password_alone_opens_nothing(client: Client, careful: User, still: Any) -> None:
    assertRedirects(log_in(client, careful), STEP)
    assert not is_in(client)
    assertContains(client.post(STEP, {"code": "123456"}), "This code is not right")
    assert not is_in(client)
    assertContains(client.post(STEP, {"code": ""}), "Enter a code")
    client.post(STEP, {"code": second_step.code_at()})
    assert is_in(client)
    event = AuditEvent.objects.get(action=Action.LOGGED_IN)
    assert event.detail["how"] == ["password", "totp"]
    assert AuditEvent.objects.filter(action=Action.CODE_FAILED, target=f"user:{careful.pk}").count() == 1


def test_a_code_is_good_for_one_use(careful: User, still: Any) -> None:
    code = second_step.code_at()
    for number, good in enumerate([True, False]):
        client = Client()
        log_in(client, careful)
        client.post(STEP, {"code": f"{code[:3]} {code[3:]}" if number else code})
        assert is_in(client) is good


@pytest.mark.parametrize(("seconds", "good"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_telephones_clock_may_be_half_a_minute_wrong(
    client: Client, careful: User, still: Any, seconds: int, *, good: bool
) -> None:
    log_in(client, careful)
    client.post(STEP, {"code": second_step.code_at(timezone.now() + timedelta(seconds=seconds))})
    assert is_in(client) is good


def test_a_code_older_than_one_that_was_used_is_refused(careful: User, still: Any) -> None:
    for seconds, good in ((30, True), (0, False)):
        client = Client()
        log_in(client, careful)
        client.post(STEP, {"code": second_step.code_at(timezone.now() + timedelta(seconds=seconds))})
        assert is_in(client) is good


def test_each_recovery_code_opens_once(careful: User) -> None:
    codes = second_step.with_codes(careful)
    for code, good in ((codes[0], True), (codes[0], False), (codes[1], True)):
        client = Client()
        log_in(client, careful)
        client.post(STEP, {"code": code})
        assert is_in(client) is good
    assert AuditEvent.objects.filter(action=Action.LOGGED_IN)[0].detail["how"] == ["password", "recovery_codes"]


def test_codes_are_limited(client: Client, careful: User, still: Any) -> None:
    log_in(client, careful)
    assert [client.post(STEP, {"code": "123456"}).status_code for _ in range(6)] == [200] * 5 + [429]
    response = client.post(STEP, {"code": second_step.code_at()})
    assertContains(response, "You can try again from", status_code=429)
    assert not is_in(client)


def test_codes_are_limited_over_all_networks(careful: User, still: Any) -> None:
    client = Client()
    log_in(client, careful)
    statuses = [
        client.post(STEP, {"code": "123456"}, REMOTE_ADDR=f"198.51.100.{number}").status_code for number in range(16)
    ]
    assert statuses == [200] * 15 + [429]


@pytest.mark.django_db(transaction=True)
def test_parallel_uses_of_one_code_let_one_in() -> None:
    user = second_step.with_app(make_user())
    with time_machine.travel(timezone.now(), tick=False):
        code = second_step.code_at()
        clients = [Client() for _ in range(4)]
        for client in clients:
            log_in(client, user)

        def step(client: Client) -> bool:
            try:
                client.post(STEP, {"code": code})
                return is_in(client)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(step, clients)) == [False, False, False, True]


def test_secrets_are_not_stored_as_they_are(careful: User, settings: Settings) -> None:
    second_step.with_codes(careful)
    app = Authenticator.objects.get(user=careful, type="totp")
    assert second_step.SECRET not in str(app.data)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key, after a rotation"
    assert app.wrap().validate_code(second_step.code_at())


def test_the_app_is_removed_and_the_codes_go_with_it(client: Client, person: User, still: Any) -> None:
    log_in(client, person)
    second_step.confirm(client)
    second_step.add_app(client)
    assert client.get("/account/second-step/app/remove/").status_code == 200
    assert second_step.steps_of(person) == {"totp", "recovery_codes"}
    client.post("/account/second-step/app/remove/")
    assert second_step.steps_of(person) == set()
    assert AuditEvent.objects.filter(action=Action.MFA_REMOVED).count() == 1
    assert Mail.objects.filter(subject="Second step: the authenticator app was removed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_end_the_old(client: Client, person: User, still: Any) -> None:
    log_in(client, person)
    second_step.confirm(client)
    second_step.add_app(client)
    before = client.get("/account/second-step/codes/file/").content
    client.post("/account/second-step/codes/new/")
    after = client.get("/account/second-step/codes/file/")
    assert after["Content-Disposition"] == 'attachment; filename="recovery-codes.txt"'
    assert "no-store" in after["Cache-Control"]
    assert not set(before.split()) & set(after.content.split())
    assert Mail.objects.filter(subject="New recovery codes were made").count() == 1


def test_five_minutes_later_one_is_asked_again(client: Client, person: User) -> None:
    start = timezone.now()
    log_in(client, person)
    second_step.confirm(client)
    assert client.get("/account/second-step/app/").status_code == 200
    with time_machine.travel(start + timedelta(minutes=6), tick=False):
        assert client.get("/account/second-step/app/").status_code == 302


@pytest.mark.parametrize(
    "credential", ["", "1", "[]", "{}", '{"id": 1}', '{"response": {"userHandle": "AA"}}', "x" * 99]
)
def test_a_passkey_made_up_is_refused(client: Client, careful: User, credential: str) -> None:
    client.get("/login/passkey/", headers={"Accept": "application/json"})
    assertRedirects(client.post("/login/passkey/", {"credential": credential}), "/login/")
    log_in(client, careful)
    assert client.post(STEP, {"credential": credential}).status_code == 200
    assert not is_in(client)
    other = Client()
    other.force_login(make_user())
    second_step.confirm(other)
    other.get("/account/second-step/passkeys/add/")
    assert other.post("/account/second-step/passkeys/add/", {"credential": credential}).status_code == 200


class TestStaff:
    """Nobody administers without a second step; the demonstration's people may."""

    @pytest.fixture(autouse=True)
    def _in_production(self, settings: Settings) -> None:
        settings.DEMONSTRATION = False

    @pytest.mark.parametrize("address", ["/admin/", "/admin/accounts/user/", "/admin/no-such-page/", "/admin/login/"])
    def test_without_a_second_step_they_are_led_to_set_one_up(self, client: Client, address: str) -> None:
        log_in(client, make_user("s@example.org", is_staff=True, is_superuser=True))
        for method in (client.get, client.post):
            response = method(address, follow=True)
            assert response.redirect_chain[-1] == ("/account/second-step/", 302)
            assertContains(response, "Staff work with two steps of log-in")

    def test_with_one_they_get_in(self, client: Client, still: Any) -> None:
        user = second_step.with_app(make_user(is_staff=True, is_superuser=True))
        log_in(client, user)
        assert client.get("/admin/").status_code == 302, "half-way through the log-in"
        client.post(STEP, {"code": second_step.code_at()})
        assert client.get("/admin/accounts/user/").status_code == 200

    def test_recovery_codes_alone_are_no_second_step(self, client: Client) -> None:
        user = make_user(is_staff=True, is_superuser=True)
        second_step.with_codes(user)
        client.force_login(user)
        assertRedirects(client.get("/admin/"), "/account/second-step/", fetch_redirect_response=False)

    def test_there_is_no_second_door(self, client: Client) -> None:
        user = make_user("s@example.org", is_staff=True, is_superuser=True)
        response = client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
        assert response.status_code == 302
        assert response["Location"].startswith("/login/?next=")
        assert not is_in(client)
