"""Logs say what happened and nothing of anybody."""

import io
import json
import logging
from typing import Any

import pytest
from celery import shared_task
from django.test import Client

from accounts.models import User
from rvs.logs import FIELDS, JsonFormatter
from sharing import door
from tests.factories import make_user

CANARIES = {
    "name": "Zoë-Canaria Muñoz",
    "date of birth": "1999-02-24",
    "year": "1987",
    "reference number": "213CANARY0001",
    "e-mail": "canary@example.org",
    "password": "canary-in-the-coal-mine",
    "token": "c4n4ry-t0k3n",
}
EVERYTHING = " ".join(CANARIES.values())


class Log(io.StringIO):
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def assert_clean(self) -> None:
        text = self.getvalue() + json.dumps(self.lines(), ensure_ascii=False)
        assert {kind for kind, canary in CANARIES.items() if canary in text} == set()


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """What the configured handlers write."""
    written = Log()
    handlers = {handler for name in ("", "django") for handler in logging.getLogger(name or None).handlers}
    ours = [handler for handler in handlers if isinstance(handler.formatter, JsonFormatter)]
    assert ours, "the log is configured"
    for handler in ours:
        monkeypatch.setattr(handler, "stream", written)
    return written


def test_arguments_and_extras_are_not_written(log: Log) -> None:
    logger = logging.getLogger("rvs.tests")
    logger.warning("a mail to %s was not taken", EVERYTHING, extra={"email": EVERYTHING, "count": 3})
    logger.warning("%(name)s", {"name": EVERYTHING})
    logger.warning(ValueError(EVERYTHING))
    (first, second, third) = log.lines()
    assert first | {"time": ""} == {
        "time": "",
        "level": "WARNING",
        "logger": "rvs.tests",
        "message": "a mail to %s was not taken",
        "count": 3,
    }
    assert second["message"] == "%(name)s"
    assert "not written" in third["message"]
    log.assert_clean()


def test_of_an_exception_its_type_and_place_are_written(log: Log) -> None:
    try:
        dict[str, str]()[EVERYTHING]
    except KeyError:
        logging.getLogger("rvs.tests").exception("it failed")
    (line,) = log.lines()
    assert line["exception"]["type"] == "builtins.KeyError"
    assert "test_logs.py" in line["exception"]["frames"][-1]
    log.assert_clean()


def test_no_field_of_the_list_is_personal() -> None:
    assert set(FIELDS) == {
        "request_id", "method", "route", "status", "duration_ms", "task", "count", "mail", "webhook", "seconds",
    }  # fmt: skip


def search(client: Client) -> Any:
    return client.post(
        f"/candidate-search/?token={CANARIES['token']}&email={CANARIES['e-mail']}",
        {
            "reference_number": CANARIES["reference number"],
            "date_of_birth_day": "24",
            "date_of_birth_month": "2",
            "date_of_birth_year": CANARIES["year"],
            "applicant_reference": CANARIES["name"],
        },
        headers={"Referer": f"http://testserver/?{EVERYTHING}".encode().decode("latin-1"), "User-Agent": "canary"},
    )


@pytest.mark.django_db
def test_requests_are_logged_by_route(log: Log, verifier: Client) -> None:
    assert search(verifier).status_code == 200
    verifier.get(f"/help/{CANARIES['token']}/")
    verifier.get(f"/{CANARIES['reference number']}/?{CANARIES['e-mail']}")
    verifier.get(f"/check/{CANARIES['reference number']}/")
    logged = [(line["route"], line["status"]) for line in log.lines() if line["logger"] == "rvs.request"]
    assert logged == [("candidate-search/", 200), ("help/<slug:slug>/", 404), ("", 404), ("check/<str:code>/", 404)]
    log.assert_clean()


@pytest.mark.django_db
def test_log_ins_and_resets_leave_no_person_in_the_log(log: Log, client: Client) -> None:
    make_user(CANARIES["e-mail"], given_name=CANARIES["name"])
    client.post("/login/", {"login": CANARIES["e-mail"], "password": CANARIES["password"]})
    client.post("/password/reset/", {"email": CANARIES["e-mail"]})
    client.get(f"/password/reset/key/1-{CANARIES['token']}/")
    Client(enforce_csrf_checks=True).post("/login/", {"csrfmiddlewaretoken": CANARIES["token"]})
    client.get("/help/", headers={"Host": "canary@example.org"})
    assert {line["status"] for line in log.lines() if "status" in line} == {200, 302, 403, 400}
    log.assert_clean()


@pytest.mark.django_db
@pytest.mark.parametrize("error", [ValueError, RuntimeError, KeyError, UnicodeError, User.DoesNotExist])
def test_a_fault_of_ours_is_logged_without_what_it_was_about(
    log: Log, verifier: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(**_: object) -> None:
        raise error(EVERYTHING)

    monkeypatch.setattr(door, "check_by_number", fail)
    verifier.raise_request_exception = False

    assert search(verifier).status_code == 500

    faults = [line["exception"] for line in log.lines() if "exception" in line]
    assert {fault["type"].rpartition(".")[2] for fault in faults} == {error.__name__}
    assert "sharing/views.py" in " ".join(faults[0]["frames"])
    assert all(set(fault) == {"type", "frames"} for fault in faults)
    log.assert_clean()


@shared_task(name="tests.fail")
def fail_in_the_worker(text: str) -> None:
    raise ValueError(text)


def test_a_task_that_fails_is_logged_without_its_arguments(log: Log) -> None:
    fail_in_the_worker.apply(args=(EVERYTHING,))
    assert log.lines()
    log.assert_clean()
