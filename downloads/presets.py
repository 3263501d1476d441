"""Ready-made shapes of a data file, to begin a template from."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from downloads.columns import EVERYTHING
from downloads.models import Format
from downloads.options import ChosenColumn, Encoding, Options

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Preset:
    key: str
    name: "StrPromise"
    description: "StrPromise"
    options: Options


def _columns(*keys: str | tuple[str, str]) -> tuple[ChosenColumn, ...]:
    return tuple(ChosenColumn(key) if isinstance(key, str) else ChosenColumn(*key) for key in keys)


_EVERYTHING: Final = Preset(
    "everything",
    _("Everything"),
    _("All details that there are, the date of birth included, and nothing of the photo: the default template."),
    Options(columns=tuple(ChosenColumn(column.key) for column in EVERYTHING)),
)
_ADMISSIONS: Final = Preset(
    "admissions",
    _("Admissions minimum"),
    _("Who it is, which exam, and what came out of it: enough to decide on an application."),
    Options(
        format=Format.XLSX,
        columns=_columns(
            "applicant_reference", "reference_number", "family_name", "given_names", "date_of_birth", "exam_name",
            "exam_date", "status", "label", "score", "cefr",
        ),
    ),
)  # fmt: skip
_SLATE: Final = Preset(
    "slate",
    _("Slate"),
    _(
        "For Slate’s three Cambridge test types, B2 First, C1 Advanced and C2 Proficiency: a CSV file with the names "
        "that the live connection uses."
    ),
    Options(
        columns=_columns(
            ("candidate_id", "CandidateUCIId"), ("given_names", "CandidateName"),
            ("family_name", "CandidateFamilyName"), ("date_of_birth", "CandidateDOB"), ("email", "CandidateEmailId"),
            ("given_at", "ReceivedDate"),
            ("applicant_reference", "ApplicantReference"), ("reference_number", "ReferenceNumber"),
            ("exam", "ExamType"),
            ("exam_name", "Qualification"), ("exam_date", "TestDate"), ("status", "Status"), ("label", "Grade"),
            ("score", "Score"), ("cefr", "CefrLevel"), ("reading", "Reading"), ("use_of_english", "UseOfEnglish"),
            ("writing", "Writing"), ("listening", "Listening"), ("speaking", "Speaking"),
        ),
        exams=("FCE", "FCEFS", "CAE", "CPE"),
        encoding=Encoding.UTF8,
    ),
)  # fmt: skip
_PHOTOS: Final = Preset(
    "photos",
    _("Photo index"),
    _(
        "Which results have a test-day photo, under which file name to keep it, and the address where a signed-in "
        "colleague sees it. The photos themselves are in no data file."
    ),
    Options(
        format=Format.XLSX,
        columns=_columns(
            "applicant_reference", "reference_number", "family_name", "given_names", "exam_name", "exam_date",
            "has_photo", "photo_file_name", "photo_page",
        ),
    ),
)  # fmt: skip
PRESETS: Final[Mapping[str, Preset]] = MappingProxyType(
    {preset.key: preset for preset in (_EVERYTHING, _ADMISSIONS, _SLATE, _PHOTOS)}
)
