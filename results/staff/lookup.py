"""Looking results up, and opening a person's record with a reason.  Everything here is for staff alone.

What is looked at is written into the audit trail before it is shown.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import audit, looks
from accounts.models import Action, RecordLook
from results import catalogue
from results.models import NameWords, Result, ResultVersion, Status
from results.names import words_query
from results.presentation import full_name

MOST_HITS = 50
_RECORD: Final = "result:"


@dataclass(frozen=True, slots=True)
class Hit:
    """A result that was found: enough to tell it from others, nothing of its outcome."""

    result_id: int
    reference_number: str
    name: str
    exam: str
    exam_date: date
    centre: str
    status: str
    held: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, at most MOST_HITS; `more` says that there are others."""

    hits: list[Hit]
    more: bool


@transaction.atomic
def search(*, number: str, name: str, date_of_birth: date | None, by: str) -> Found:
    """Results whose reference number, verification number or candidate ID (normalised) is exactly `number`.

    Without a number: those whose candidate, in any version, had a name with words that begin like each word of `name`,
    accents and case aside, and was born on `date_of_birth` if that is given.
    """
    found = _by_number(number) if number else _by_name(name, date_of_birth)
    detail = {"by": "number" if number else "name", "found": len(found)}
    audit.record(actor=by, action=Action.RESULTS_LOOKED_UP, detail=detail)
    return Found([hit(result) for result in found[:MOST_HITS]], more=len(found) > MOST_HITS)


def held(limit: int = 500) -> list[Hit]:
    """Results that staff hold, the latest first."""
    return [hit(result) for result in Result.objects.held()[:limit]]


def target(result_id: int) -> str:
    """The record of a result, as the audit trail names it."""
    return f"{_RECORD}{result_id}"


def begin(*, result_id: int, purpose: str, note: str, by: str, now: datetime) -> RecordLook:
    """Remember why somebody opens a record.  Raises Result.DoesNotExist."""
    result = Result.objects.get(pk=result_id)
    return looks.begin(target=target(result.pk), purpose=purpose, note=note, by=by, now=now)


def opened(*, look_id: uuid.UUID, by: str, now: datetime) -> Result | None:
    """The result whose record this person opened; None when they did not, or too long ago."""
    found = looks.find(look_id=look_id, by=by, now=now)
    return _result(found) if found else None


def look(*, look_id: uuid.UUID, by: str, now: datetime, action: Action, detail: Mapping[str, object]) -> Result | None:
    """The same, to be looked at: the audit trail tells of it, and why, before anything is shown."""
    found = looks.find(look_id=look_id, by=by, now=now)
    result = _result(found) if found else None
    if found and result:
        looks.record(found, action, detail)
    return result


def _result(look: RecordLook) -> Result | None:
    if not look.target.startswith(_RECORD):
        return None  # another kind of record
    return Result.objects.select_related("current").get(pk=int(look.target.removeprefix(_RECORD)))


@dataclass(frozen=True, slots=True)
class Line:
    """One column of a version; `before` is what the version before it said, None where that was the same."""

    column: str
    value: str
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One version, with what it changed."""

    number: int
    created_at: datetime
    reason: str
    note: str
    file_name: str
    status: str
    held: bool
    changes: list[Line]


COLUMNS: Final = (
    "status", "issued_status", "given_names", "family_name", "date_of_birth", "email", "exam", "session", "exam_date",
    "centre_number", "centre_name", "place_of_entry", "country", "label", "score", "cefr", *catalogue.COMPONENT_CODES,
    "exempt", "certificate_number", "certificate_date",
)  # fmt: skip


def contents(version: ResultVersion) -> list[Line]:
    """Everything the version says, column by column."""
    return [Line(_column(name), _text(getattr(version, name))) for name in COLUMNS]


def history(result: Result) -> list[Version]:
    """The versions, the latest first, each with the columns in which it differs from the one before."""
    versions = list(result.versions.select_related("batch").order_by("number"))
    pairs = zip([None, *versions], versions, strict=False)
    return [_version(before, version) for before, version in pairs][::-1]


def _version(before: ResultVersion | None, version: ResultVersion) -> Version:
    changes = [] if before is None else list(_differences(before, version))
    return Version(
        number=version.number,
        created_at=version.created_at,
        reason=version.get_reason_display(),
        note=version.note,
        file_name=version.batch.file_name if version.batch else "",
        status=version.status,
        held=version.held,
        changes=changes,
    )


def _differences(before: ResultVersion, version: ResultVersion) -> Iterator[Line]:
    for name in COLUMNS:
        old, new = (_text(getattr(each, name)) for each in (before, version))
        if old != new:
            yield Line(_column(name), new, old)
    if before.photo != version.photo:
        old, new = (_("a photo") if each.photo else "" for each in (before, version))
        yield Line("photo", _("another photo") if old and new else new, old)


def _column(name: str) -> str:
    """As the results file calls it, but for the two statuses that only we tell apart."""
    return {"label": "result", "issued_status": "status (results file)", "status": "status (in force)"}.get(name, name)


def _text(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _by_number(number: str) -> list[Result]:
    """Candidates have several results under one candidate ID."""
    matches = Q(reference_number=number) | Q(verification_number=number) | Q(candidate_id=number)
    return list(Result.objects.filter(matches).select_related("current").order_by("-pk")[: MOST_HITS + 1])


def _by_name(name: str, date_of_birth: date | None) -> list[Result]:
    """Two steps, so that the index on the words is used whatever the planner thinks of it."""
    query = words_query(name)
    if query is None:
        return []
    versions = ResultVersion.objects.alias(words=NameWords("given_names", "family_name")).filter(words=query)
    if date_of_birth:
        versions = versions.filter(date_of_birth=date_of_birth)
    ids = versions.order_by().values_list("result_id", flat=True).distinct()[: MOST_HITS + 1]
    found = Result.objects.filter(pk__in=list(ids)).select_related("current")
    return sorted(found, key=lambda result: (hit(result).name.casefold(), result.current.exam_date))


def hit(result: Result) -> Hit:
    """What a list shows of a result that was loaded with its version in force."""
    current = result.current
    return Hit(
        result_id=result.pk,
        reference_number=result.reference_number,
        name=full_name(current.given_names, current.family_name),
        exam=catalogue.get(current.exam).display_name,
        exam_date=current.exam_date,
        centre=current.centre_name,
        status=Status(current.status).value,
        held=current.held,
        since=current.created_at,
    )
