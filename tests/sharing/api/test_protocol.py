"""What holds for every call: problems for faults, limits, compression, ids of requests, no redirect, the document."""

import gzip
import json
import uuid
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import OperationalError
from django.test import Client
from django.urls import get_resolver

from accounts.models import Throttle
from organisations.models import Organisation
from rvs.api import PROBLEM, document
from tests.factories import make_result, make_share
from tests.hostile.test_http_games import BODIES, HOSTS, METHODS, QUERIES
from tests.sharing.api.asking import V1, Program

pytestmark = pytest.mark.django_db

NOBODYS = "00000000-0000-4000-8000-0000000000ff"
CALLS = [
    f"/{entry.pattern}".replace("<uuid:share_id>", NOBODYS).replace("<uuid:verification_id>", NOBODYS)
    for entry in get_resolver().url_patterns
    if str(entry.pattern).startswith("api/v1/") and "openapi" not in str(entry.pattern)
]
COMPATIBLE = "/ce/v1/result-verification"


def is_problem(answer: Any, status: int | None = None) -> None:
    assert status in {None, answer.status_code}
    assert answer["Content-Type"] == PROBLEM, answer.content
    told = json.loads(answer.content)
    assert set(told) == {"type", "title", "status", "detail"}
    assert told["status"] == answer.status_code
    assert told["title"]
    assert told["detail"]
    assert "Location" not in answer.headers


def test_there_are_calls() -> None:
    assert len(CALLS) == 8


@pytest.mark.parametrize(
    "address",
    ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/share", "/api/v1/shares/", "/api/v1/shares/1", "/api/v2/shares",
     "/api/v1/changes/", "/api/v1/shares/../changes", "/api/docs/", "/api/v1/openapi.json/", "/api/v1/SHARES"],
)  # fmt: skip
def test_there_is_nothing_else_and_no_redirect(address: str, program: Program) -> None:
    for method in ("GET", "POST", "PUT"):
        is_problem(program.ask(address, method), 404)
    is_problem(Client().get(address), 404)


@pytest.mark.parametrize("address", CALLS)
def test_methods(address: str, program: Program) -> None:
    for method in METHODS:
        answer: Any = Client().generic(method, address, headers=program.headers)
        if method in {"HEAD", "get", "GET "} and answer.status_code in {200, 404}:
            continue
        assert answer.status_code == 405
        assert answer["Allow"]
        if method != "HEAD":
            is_problem(answer)


def test_head_says_what_get_says(organisation: Organisation, program: Program) -> None:
    address = f"{V1}/shares/{make_share(organisation, make_result()).pk}"
    got, head = program.ask(address), Client().head(address, headers=program.headers)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "application/json;q=0.5, text/*", "image/*"])
def test_what_the_sender_cannot_take(accept: str, program: Program) -> None:
    for address in (f"{V1}/shares", f"{V1}/changes"):
        answer = program.ask(address, headers={"Accept": accept})
        if "json" in accept:
            assert answer.status_code == 200
        else:
            is_problem(answer, 406)
    for accepted in ("*/*", "application/*", "application/json", ""):
        assert program.ask(f"{V1}/shares", headers={"Accept": accepted}).status_code == 200


def test_a_fault_of_ours_is_a_problem_that_tells_nothing(program: Program) -> None:
    for fault, status in ((ValueError("kanari"), 500), (OperationalError("kanari"), 503)):
        for address in (f"{V1}/changes", f"{V1}/shares"):
            with mock.patch("sharing.api.gate.throttle.flow", side_effect=fault):
                answer: Any = Client(raise_request_exception=False).get(address, headers=program.headers)
            is_problem(answer, status)
            assert "kanari" not in answer.content.decode()
        with mock.patch("sharing.api.gate.throttle.flow", side_effect=fault):
            answer = Client(raise_request_exception=False).get(COMPATIBLE, headers=program.headers)
        assert answer.status_code == status
        assert answer.content.startswith(b"Message Not processed")
    assert answer["Retry-After"]


def test_a_foreign_host_is_a_problem(program: Program) -> None:
    for headers in HOSTS:
        for address in (f"{V1}/shares", COMPATIBLE):
            answer: Any = Client().get(address, headers={**program.headers, **headers})
            assert answer.status_code in {200, 400, 401}, headers
            assert "Location" not in answer.headers
            if answer.status_code != 200 and address != COMPATIBLE:
                is_problem(answer)


def test_hostile_queries_and_bodies(program: Program) -> None:
    for address in [*CALLS, COMPATIBLE]:
        for query in QUERIES:
            answer: Any = Client().generic("GET", address, headers=program.headers, QUERY_STRING=query)
            assert 400 <= answer.status_code < 500, (address, query[:50])
        for kind, body in BODIES:
            answer = Client().generic("POST", address, body, content_type=kind, headers=program.headers)
            assert 400 <= answer.status_code < 500, (address, kind)


def test_six_hundred_requests_a_minute_are_allowed_and_the_headers_count(program: Program) -> None:
    with time_machine.travel("2026-11-25T09:00:00Z", tick=False) as clock:
        type(program.client).objects.update(created_at="2026-11-01T00:00:00Z", expires_at="2027-10-01T00:00:00Z")
        for left in range(599, -1, -1):
            answer = program.ask(f"{V1}/changes") if left in {599, 598, 0} else _quickly(program)
            assert answer.status_code == 200
            assert answer["RateLimit-Policy"] == '"client";q=600;w=60'
            assert answer["RateLimit"].startswith(f'"client";r={left};t=')
        refused = program.ask(f"{V1}/changes")
        is_problem(refused, 429)
        assert refused["Retry-After"] == "1"
        assert refused["RateLimit"] == '"client";r=0;t=60'
        assert program.ask(COMPATIBLE).status_code == 429
        assert Program(program.client.organisation).ask(f"{V1}/changes").status_code == 200  # each client by itself
        clock.shift(1)
        assert [program.ask(f"{V1}/changes").status_code for _ in range(11)] == [200] * 10 + [429]
        clock.shift(60)
        assert program.ask(f"{V1}/changes")["RateLimit"] == '"client";r=599;t=1'
    assert Throttle.objects.filter(uses=[]).count() == 2


def _quickly(program: Program) -> Any:
    return Client().get(f"{V1}/changes", headers=program.headers)


def test_whoever_proves_nothing_uses_up_nothing(program: Program) -> None:
    for _ in range(3):
        Client().get(f"{V1}/shares", headers={"Authorization": "Bearer x"})
    assert program.ask(f"{V1}/shares")["RateLimit"].startswith('"client";r=599')


def test_long_answers_are_compressed_for_whoever_can_read_that(organisation: Organisation, program: Program) -> None:
    for _ in range(3):
        make_share(organisation, make_result())
    plain = program.ask(f"{V1}/shares")
    packed: Any = Client().get(f"{V1}/shares", headers={**program.headers, "Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content)
    assert "Accept-Encoding" in packed["Vary"]
    one = f"{V1}/shares/{make_share(organisation, make_result()).pk}"
    first: Any = Client().get(one, headers={**program.headers, "Accept-Encoding": "gzip"})
    again = program.ask(one, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_a_request_may_bring_a_uuid_and_nothing_else(program: Program) -> None:
    mine = str(uuid.uuid4())
    for sent in (mine, mine.upper(), uuid.UUID(mine).hex):
        assert program.ask(f"{V1}/changes", headers={"X-Request-ID": sent})["X-Request-ID"] == sent.lower()
    for sent in ("213GB5990001", "x" * 36, f"{mine}\n", "", f"{mine} {mine}", "é"):
        answer = program.ask(f"{V1}/changes", headers={"X-Request-ID": sent})
        assert uuid.UUID(answer["X-Request-ID"]) != uuid.UUID(mine)


def test_nothing_is_stored_on_the_way_and_no_cookie_is_set(organisation: Organisation, program: Program) -> None:
    share = make_share(organisation, make_result())
    for address in (f"{V1}/shares", f"{V1}/shares/{share.pk}", f"{V1}/shares/{share.pk}/statement.pdf", f"{V1}/x"):
        answer: Any = program.ask(address)
        assert "no-store" in answer.get("Cache-Control", "no-store")
        assert not answer.cookies


def test_a_session_is_worth_nothing_here(primary: Client, staff: Client, organisation: Organisation) -> None:
    share = make_share(organisation, make_result())
    for person in (primary, staff):
        for address in (f"{V1}/shares", f"{V1}/shares/{share.pk}", COMPATIBLE):
            assert person.get(address).status_code == 401


def test_over_plain_http_nothing_is_answered_and_nobody_is_sent_on(program: Program, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^(api|ce)(/|$)"]
    is_problem(program.ask(f"{V1}/x"), 403)
    answer: Any = Client().get(f"{V1}/shares", headers=program.headers)
    is_problem(answer, 403)
    assert json.loads(answer.content)["type"].endswith("#https-required")
    assert Client().get(f"{V1}/shares", headers=program.headers, secure=True).status_code == 200
    assert Client().get(COMPATIBLE, headers=program.headers).status_code == 403


def test_the_document_is_public_and_complete() -> None:
    answer: Any = Client().get("/api/v1/openapi.json")
    told = json.loads(answer.content)
    assert told["openapi"].startswith("3.1")
    assert told["paths"] == json.loads(json.dumps(document()["paths"]))
    assert sorted(told["paths"]) == sorted({
        "/api/v1/changes", "/api/v1/shares", "/api/v1/shares/{share_id}", "/api/v1/shares/{share_id}/photo",
        "/api/v1/shares/{share_id}/statement.pdf", "/api/v1/verifications", "/api/v1/verifications/{verification_id}",
        "/api/v1/verifications/{verification_id}/statement.pdf", COMPATIBLE,
    })  # fmt: skip
    assert Client().get("/api/v1/openapi.json", headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_the_documentation_names_every_call_and_shape(client: Client) -> None:
    page = client.get("/api/docs").content.decode()
    for address, methods in document()["paths"].items():
        for method in methods:
            assert f"{method.upper()} {address}" in page
    for shape in ("Share", "Result", "Problem", "ShareChange"):
        assert f'id="{shape}"' in page
    assert "<script" not in page.replace("<script src", "")
