"""Every address of the service as a real one, and everybody who may stand before it."""

import os
import re
from collections.abc import Sequence
from typing import Final, TypeVar

import pytest
from django.test import Client
from django.urls import get_resolver

from accounts.models import User
from tests.factories import PASSWORD
from tests.test_access_matrix import _routes, addresses, people

__all__ = ["addresses", "everybody", "everywhere", "people", "targets"]

T = TypeVar("T")
FULL: Final = os.environ.get("RVS_DRILLS") == "full"

# For routes that the access matrix does not know yet: new pages are attacked from the first day.
_FALLBACK: Final = {
    r"<uuid:\w+>": "00000000-0000-4000-8000-000000000000",
    r"<int:\w+>": "1",
    r"<(path|str|slug):\w+>": "1",
    r"\^?\(\?P<\w+>[^/]*\)\$?": "1",
    r"[\^$]": "",
}
ATTACKERS: Final = ("anonymous", "primary", "staff")
_BEFORE_LOG_IN: Final = ("/login/", "/password/", "/admin/login/")


@pytest.fixture
def everywhere(addresses: dict[str, str]) -> list[str]:
    """One address for each route of the resolver."""
    return [addresses.get(route) or _concrete(route) for route in _routes(get_resolver())]


def _concrete(route: str) -> str:
    for pattern, value in _FALLBACK.items():
        route = re.sub(pattern, value, route)
    return f"/{route}"


@pytest.fixture
def everybody(people: dict[str, User | None]) -> dict[str, Client]:
    """Logged in as people do it, so that pages which ask who is there let them pass."""
    return {name: _logged_in(people[name]) for name in ATTACKERS}


@pytest.fixture
def targets(everybody: dict[str, Client], everywhere: list[str]) -> list[tuple[Client, str]]:
    """Every address with whoever gets furthest there; in the long drills with everybody."""
    if FULL:
        return [(client, address) for client in everybody.values() for address in everywhere]
    return [(everybody[_furthest(address)], address) for address in everywhere]


def _furthest(address: str) -> str:
    if address.startswith(_BEFORE_LOG_IN):
        return "anonymous"
    return "staff" if address.startswith("/admin/") else "primary"


def some(everything: Sequence[T], turn: int) -> Sequence[T]:
    """Every sixth, beginning elsewhere each turn; in the long drills all."""
    return everything if FULL else everything[turn % 6 :: 6]


def _logged_in(person: User | None) -> Client:
    client = Client()
    if person:
        answer = client.post("/login/", {"login": person.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.content
    return client
