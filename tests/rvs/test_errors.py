"""When something goes wrong, the page says so in plain words."""

from collections.abc import Callable

import psycopg_pool
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertNumQueries

from organisations.views import page

pytestmark = pytest.mark.django_db

DETAIL = "password=canary host=db.internal"


@pytest.fixture
def break_database(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Exception]], None]:
    def break_it(error: type[Exception]) -> None:
        def refuse() -> None:
            raise error(DETAIL)

        monkeypatch.setattr(connection, "ensure_connection", refuse)

    return break_it


def test_a_fault_of_ours_is_a_friendly_500(verifier: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError(DETAIL)

    monkeypatch.setattr(page, "render", fail)
    verifier.raise_request_exception = False
    response = verifier.get("/organisation/")
    assertContains(response, "Sorry, something went wrong", status_code=500)
    assertNotContains(response, "canary", status_code=500)
    assertNotContains(response, "ZeroDivision", status_code=500)
    assert "no-store" in response["Cache-Control"]
    assert "default-src 'none'" in response["Content-Security-Policy"]


@pytest.mark.parametrize("error", [OperationalError, InterfaceError, psycopg_pool.PoolTimeout])
def test_an_unreachable_database_is_a_503_that_passes(
    verifier: Client, break_database: Callable[[type[Exception]], None], error: type[Exception]
) -> None:
    verifier.raise_request_exception = False
    break_database(error)
    for address in ("/candidate-search/", "/organisation/", "/help/"):
        response = verifier.get(address)
        assertContains(response, "<h1", status_code=503)
        assertNotContains(response, "canary", status_code=503)
        assert response["Retry-After"] == "30"
        assert "no-store" in response["Cache-Control"]
        assert "Permissions-Policy" in response.headers
        assert "default-src 'none'" in response["Content-Security-Policy"]


def test_public_pages_need_no_database(client: Client, break_database: Callable[[type[Exception]], None]) -> None:
    break_database(OperationalError)
    for address in ("/", "/help/", "/help/logging-in/", "/accessibility/", "/privacy/", "/register/", "/check/"):
        assert client.get(address).status_code == 200, address


def test_an_unknown_host_is_a_friendly_400(client: Client) -> None:
    with assertNumQueries(0):
        response = client.get("/", headers={"Host": "evil.example"})
    assertContains(response, "Error 400", status_code=400)
    assertNotContains(response, "evil.example", status_code=400)


@pytest.mark.parametrize(
    ("persona", "address", "status"), [("candidate", "/organisation/", 403), ("client", "/x/", 404)]
)
def test_other_errors_say_where_to_go_on(
    persona: str, address: str, status: int, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(persona)
    response = client.get(address)
    assertContains(response, f"Error {status}", status_code=status)
    assertContains(response, 'href="/help/', status_code=status)


def test_a_form_left_open_too_long_says_so() -> None:
    response = Client(enforce_csrf_checks=True).post("/login/", {})
    assertContains(response, "Error 403", status_code=403)
