"""The call that existing Slate set-ups send: keys, their order and paths into the answer are a contract [domain 5.1].

One element a candidate.  Every value is a text, and an absent one is empty: a source format that reads
`CandidateResults[1]/ComponentList[3]/Score` must find the same component there for every candidate.
"""

import base64
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from organisations.api_clients.authentication import Caller
from organisations.api_clients.refusals import Refused
from organisations.models import Scope
from results import catalogue
from results.models import Status
from results.numbers import normalise
from sharing import publishing
from sharing.api import representation
from sharing.api.gate import Gate
from sharing.api.taking import take
from sharing.door import RightId, RightKind, Taken
from sharing.door.programs import Person, Picture, people_between, people_with_number, pictures

MOST: Final = 2_000
TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})Z?")
LONGEST_NUMBER: Final = 60
GATE: Final = Gate(Scope.READ, None, media=None)
"""Lenient: whatever else an existing set-up sends was ignored so far, too."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a request asks for: a time, or a number."""

    window: tuple[datetime, datetime] | None
    number: str
    page: int
    limit: int
    paged: bool
    with_photos: bool

    @classmethod
    def of(cls, query: QueryDict) -> "Question":
        """Raises: Refused."""
        number = _number(query.get("referenceNumber", ""))
        return cls(
            window=None if number else _window(query),
            number=number,
            page=_count(query, "page", 1, most=1_000_000),
            limit=_count(query, "limit", MOST, most=MOST),
            paged=bool(query.get("page") or query.get("limit")),
            with_photos=query.get("photoFlag", "").upper() == "Y",
        )


@require_safe
def result_verification(request: HttpRequest) -> HttpResponseBase:
    """Candidates who shared a result in the time asked for, or whose shared results changed then.  Raises: Refused."""
    caller = GATE(request)
    question = Question.of(request.GET)
    now = timezone.now()
    people = _people(caller, question, now)
    shares = [RightId(RightKind.SHARE, share_id) for person in people for share_id in person.shares]
    taken = take(caller, shares, "result-verification", now)
    photos = _photos(caller, taken, now) if question.with_photos else None
    elements = _elements(people, taken, photos)
    if photos:  # one after the other: together they may be too large to hold
        return StreamingHttpResponse(_whole(elements), content_type="application/json")
    return HttpResponse(b"".join(_whole(elements)), content_type="application/json")


# --- The question -----------------------------------------------------------------------------------------------------


def _window(query: QueryDict) -> tuple[datetime, datetime]:
    start, end = (_time(query, name) for name in ("startDateTime", "endDateTime"))
    if end < start:
        raise _unprocessable(_("endDateTime must not be earlier than startDateTime."))
    if end > _a_year_later(start):
        raise _unprocessable(_("Please enter a valid date range: startDateTime and endDateTime within one year."))
    return start, end


def _time(query: QueryDict, name: str) -> datetime:
    found = TIME.fullmatch(query.get(name, ""))
    try:
        if found:
            return datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        pass
    raise _unprocessable(_("%(name)s must be a time in UTC as YYYY-MM-DDTHH:MM:SS.") % {"name": name})


def _a_year_later(moment: datetime) -> datetime:
    if moment.year == MAXYEAR:
        return datetime.max.replace(tzinfo=UTC)  # no time is later
    if (moment.month, moment.day) == (2, 29):
        return moment.replace(year=moment.year + 1, month=3, day=1)
    return moment.replace(year=moment.year + 1)


def _number(text: str) -> str:
    number = normalise(text) if len(text) <= LONGEST_NUMBER else text
    if text and not (number.isascii() and number.isalnum()):
        raise _unprocessable(_("referenceNumber has letters and digits only."))
    return number


def _count(query: QueryDict, name: str, usual: int, *, most: int) -> int:
    text = query.get(name) or str(usual)
    if not re.fullmatch("[0-9]{1,7}", text) or not 1 <= int(text) <= most:
        words = {"name": name, "most": f"{most:,}"}
        raise _unprocessable(_("%(name)s must be a whole number from 1 to %(most)s.") % words)
    return int(text)


def _unprocessable(detail: str) -> Refused:
    return Refused(400, "not-processed", _("Not processed"), detail)


# --- The answer -------------------------------------------------------------------------------------------------------


def _people(caller: Caller, question: Question, now: datetime) -> list[Person]:
    if question.window is None:
        return people_with_number(organisation=caller.organisation, number=question.number, now=now)
    publishing.publish(now)
    people = people_between(
        organisation=caller.organisation,
        start=question.window[0],
        end=question.window[1],
        limit=question.limit + (not question.paged),
        offset=(question.page - 1) * question.limit,
        now=now,
    )
    if len(people) > question.limit:
        text = _(
            "More than %(most)s candidates: ask for them in pages, with page=1, page=2 and so on, or a shorter time."
        )
        raise _unprocessable(text % {"most": f"{MOST:,}"})
    return people


def _photos(caller: Caller, taken: Mapping[RightId, Taken], now: datetime) -> dict[uuid.UUID, Picture]:
    return pictures(
        organisation=caller.organisation,
        shares=[right.id for right, one in taken.items() if one.has_photo],
        actor=caller.actor,
        now=now,
        purpose="api:result-verification",
    )


def _whole(elements: Iterator[str]) -> Iterator[bytes]:
    yield b'{"ListCandidateResultDetails":['
    for number, element in enumerate(elements):
        yield f"{',' if number else ''}{element}".encode()
    yield b"]}"


def _elements(
    people: list[Person], taken: Mapping[RightId, Taken], photos: dict[uuid.UUID, Picture] | None
) -> Iterator[str]:
    for person in people:
        ours = [RightId(RightKind.SHARE, share_id) for share_id in person.shares]
        heard = [(taken[right], at) for right, at in zip(ours, person.times, strict=True) if right in taken]
        if heard:
            yield json.dumps(_candidate(heard, photos), ensure_ascii=False, separators=(",", ":"))


def _candidate(
    heard: list[tuple[Taken, datetime]], photos: dict[uuid.UUID, Picture] | None
) -> dict[str, str | list[dict[str, object]]]:
    newest, at = heard[0]
    return {
        "CandidateUCIId": newest.candidate_id or newest.reference_number,
        "CandidateName": newest.given_names,
        "CandidateFamilyName": newest.family_name,
        "CandidateDOB": newest.date_of_birth.isoformat(),
        "ReceivedDate": f"{at:%Y-%m-%dT%H:%M:%S}",
        "ExamType": newest.exam,
        "CandidateEmailId": newest.email,
        "CandidateResults": [_result(one, photos) for one, _at in heard],
    }


def _result(taken: Taken, photos: dict[uuid.UUID, Picture] | None) -> dict[str, object]:
    """A result that is not released has its status as its grade: a blank would hide that it was taken back."""
    released = taken.status == Status.RELEASED
    photo = photos.get(taken.right_id) if photos else None
    return {
        "Qualification": catalogue.get(taken.exam).display_name,
        "Grade": taken.label if released else str(Status(taken.status).label),
        "Score": "" if taken.score is None else str(taken.score),
        "CefrLevel": taken.cefr,
        "ReferenceNumber": taken.reference_number,
        "ComponentList": [{"Name": name, "Score": score} for name, score in representation.components(taken)],
        **({} if photos is None else {"Photo": base64.b64encode(photo.read()).decode() if photo else ""}),
    }
