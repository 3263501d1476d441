"""The shapes of questions and answers; the OpenAPI document is made of them.

Answers are written as plain values (sharing/api/representation.py); tests hold every one against these shapes.
"""

import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from django.utils import timezone
from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from results import catalogue
from results.models import Status
from results.numbers import normalise
from sharing.api.cursors import LONGEST
from sharing.dates import EARLIEST_YEAR
from sharing.forms import LONGEST_NUMBER

MOST: Final = 500
USUAL: Final = 100
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT: Final = re.compile(
    rf"{DATE.pattern}[Tt][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,6}})?([Zz]|[+-][0-9]{{2}}:[0-9]{{2}})"
)
ExamCode = StrEnum("ExamCode", {code: code for code in catalogue.EXAMS})  # type: ignore[misc]  # out of the catalogue


class Answer(Schema):
    """Nothing but what is named here is ever sent."""

    model_config = ConfigDict(extra="forbid")


# --- Questions --------------------------------------------------------------------------------------------------------


def _whole_number(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch("[0-9]{1,9}", value):
        raise ValueError("must be a whole number in digits")
    return value


def _moment(value: Any) -> datetime:
    text = str(value)
    try:
        if DATE.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        if MOMENT.fullmatch(text):
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("must be a date such as 2026-09-01, or a time such as 2026-09-01T08:30:00Z")


def _end(value: Any) -> datetime:
    """A day counts to its end."""
    try:
        return _moment(value) + timedelta(days=1) if DATE.fullmatch(str(value)) else _moment(value)
    except OverflowError:
        raise ValueError("must be earlier") from None


_MOMENT_SCHEMA: Final = WithJsonSchema(
    {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
)
Limit = Annotated[
    int,
    BeforeValidator(_whole_number),
    Field(ge=1, le=MOST),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST}),
]


class ListQuery(Schema):
    limit: Limit = Field(USUAL, description=f"How many rows to answer with at most, from 1 to {MOST}.")
    cursor: str | None = Field(
        None,
        max_length=LONGEST,
        description="The next_cursor of the page before; without one a list starts at its first row.",
    )


class SharesQuery(ListQuery):
    exam: ExamCode | None = Field(None, description="Only shares of results of this exam.")
    shared_from: Annotated[datetime, BeforeValidator(_moment), _MOMENT_SCHEMA] | None = Field(
        None, description="Only shares from this time on, or from the beginning of this day (UTC)."
    )
    shared_to: Annotated[datetime, BeforeValidator(_end), _MOMENT_SCHEMA] | None = Field(
        None, description="Only shares before this time, or until the end of this day (UTC)."
    )


def _number(text: str) -> str:
    number = normalise(text)
    if not (number.isascii() and number.isalnum()) or len(number) > LONGEST_NUMBER:
        raise ValueError("must have up to 20 letters and digits; spaces and hyphens do not matter")
    return number


def _birthday(value: Any) -> date:
    try:
        born = date.fromisoformat(value) if isinstance(value, str) and DATE.fullmatch(value) else None
    except ValueError:
        born = None
    if born is None:
        raise ValueError("must be a date as YYYY-MM-DD")
    if born.year < EARLIEST_YEAR or born > timezone.localdate():
        raise ValueError("must be in the past, after 1900")
    return born


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must not hold control characters")
    return text.strip()


class Check(Schema):
    """A result to be checked by its number."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reference_number: Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_number)] = Field(
        description="The reference or the verification number. Spaces and hyphens in it do not count.",
        examples=["113GB5990001"],
        json_schema_extra={"pattern": "^[0-9A-Za-z]([ -]*[0-9A-Za-z]){0,19}$"},
    )
    date_of_birth: Annotated[date, BeforeValidator(_birthday)] = Field(
        description="The candidate’s date of birth.", examples=["1998-03-27"]
    )
    applicant_reference: Annotated[str, Field(max_length=64), AfterValidator(_printable)] | None = Field(
        None, description="Your own number for this person. The candidate can see it."
    )


# --- Answers ----------------------------------------------------------------------------------------------------------


class Exam(Answer):
    code: ExamCode
    name: str = Field(description="The exam’s name of today.", examples=["C1 Advanced"])


class ScaleScore(Answer):
    name: str = Field(examples=["Reading"])
    score: int = Field(description="On the Cambridge English Scale.", examples=[180])


class ProfileWord(Answer):
    name: str = Field(examples=["Reading"])
    profile: Literal[*catalogue.PROFILE_WORDS] = Field(  # type: ignore[valid-type]
        description="In the candidate profile that was reported before the scale.", examples=["Good"]
    )


class Result(Answer):
    """A result as it stands today.  One that is not released shows its status, and nothing of the outcome."""

    reference_number: str
    version: int = Field(description="1 at first, and one more with each change.")
    status: Status
    exam: Exam
    session: str = Field(examples=["March (FS) 2011"])
    exam_date: date
    centre_number: str
    result: str | None = Field(description="The label as issued.", examples=["Pass at Grade C"])
    score: int | None = Field(description="The overall score as issued; null where the scheme has none.")
    cefr_level: Literal[*catalogue.CEFR_LEVELS] | None  # type: ignore[valid-type]
    components: list[ScaleScore | ProfileWord] = Field(description="In the exam’s fixed order.")
    changed_at: datetime = Field(description="Since when it says this.")


class Candidate(Answer):
    given_names: str
    family_name: str
    date_of_birth: date
    email: str | None


class Share(Answer):
    """A result that a candidate lets your organisation see."""

    id: uuid.UUID
    status: Literal["active"]
    shared_at: datetime
    expires_at: datetime | None = Field(description="When the share ends by itself; null: never.")
    applicant_reference: str | None = Field(description="Your own number for this person, if the candidate gave it.")
    candidate: Candidate
    result: Result


class SharePage(Answer):
    items: list[Share]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class ShareChange(Answer):
    """Something happened to a share, or to its result."""

    id: uuid.UUID
    type: Literal["share.created", "share.updated", "share.withdrawn", "share.expired", "result.changed"]
    occurred_at: datetime
    share_id: uuid.UUID
    share: Share | None = Field(description="The share as it is now; null: it is no longer active, remove your copy.")


class VerificationChange(Answer):
    """A result that you have checked by number has changed."""

    id: uuid.UUID
    type: Literal["result.changed"]
    occurred_at: datetime
    verification_id: uuid.UUID
    share: None


class ChangePage(Answer):
    items: list[ShareChange | VerificationChange]
    next_cursor: str = Field(description="Always there, also on an empty page: keep it and ask again.")


class Match(Answer):
    outcome: Literal["match"]
    verification_id: uuid.UUID = Field(description="Gives your organisation the right to the result for 12 months.")
    result: Result


class NoMatch(Answer):
    """No released result has this number and date of birth; nothing more is told."""

    outcome: Literal["no_match"]


class Problem(Schema):
    """Why a request was not served (RFC 9457)."""

    type: str = Field(description="Names the kind of problem, for programs.")
    title: str
    status: int
    detail: str = Field(description="What to do, for people.")
