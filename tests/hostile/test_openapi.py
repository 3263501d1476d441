"""schemathesis asks what the OpenAPI document allows and what it forbids, as the programs of two organisations.

No answer is a fault of ours, none breaks the document, and none holds anything of the other organisation.  With
RVS_DRILLS=full ten times as many cases.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, Final

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi import checks

from organisations.models import Organisation
from results import photos
from rvs.sample_photos import drawn_photo
from sharing.door import check_by_number
from sharing.models import Check, Pause
from tests.factories import make_organisation, make_result, make_share, share_result
from tests.hostile.addresses import FULL
from tests.sharing.api.asking import Program

pytestmark = pytest.mark.django_db

CASES: Final = 400 if FULL else 40
"""Of each call and kind."""
CHECKS: Final = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
COUNTED: Final = Counter[str]()


class Side:
    """An organisation with shares, verifications and ended ones, whose people carry a word of their own."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.organisation: Organisation = make_organisation(f"{word} University")
        self.program = Program(self.organisation)
        self.numbers = {f"{number}GB599{word[:4].upper()}": date(1999, 2, number) for number in range(11, 14)}
        now = timezone.now()
        for turn, (number, born) in enumerate(self.numbers.items()):
            content: dict[str, Any] = {
                "family_name": word,
                "date_of_birth": born,
                "photo": photos.store(drawn_photo(turn)),
            }
            result = make_result(number, email=f"{word}@example.org", **content)
            share_result(self.organisation, result, applicant_reference=word)
            check_by_number(
                organisation=self.organisation, actor="x", number=number, date_of_birth=born, now=now,
                applicant_reference=word,
            )  # fmt: skip
        ended = {"ended_at": now, "ending": "withdrawn", "applicant_reference": word}
        make_share(self.organisation, make_result(family_name=word), **ended)
        make_share(self.organisation, make_result(family_name=word), shared_at=now - timedelta(days=400))
        self.shares = [str(pk) for pk in self.organisation.shares.values_list("pk", flat=True)]
        self.verifications = [str(pk) for pk in self.organisation.verifications.values_list("pk", flat=True)]
        self.cursors = [
            self.program.get("/changes", limit=1)["next_cursor"],
            self.program.get("/shares", limit=1)["next_cursor"],
        ]

    def words(self) -> set[str]:
        return {self.word, self.word.lower(), *self.shares, *self.verifications, *self.numbers, *self.cursors}


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests do not end the test's transaction; Django's own test client sees to that by itself."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


@pytest.fixture
def sides(monkeypatch: pytest.MonkeyPatch) -> tuple[Side, Side]:
    monkeypatch.setattr("sharing.api.gate.REQUESTS", 10**6)  # what many requests come to, others show
    return Side("Alphaword"), Side("Betaword")


def operations() -> Iterator[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    found: Any = schema.get_all_operations()
    yield from (operation.ok() for operation in found)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_nothing_breaks_the_document_and_nothing_is_anothers(mode: GenerationMode, sides: tuple[Side, Side]) -> None:
    COUNTED.clear()
    with one_connection():
        for operation in operations():
            explore(operation, mode, sides)
    print(f"\n{mode.value}: {COUNTED.total()} cases, {dict(sorted(COUNTED.items()))}")  # noqa: T201
    assert COUNTED.total() > CASES


def explore(operation: Any, mode: GenerationMode, sides: tuple[Side, Side]) -> None:
    try:
        strategy = operation.as_strategy(generation_mode=mode)
        strategy.validate()
    except (hypothesis.errors.InvalidArgument, schemathesis.errors.SchemathesisError):
        return  # nothing of this call can be wrong

    @hypothesis.settings(max_examples=CASES, suppress_health_check=list(hypothesis.HealthCheck), deadline=None)
    @hypothesis.given(st.data())
    def one(data: st.DataObject) -> None:
        ask(data, data.draw(strategy), sides if data.draw(st.booleans()) else (sides[1], sides[0]))

    one()


def ask(data: st.DataObject, case: Any, sides: tuple[Side, Side]) -> None:
    """One case, with what really exists in half of them, by the first side about things of both."""
    ours, theirs = sides
    real = data.draw(st.booleans())
    if real:
        things = {"share_id": "shares", "verification_id": "verifications"}
        for name in case.path_parameters or {}:
            case.path_parameters[name] = data.draw(st.sampled_from([*_(ours, things[name]), *_(theirs, things[name])]))
        if "cursor" in (case.query or {}):
            case.query["cursor"] = data.draw(st.sampled_from(ours.cursors + theirs.cursors))
        if "referenceNumber" in (case.query or {}):
            case.query["referenceNumber"] = data.draw(st.sampled_from([*ours.numbers, *theirs.numbers]))
    Check.objects.all().delete()
    Pause.objects.all().delete()

    plain = {"Accept-Encoding": "identity"}
    response = case.call(headers={**(case.headers or {}), **ours.program.headers, **plain})

    wrong = not real and any(_is_wrong(case, place) for place in ("query", "body", "path"))
    case.validate_response(response, checks=[*CHECKS, checks.negative_data_rejection] if wrong else CHECKS)
    said = response.content.decode(errors="replace")
    assert not {word for word in theirs.words() if word in said}, case.as_curl_command()
    COUNTED[f"{case.operation.label} {response.status_code}"] += 1


def _is_wrong(case: Any, place: str) -> bool:
    component = case.meta.components.get(ParameterLocation(place))
    return component is not None and component.mode is GenerationMode.NEGATIVE


def _(side: Side, things: str) -> list[str]:
    found: list[str] = getattr(side, things)
    return found
