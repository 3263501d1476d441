"""The probes: /livez says that the process answers, /readyz that it can work."""

import psycopg_pool
import pytest
from django.db import OperationalError, connection
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_healthy_process_says_so_without_a_cookie(client: Client) -> None:
    assert client.get("/livez").content == b"ok"
    assert client.get("/readyz").json() == {"database": "ok"}
    for probe in ("/livez", "/readyz"):
        assert client.head(probe).status_code == 200
        assert client.post(probe).status_code == 405
        assert "no-store" in client.get(probe)["Cache-Control"]
    assert not client.cookies


@pytest.mark.parametrize("error", [OperationalError, psycopg_pool.PoolTimeout])
def test_without_a_database_a_process_lives_and_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def refuse() -> None:
        raise error("password=canary")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    assert client.get("/livez").status_code == 200
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"database": "unreachable"})
