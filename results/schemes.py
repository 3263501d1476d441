"""What the catalogue is made of: an exam, its components, and the schemes by which it was reported."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

CEFR_LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2")
PROFILE_WORDS = ("Exceptional", "Good", "Borderline", "Weak")

GRADES = ("Pass at Grade A", "Pass at Grade B", "Pass at Grade C")
MERITS = ("Pass with Distinction", "Pass with Merit", "Pass")
NARROW_FAIL = "Narrow Fail"
FAIL = "Fail"
GRADE_CODES: Mapping[str, str] = MappingProxyType(
    dict(zip((*GRADES, *MERITS, NARROW_FAIL, FAIL), ("A", "B", "C", "D", "M", "P", "NF", "F"), strict=True))
    | {f"Level {level}": level for level in CEFR_LEVELS}
)


class SchemeKind(StrEnum):
    """How an exam was reported: on the scale, as a score out of 100 with a profile, or by its label alone."""

    SCALE = "scale"
    STANDARDISED = "standardised"
    PASS_FAIL = "pass_fail"  # noqa: S105  (not a password)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of an exam with a score of its own; `weight` is its share in the overall score [domain 1.3]."""

    code: str
    name: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Band:
    """A result label with the scores and the CEFR level that belong to it.

    Scores of None are not known or do not exist, so they are not checked.  `cefr` is None when it is not checked and
    the empty string when the band awards none.
    """

    label: str
    score_from: int | None
    score_to: int | None
    cefr: str | None

    @property
    def grade_code(self) -> str:
        """Short internal code of the label, such as A, M, B1 or NF [domain 1.4]."""
        return GRADE_CODES[self.label]


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one exam was reported in one period of exam dates (both ends included; None = still in force)."""

    kind: SchemeKind
    exam_from: date
    exam_to: date | None
    bands: tuple[Band, ...]

    @property
    def has_score(self) -> bool:
        return self.kind is not SchemeKind.PASS_FAIL

    @property
    def score_range(self) -> tuple[int, int] | None:
        """Lowest and highest overall score that can be reported; None where there is none."""
        if not self.has_score:
            return None
        edges = [edge for band in self.bands for edge in (band.score_from, band.score_to) if edge is not None]
        return (min(edges), max(edges)) if edges else (0, 100)

    @property
    def profile_words(self) -> tuple[str, ...]:
        """What a component may say instead of a score, best first; empty on the scale."""
        return PROFILE_WORDS if self.kind is SchemeKind.STANDARDISED else ()

    def contains(self, exam_date: date) -> bool:
        return self.exam_from <= exam_date and (self.exam_to is None or exam_date <= self.exam_to)

    def band_for(self, score: int) -> Band | None:
        """The band this overall score falls in; None outside the range or where the cut-offs are not known."""
        for band in self.bands:
            if band.score_from is not None and band.score_to is not None and band.score_from <= score <= band.score_to:
                return band
        return None

    def band_with_label(self, label: str) -> Band | None:
        return next((band for band in self.bands if band.label == label), None)


@dataclass(frozen=True, slots=True)
class Exam:
    """A qualification.  `formal_title` is what a statement prints; `display_name` is today's name [domain 1.1]."""

    code: str
    display_name: str
    formal_title: str
    former_names: tuple[str, ...]
    target_cefr: str
    components: tuple[Component, ...]
    has_photo: bool
    schemes: tuple[Scheme, ...]

    def scheme_on(self, exam_date: date) -> Scheme | None:
        """The scheme in force on that date; None when the exam did not exist then."""
        return next((scheme for scheme in self.schemes if scheme.contains(exam_date)), None)


def overall_from_components(exam: Exam, scores: Mapping[str, int]) -> int:
    """Overall scale score from all component scores: weighted mean, halves rounded up [domain 1.3].

    Raises KeyError when a component's score is missing.  The rounding of an exact half is not documented.
    """
    weight = sum(component.weight for component in exam.components)
    total = sum(component.weight * scores[component.code] for component in exam.components)
    return (2 * total + weight) // (2 * weight)
