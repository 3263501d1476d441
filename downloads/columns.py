"""The columns of data files: one table, from which every template chooses and every exporter writes.

A value says what the door gave (`sharing.door.Taken`), in the words of the catalogue.  The photo itself is in no data
file; what tells of it stands in columns that only somebody who wants an index of photos chooses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum, auto
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import TextChoices
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from results import catalogue
from results.catalogue import SchemeKind
from sharing.door import RightKind, Taken

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Value = str | int | float | date | datetime | bool | None


class Kind(Enum):
    """What a value is; text is never None, everything else may be."""

    TEXT = auto()
    NUMBER = auto()
    DECIMAL = auto()
    SCORE = auto()
    """A whole number, or a word where the exam was reported in words; empty text for neither."""
    DATE = auto()
    DATETIME = auto()
    """In UTC."""
    FLAG = auto()

    @property
    def nothing(self) -> Value:
        return "" if self in {Kind.TEXT, Kind.SCORE} else None


class Group(TextChoices):
    """What a column tells about; the order is that of the page and of a file with everything."""

    CANDIDATE = "candidate", _("Candidate")
    RESULT = "result", _("Result")
    COMPONENTS = "components", _("Component scores")
    EXAM = "exam", _("Exam")
    RIGHT = "right", _("How the result reached you")
    PHOTO = "photo", _("Photo")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.  `of_person` marks what is said once where a candidate's results stand in one row."""

    key: str
    group: Group
    heading: "str | StrPromise"
    description: "StrPromise"
    kind: Kind
    of: Callable[[Any], Value]
    of_person: bool = False

    @property
    def of_photo(self) -> bool:
        return self.group == Group.PHOTO

    @property
    def of_component(self) -> bool:
        return self.group == Group.COMPONENTS

    @property
    def example(self) -> Value:
        return self.of(EXAMPLE)

    @property
    def example_text(self) -> str:
        """As a page shows it; templates say how a file writes it."""
        match self.example:
            case bool(value):
                return gettext("yes") if value else gettext("no")
            case datetime() as value:
                return f"{value:%-d %B %Y %H:%M}"
            case date() as value:
                return f"{value:%-d %B %Y}"
            case value:
                return str(value)


EXAMPLE: Final = Taken(
    kind=RightKind.SHARE,
    right_id=UUID("7d9f4c52-6a0e-4b63-9d35-0c2f1f0b8a11"),
    given_at=datetime(2026, 6, 30, 9, 15, tzinfo=UTC),
    right_until=datetime(2027, 6, 30, 9, 15, tzinfo=UTC),
    applicant_reference="A-2026-0147",
    owner=None,
    reference_number="261GB5990042",
    verification_number="V7Q2M9KD",
    candidate_id="ABC123456",
    version_id=1,
    version_number=1,
    changed_at=datetime(2026, 5, 9, 8, 0, tzinfo=UTC),
    given_names="Zoë",
    family_name="Muñoz-Sánchez",
    date_of_birth=date(2001, 5, 9),
    email="zoe@example.org",
    exam="CAE",
    session="March 2026",
    exam_date=date(2026, 3, 14),
    centre_number="GB599",
    centre_name="Fenland Assessment Centre",
    place_of_entry="CAMBRIDGE",
    country="GB",
    status="released",
    label="Pass at Grade B",
    score=195,
    cefr="C1",
    reading="197",
    use_of_english="191",
    writing="196",
    listening="193",
    speaking="198",
    reading_and_writing="150",
    exempt=False,
    certificate_number="0041573562",
    certificate_date=date(2026, 5, 20),
    has_photo=True,
)
"""Invented; it shows what each column holds."""


# --- Values that are not simply read --------------------------------------------------------------------------------


def _full_name(taken: Taken) -> str:
    return f"{taken.given_names} {taken.family_name}".strip()


def _exam_name(taken: Taken) -> str:
    return catalogue.get(taken.exam).display_name


def _formal_title(taken: Taken) -> str:
    return catalogue.get(taken.exam).formal_title


def _target_cefr(taken: Taken) -> str:
    return catalogue.get(taken.exam).target_cefr


_KIND_NAMES: Final = MappingProxyType(
    {
        SchemeKind.SCALE: "Cambridge English Scale",
        SchemeKind.STANDARDISED: "Score out of 100",
        SchemeKind.PASS_FAIL: "Label only",
    }
)


@cache
def _score_kind_on(exam: str, day: date) -> str:
    scheme = catalogue.get(exam).scheme_on(day)
    return _KIND_NAMES[scheme.kind] if scheme else ""


def _score_kind(taken: Taken) -> str:
    return _score_kind_on(taken.exam, taken.exam_date)


@cache
def _grade_code_of(exam: str, day: date, label: str) -> str:
    scheme = catalogue.get(exam).scheme_on(day)
    band = scheme.band_with_label(label) if scheme else None
    return band.grade_code if band else ""


def _grade_code(taken: Taken) -> str:
    return _grade_code_of(taken.exam, taken.exam_date, taken.label)


@cache
def _country_name(code: str) -> str:
    return str(countries.name(code))


def _country(taken: Taken) -> str:
    return _country_name(taken.country)


def _years_since(taken: Taken) -> float:
    return round((timezone.now().date() - taken.exam_date).days / 365.25, 1)


def _source(taken: Taken) -> str:
    return "shared" if taken.kind == RightKind.SHARE else "verified"


def _right_id(taken: Taken) -> str:
    return str(taken.right_id)


@cache
def _pages(kind: str) -> str:
    """The address of shares' or verifications' pages, for `str.format` with an id."""
    anything = UUID(int=0)
    name = "sharing:share" if kind == RightKind.SHARE else "sharing:verification"
    return settings.PUBLIC_BASE_URL + reverse(name, args=[anything]).replace(str(anything), "{}")


def _page(taken: Taken) -> str:
    return _pages(taken.kind).format(taken.right_id)


def _photo_page(taken: Taken) -> str:
    return f"{_page(taken)}photo" if taken.has_photo else ""


def photo_file_name(taken: Taken) -> str:
    """The name under which the photo would be kept."""
    return f"{taken.reference_number}.jpg" if taken.has_photo else ""


def _score_of(code: str) -> Callable[[Taken], Value]:
    read: Callable[[Taken], str] = attrgetter(code)

    def score(taken: Taken) -> Value:
        text = read(taken)
        return int(text) if text.isdecimal() else text

    return score


# --- The table ------------------------------------------------------------------------------------------------------

_COMPONENT_NAMES: Final = {part.code: part.name for exam in catalogue.EXAMS.values() for part in exam.components}

_TEXT, _NUMBER, _DATE, _DATETIME = Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.DATETIME


def _read(
    key: str, group: Group, kind: Kind, heading: "StrPromise", description: "StrPromise", *, of_person: bool = False
) -> Column:
    """A column that is simply read, from the field of its name."""
    return Column(key, group, heading, description, kind, attrgetter(key), of_person)


_CANDIDATE: Final = (
    _read("family_name", Group.CANDIDATE, _TEXT, _("Family name"), _("As on the result."), of_person=True),
    _read("given_names", Group.CANDIDATE, _TEXT, _("Given names"), _("As on the result."), of_person=True),
    Column(
        "full_name", Group.CANDIDATE, _("Full name"), _("Given names, then family name, as on the result."),
        _TEXT, _full_name, of_person=True,
    ),
    _read("date_of_birth", Group.CANDIDATE, _DATE, _("Date of birth"), _("As on the result."), of_person=True),
    _read(
        "email", Group.CANDIDATE, _TEXT, _("E-mail address"),
        _("Of the candidate’s account; without an account, the one given at entry."), of_person=True,
    ),
    _read(
        "candidate_id", Group.CANDIDATE, _TEXT, _("Candidate ID number"),
        _("The number under which the candidate was entered; it may be empty."),
    ),
)  # fmt: skip
_RESULT: Final = (
    _read(
        "reference_number", Group.RESULT, _TEXT, _("Reference number"),
        _("The number on the Statement of Results; each result has its own."),
    ),
    _read(
        "verification_number", Group.RESULT, _TEXT, _("Verification number"),
        _("A second number that Candidate Search accepts; it may be empty."),
    ),
    _read(
        "status", Group.RESULT, _TEXT, _("Status"),
        _("released, pending, withheld, cancelled or absent. Only a released result shows its outcome."),
    ),
    _read("label", Group.RESULT, _TEXT, _("Result"), _("In words, as issued.")),
    Column(
        "grade_code", Group.RESULT, _("Grade code"),
        _("The result in short: A, B, C; D, M, P for Distinction, Merit, Pass; B1, B2, C1 for a level; NF, F."),
        _TEXT, _grade_code,
    ),
    _read("score", Group.RESULT, _NUMBER, _("Overall score"), _("As issued; empty where the exam has none.")),
    Column(
        "score_kind", Group.RESULT, _("Kind of score"),
        _("What the scores are on: the Cambridge English Scale, out of 100, or none but the label."),
        _TEXT, _score_kind,
    ),
    _read("cefr", Group.RESULT, _TEXT, _("CEFR level"), _("As awarded, A1 to C2; it may be empty.")),
    _read(
        "exempt", Group.RESULT, Kind.FLAG, _("Exemption"),
        _("Yes for a certificate with a dagger: a part of the exam was not required."),
    ),
    _read("certificate_number", Group.RESULT, _TEXT, _("Certificate number"), _("It may be empty.")),
    _read("certificate_date", Group.RESULT, _DATE, _("Date of the certificate"), _("It may be empty.")),
    _read(
        "version_number", Group.RESULT, _NUMBER, _("Version"),
        _("1 as first issued; each change makes it one more."),
    ),
    _read("changed_at", Group.RESULT, _DATETIME, _("Last change (UTC)"), _("When this version came into force.")),
)  # fmt: skip
_COMPONENTS: Final = tuple(
    Column(
        code, Group.COMPONENTS, name,
        _("A score on the Cambridge English Scale; before the scale, one of four words. Empty if not in the exam."),
        Kind.SCORE, _score_of(code),
    )
    for code, name in ((code, _COMPONENT_NAMES[code]) for code in catalogue.COMPONENT_CODES)
)  # fmt: skip
_EXAM: Final = (
    Column("exam_name", Group.EXAM, _("Exam"), _("Today’s name of the qualification."), _TEXT, _exam_name),
    _read("exam", Group.EXAM, _TEXT, _("Exam code"), _("A short code that never changes.")),
    Column(
        "formal_title", Group.EXAM, _("Formal title"), _("As printed on the certificate."), _TEXT, _formal_title
    ),
    Column(
        "target_cefr", Group.EXAM, _("Level of the exam"),
        _("The CEFR level that the exam is made for; the level awarded may be another."), _TEXT, _target_cefr,
    ),
    _read("session", Group.EXAM, _TEXT, _("Session"), _("As printed on the Statement of Results.")),
    _read("exam_date", Group.EXAM, _DATE, _("Date of the exam"), _("The day of the written paper.")),
    Column(
        "years_since_exam", Group.EXAM, _("Years since the exam"),
        _("On the day the file is made, to a tenth of a year."), Kind.DECIMAL, _years_since,
    ),
    _read("centre_number", Group.EXAM, _TEXT, _("Centre number"), _("Of the exam centre.")),
    _read("centre_name", Group.EXAM, _TEXT, _("Centre"), _("The exam centre’s name.")),
    _read("place_of_entry", Group.EXAM, _TEXT, _("Place of entry"), _("As printed on the Statement of Results.")),
    Column("country_name", Group.EXAM, _("Country"), _("Of the exam centre."), _TEXT, _country),
    _read("country", Group.EXAM, _TEXT, _("Country code"), _("Two letters, ISO 3166-1.")),
)  # fmt: skip
_RIGHT: Final = (
    Column(
        "source", Group.RIGHT, _("Source"), _("shared by the candidate, or verified by its number."), _TEXT, _source
    ),
    _read(
        "applicant_reference", Group.RIGHT, _TEXT, _("Applicant reference"),
        _("Your own number for the applicant, as the candidate or a colleague typed it."),
    ),
    _read("given_at", Group.RIGHT, _DATETIME, _("Shared or verified (UTC)"), _("When the result reached you.")),
    _read(
        "right_until", Group.RIGHT, _DATETIME, _("Open until (UTC)"),
        _("When your access to the result ends; empty for a share without an end."),
    ),
    Column(
        "right_id", Group.RIGHT, _("Share or verification ID"),
        _("Never changes, and is the same in the API."), _TEXT, _right_id,
    ),
    Column("page", Group.RIGHT, _("Page"), _("The address of the result’s page in this service."), _TEXT, _page),
)  # fmt: skip
_PHOTO: Final = (
    _read("has_photo", Group.PHOTO, Kind.FLAG, _("Has a photo"), _("Whether there is a test-day photo to see.")),
    Column(
        "photo_file_name", Group.PHOTO, _("Photo file name"),
        _("The name to save the photo under: the reference number."), _TEXT, photo_file_name,
    ),
    Column(
        "photo_page", Group.PHOTO, _("Photo address"),
        _("Where a signed-in colleague sees the photo; photos themselves are in no data file."), _TEXT, _photo_page,
    ),
)  # fmt: skip

COLUMNS: Final[Mapping[str, Column]] = MappingProxyType(
    {column.key: column for column in (*_CANDIDATE, *_RESULT, *_COMPONENTS, *_EXAM, *_RIGHT, *_PHOTO)}
)
EVERYTHING: Final = tuple(column for column in COLUMNS.values() if not column.of_photo)
"""What the default template holds."""

COMPONENT_ROW: Final = (
    Column(
        "component", Group.COMPONENTS, _("Component"), _("The part of the exam."), _TEXT, attrgetter("component"),
    ),
    Column(
        "component_score", Group.COMPONENTS, _("Component score"), _("As for a column of its own."), Kind.SCORE,
        attrgetter("score"),
    ),
)  # fmt: skip
"""What stands in place of the components' columns where each component has a row (exporters/layout.py)."""
