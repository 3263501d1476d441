"""Guessing is paused: per account and network, per account, per network; without locking people out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains

from accounts.models import Action, AuditEvent, User
from tests.factories import PASSWORD, make_user

WRONG = "not-the-right-passphrase"
LATER = timedelta(minutes=15)


def log_in(client: Client, email: str = "known@example.org", password: str = WRONG, address: str = "192.0.2.1") -> Any:
    return client.post("/login/", {"login": email, "password": password}, REMOTE_ADDR=address)


@pytest.mark.django_db
def test_five_wrong_passwords_are_followed_by_a_pause(client: Client, person: User) -> None:
    assert [log_in(client).status_code for _ in range(6)] == [200] * 5 + [429]
    cache.clear()  # nothing of it lives there
    response = log_in(Client(), password=PASSWORD)
    assertContains(response, "Too many attempts", status_code=429)
    assertContains(response, "You can try again from", status_code=429)
    assert 0 < int(response["Retry-After"]) <= LATER.total_seconds()
    with time_machine.travel(timezone.now() + LATER, tick=False):
        assert log_in(Client(), password=PASSWORD).status_code == 302
    failures = AuditEvent.objects.filter(action=Action.LOG_IN_FAILED, target=f"user:{person.pk}")
    assert failures.count() == 5


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["unknown@example.org", "closed@example.org"])
def test_an_address_that_we_do_not_know_is_paused_alike(client: Client, email: str) -> None:
    make_user("closed@example.org", is_active=False)
    assert [log_in(client, email).status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.django_db
def test_a_stranger_does_not_lock_the_owner_out(person: User) -> None:
    for _ in range(8):
        log_in(Client(), address="198.51.100.9")
    assert log_in(Client(), password=PASSWORD, address="192.0.2.1").status_code == 302


@pytest.mark.django_db
def test_many_strangers_do_not_lock_out_a_browser_that_is_known(person: User) -> None:
    own = Client()
    log_in(own, password=PASSWORD)
    own.post("/logout/")
    statuses = [log_in(Client(), address=f"198.51.100.{number}").status_code for number in range(31)]
    assert statuses == [200] * 30 + [429]
    assert log_in(Client(), password=PASSWORD).status_code == 429, "a browser that is not known waits"
    assert log_in(own, password=PASSWORD).status_code == 302


@pytest.mark.django_db
def test_a_known_browser_may_not_guess_more(person: User) -> None:
    own = Client()
    log_in(own, password=PASSWORD)
    own.post("/logout/")
    assert [log_in(own).status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.django_db
def test_a_forged_mark_of_a_browser_is_none(person: User) -> None:
    for number in range(31):
        log_in(Client(), address=f"198.51.100.{number}")
    forger = Client()
    forger.cookies["device"] = "0123456789abcdef0123456789abcdef:1tZ:forged"
    assert log_in(forger, password=PASSWORD).status_code == 429


@pytest.mark.django_db
def test_one_network_may_not_try_many_accounts(client: Client, person: User) -> None:
    statuses = [log_in(client, f"person{number}@example.net").status_code for number in range(31)]
    assert statuses == [200] * 30 + [429]
    assert log_in(client, password=PASSWORD).status_code == 429
    assert log_in(Client(), password=PASSWORD, address="192.0.2.77").status_code == 302


@pytest.mark.django_db
def test_a_right_password_costs_nothing(client: Client, person: User) -> None:
    for _ in range(12):
        assert log_in(client, password=PASSWORD).status_code == 302
        client.post("/logout/")


@pytest.mark.django_db
def test_an_open_session_is_no_way_to_guess(person: User) -> None:
    client = Client()
    log_in(client, password=PASSWORD)
    for number in range(6):
        response = client.post("/account/confirm/", {"password": WRONG}, REMOTE_ADDR="192.0.2.1")
        assert response.status_code == (429 if number == 5 else 200)
    form = {"oldpassword": WRONG, "password1": "a wholly new passphrase", "password2": "a wholly new passphrase"}
    assert client.post("/account/password/", form, REMOTE_ADDR="192.0.2.1").status_code == 429


@pytest.mark.django_db
def test_forwarded_addresses_of_strangers_are_not_believed(person: User) -> None:
    statuses = [
        Client(headers={"X-Forwarded-For": f"203.0.113.{number}"})
        .post("/login/", {"login": person.email, "password": WRONG})
        .status_code
        for number in range(6)
    ]
    assert statuses == [200] * 5 + [429]


@pytest.mark.django_db
def test_an_empty_form_says_what_to_enter_and_counts_nothing(client: Client) -> None:
    for _ in range(8):
        response = client.post("/login/", {})
        assertContains(response, "Enter your e-mail address")
        assertContains(response, "Enter your password")


@pytest.mark.django_db(transaction=True)
def test_parallel_attempts_do_not_overrun_the_limit() -> None:
    make_user("known@example.org")

    def attempt(_: int) -> int:
        try:
            status: int = log_in(Client()).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(attempt, range(24)))
    assert (statuses.count(200), statuses.count(429)) == (5, 19)
    assert AuditEvent.objects.filter(action=Action.LOG_IN_FAILED).count() == 5
