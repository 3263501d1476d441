"""POST /api/v1/verifications: the same check as Candidate Search, for programs."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from organisations.models import Organisation
from results.models import Status
from sharing.models import Access, Check, Verification
from tests.factories import change_result, make_result
from tests.sharing.api.asking import V1, Program, read

pytestmark = pytest.mark.django_db

NUMBER, BORN = "213GB5990001", "1999-02-24"


def outcome(program: Program, number: str = NUMBER, born: str = BORN, **more: str) -> dict[str, Any]:
    answer = program.verify(reference_number=number, date_of_birth=born, **more)
    assert answer.status_code == 200, answer.content
    return read(answer)


def test_a_match(organisation: Organisation, program: Program) -> None:
    make_result(NUMBER, "VN12345678")
    told = outcome(program, "213-gb599 0001", applicant_reference=" A-17 ")
    verification = Verification.objects.get()
    assert told["outcome"] == "match"
    assert told["verification_id"] == str(verification.pk)
    assert told["result"]["score"] == 170
    assert (verification.applicant_reference, verification.made_by) == ("A-17", program.actor)
    assert outcome(program, "VN12345678") == told
    assert program.get(f"/verifications/{verification.pk}") == told


def test_a_cancelled_result_is_a_match_that_says_so(program: Program) -> None:
    make_result(NUMBER, status=Status.CANCELLED)
    told = outcome(program)["result"]
    assert (told["status"], told["score"], told["result"], told["components"]) == ("cancelled", None, None, [])


@pytest.mark.parametrize("status", [Status.PENDING, Status.WITHHELD, Status.ABSENT, None])
def test_everything_else_is_one_answer(status: str | None, program: Program) -> None:
    make_result(NUMBER, status=status or Status.RELEASED)
    unknown = program.verify(reference_number="999GB5990001", date_of_birth=BORN)
    other = program.verify(reference_number=NUMBER, date_of_birth=BORN if status else "1999-02-25")
    assert read(other) == read(unknown) == {"outcome": "no_match"}
    left_out = {"X-Request-ID", "RateLimit"}
    assert {k: v for k, v in other.items() if k not in left_out} == {
        k: v for k, v in unknown.items() if k not in left_out
    }
    assert not Access.objects.exists()


def test_it_is_counted_and_written_as_candidate_search_is(
    organisation: Organisation, program: Program, verifier: Client
) -> None:
    make_result(NUMBER)
    typed = {"reference_number": NUMBER, "date_of_birth_day": "24", "date_of_birth_month": "2"}
    for year in ("1999", "1998"):
        verifier.post("/candidate-search/", {**typed, "date_of_birth_year": year, "applicant_reference": ""})
        outcome(program, born=f"{year}-02-24")
    by_actor: dict[str, list[str]] = {}
    for event in AuditEvent.objects.filter(action__startswith="check").order_by("pk"):
        by_actor.setdefault(event.actor, []).append(
            f"{event.action} {event.target} {event.organisation} {event.detail}"
        )
    assert len(by_actor) == 2
    assert len({tuple(events) for events in by_actor.values()}) == 1
    assert list(Check.objects.order_by("pk").values_list("outcome", flat=True)) == ["match", "match", "miss", "miss"]
    assert set(Access.objects.filter(actor=program.actor).values_list("channel", flat=True)) == {"search", "api"}


def test_checks_pause_together_with_those_of_people(
    organisation: Organisation, program: Program, verifier: Client
) -> None:
    make_result(NUMBER)
    for day in range(1, 6):
        outcome(program, born=f"1990-01-0{day}")
    answer = program.verify(reference_number=NUMBER, date_of_birth=BORN)
    assert answer.status_code == 429
    assert read(answer)["type"].endswith("#checks-paused")
    assert 0 < int(answer["Retry-After"]) <= 24 * 3600 + 1
    assert NUMBER not in answer.content.decode()
    form = {
        "reference_number": NUMBER,
        "date_of_birth_day": "24",
        "date_of_birth_month": "2",
        "date_of_birth_year": "1999",
    }
    assert verifier.post("/candidate-search/", form).status_code == 429
    assert Program(organisation).verify(reference_number=NUMBER, date_of_birth=BORN).status_code == 429


def test_thirty_misses_an_hour_pause_a_client(program: Program) -> None:
    for number in range(30):
        outcome(program, f"99{number:02}GB599000")
    assert program.verify(reference_number=NUMBER, date_of_birth=BORN).status_code == 429


def test_a_verification_again(organisation: Organisation, program: Program, foreign: Program) -> None:
    result = make_result(NUMBER)
    right = outcome(program)["verification_id"]
    address = f"{V1}/verifications/{right}"
    first = program.ask(address)
    assert program.ask(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    result = change_result(result, score=171)
    assert program.get(f"/verifications/{right}")["result"]["version"] == 2
    assert program.ask(f"{address}/statement.pdf").content.startswith(b"%PDF-")
    change_result(result, status=Status.WITHHELD)
    told = program.get(f"/verifications/{right}")["result"]
    assert (told["status"], told["score"]) == ("withheld", None)
    assert program.problem(f"{address}/statement.pdf") == (404, "not-found")

    for path in ("", "/statement.pdf"):
        assert foreign.problem(f"{address}{path}") == (404, "not-found")
        assert program.problem(f"{V1}/verifications/{uuid.uuid4()}{path}") == (404, "not-found")
        assert Program(organisation, scopes=["results:read"]).problem(f"{address}{path}") == (403, "insufficient-scope")
    Verification.objects.update(right_until=timezone.now() - timedelta(seconds=1))
    for path in ("", "/statement.pdf"):
        assert program.problem(f"{address}{path}") == (410, "gone")


GOOD = {"reference_number": NUMBER, "date_of_birth": BORN}


@pytest.mark.parametrize(
    "body",
    [
        {}, [], "x", None, 1, {**GOOD, "name": "Zoe"}, {"reference_number": NUMBER}, {"date_of_birth": BORN},
        {**GOOD, "reference_number": 1}, {**GOOD, "reference_number": ""}, {**GOOD, "reference_number": "x" * 61},
        {**GOOD, "reference_number": "A" * 21}, {**GOOD, "reference_number": "213GB599%"},
        {**GOOD, "reference_number": "\u0000"}, {**GOOD, "reference_number": "\ud800"},
        {**GOOD, "reference_number": [NUMBER]}, {**GOOD, "reference_number": "٢١٣"},
        {**GOOD, "date_of_birth": "24.2.1999"}, {**GOOD, "date_of_birth": "1999-02-30"}, {**GOOD, "date_of_birth": 0},
        {**GOOD, "date_of_birth": "1999-02-24T00:00:00"}, {**GOOD, "date_of_birth": "1899-12-31"},
        {**GOOD, "date_of_birth": "2999-01-01"}, {**GOOD, "date_of_birth": None},
        {**GOOD, "date_of_birth": "１９９９-02-24"}, {**GOOD, "applicant_reference": "x" * 65},
        {**GOOD, "applicant_reference": "a\u0000b"}, {**GOOD, "applicant_reference": "\ud800"},
        {**GOOD, "applicant_reference": 5},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_no_check_and_is_not_repeated(body: Any, program: Program) -> None:
    make_result(NUMBER)
    answer = program.ask(f"{V1}/verifications", "POST", data=json.dumps(body), content_type="application/json")
    assert answer.status_code == 422
    assert not {NUMBER, BORN, "Zoe"} & set(answer.content.decode().replace('"', " ").split())
    assert not Check.objects.exists()


def test_bodies_that_are_no_json(program: Program) -> None:
    address = f"{V1}/verifications"
    kind = "application/json"
    for body in (b"{", b"\xff", b"[" * 4_000, b'{"reference_number":'):
        assert program.problem(address, "POST", data=body, content_type=kind) == (400, "malformed"), body
    assert program.problem(address, "POST", data=b" " * 5_000, content_type=kind) == (413, "too-large")
    for other in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        told = program.problem(address, "POST", data=json.dumps(GOOD), content_type=other)
        assert told == (415, "unsupported-media-type")
    good = program.ask(address, "POST", data=json.dumps(GOOD), content_type="application/json; charset=utf-8")
    assert good.status_code == 200
    assert program.problem(address, "POST", QUERY_STRING="x=1", data=json.dumps(GOOD), content_type=kind)[0] == 422


def test_the_scope_is_needed(organisation: Organisation) -> None:
    reader = Program(organisation, scopes=["results:read"])
    answer = reader.verify(**GOOD)
    assert answer.status_code == 403
    assert read(answer)["type"].endswith("#insufficient-scope")
