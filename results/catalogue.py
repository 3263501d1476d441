"""The catalogue: every qualification, its components, and how it was reported on each exam date since 2005.

One place answers: is this result valid, what is it called, what is shown, is there a photo.  Results keep what was
issued; the catalogue checks it at import and never recomputes it for display.

Names of exams, components and labels are the awarding body's own and are printed on certificates as they stand here,
so they are not translated.  Sources, by section number, are in `docs/domain-sources.md`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from results.schemes import (
    CEFR_LEVELS,
    FAIL,
    GRADES,
    MERITS,
    NARROW_FAIL,
    PROFILE_WORDS,
    Band,
    Component,
    Exam,
    Scheme,
    SchemeKind,
    overall_from_components,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

__all__ = [
    "CEFR_DESCRIPTIONS",
    "CEFR_LEVELS",
    "COMPONENT_CODES",
    "COMPONENT_SCALE_RANGE",
    "EXAMS",
    "EXAM_CHOICES",
    "FAIL",
    "FIRST_EXAM_DATE",
    "NARROW_FAIL",
    "NON_RESULT_KEY",
    "NQF_LEVELS",
    "PROFILE_WORDS",
    "Band",
    "Component",
    "Exam",
    "Scheme",
    "SchemeKind",
    "get",
    "overall_from_components",
]

FIRST_EXAM_DATE = date(2005, 1, 1)
COMPONENT_CODES = ("reading", "use_of_english", "writing", "listening", "speaking", "reading_and_writing")
# No component was ever reported outside this range, whatever the exam [domain 1.1].
COMPONENT_SCALE_RANGE = (80, 230)

CEFR_DESCRIPTIONS: "Mapping[str, StrPromise]" = MappingProxyType(
    {
        "A1": _("Can use and understand very basic everyday phrases when the other person speaks slowly and helps."),
        "A2": _("Can deal with simple, routine situations and talk about familiar matters in short exchanges."),
        "B1": _("Can manage most everyday situations and write simple, connected text on familiar subjects."),
        "B2": _("Can follow the main ideas of complex texts and take part in discussion with ease and some fluency."),
        "C1": _("Can use the language flexibly and effectively for demanding academic and professional purposes."),
        "C2": _("Can understand practically everything heard or read and express fine shades of meaning precisely."),
    }
)

# The United Kingdom's National Qualifications Framework, as printed on statements [domain 1.4].
NQF_LEVELS: Mapping[str, str] = MappingProxyType(
    {"C2": "Level 3", "C1": "Level 2", "B2": "Level 1", "B1": "Entry 3", "A2": "Entry 2", "A1": "Entry 1"}
)

# What a statement prints in place of a result, in every era [domain 1.4].
NON_RESULT_KEY: "Mapping[str, StrPromise]" = MappingProxyType(
    {
        "X": _("The candidate was absent from part of the examination."),
        "Z": _("The candidate was absent from all parts of the examination."),
        "Pending": _("A result cannot be issued yet but will follow in due course."),
        "Withheld": _("The candidate should contact their centre for information."),
    }
)

# Highest score, then the lowest score of each band from the best down [domain 1.2, 1.4].
_KEY_SCALE = (150, 140, 133, 120, 100, 82)
_PRELIMINARY_SCALE = (170, 160, 153, 140, 120, 102)
_FIRST_SCALE = (190, 180, 173, 160, 140, 122)
_ADVANCED_SCALE = (210, 200, 193, 180, 160, 142)
_PROFICIENCY_SCALE = (230, 220, 213, 200, 180, 162)
_GRADES_OF_100 = (100, 80, 75, 60, 45, 0)
_MERITS_OF_100 = (100, 90, 85, 70, 45, 0)
_NARROW_FAIL_OF_100 = (100, 80, 75, 60, 55, 0)

# When the way of reporting changed [domain 1.2, 1.4].
_EXTENDED = date(2011, 3, 1)
_BEFORE_EXTENDED = date(2011, 2, 28)
_SCALE_2015 = date(2015, 1, 1)
_BEFORE_2015 = date(2014, 12, 31)
_SCALE_2016 = date(2016, 2, 1)
_BEFORE_2016 = date(2016, 1, 31)
_GRADES_2020 = date(2020, 1, 1)
_BEFORE_2020 = date(2019, 12, 31)
_LAST_BUSINESS = date(2023, 12, 31)
_FIRST_SCHOOLS = date(2009, 1, 1)
_FIRST_DELTA = date(2008, 1, 1)


def _score_ranges(cuts: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    top, *floors = cuts
    yield floors[0], top
    for upper, lower in pairwise(floors):
        yield lower, upper - 1


def _bands(labels: tuple[str, ...], cuts: tuple[int, ...] | None, cefrs: tuple[str | None, ...]) -> tuple[Band, ...]:
    ranges = _score_ranges(cuts) if cuts else ((None, None) for _label in labels)
    return tuple(Band(label, low, high, cefr) for label, (low, high), cefr in zip(labels, ranges, cefrs, strict=True))


def _extended(passes: tuple[str, ...], target: str, cuts: tuple[int, ...] | None) -> tuple[Band, ...]:
    """Three passes, the level below, and Fail: the best pass awards the level above, if there is one."""
    position = CEFR_LEVELS.index(target)
    above, below = CEFR_LEVELS[min(position + 1, len(CEFR_LEVELS) - 1)], CEFR_LEVELS[position - 1]
    cefrs = (above, target, target, below, "") if cuts else (None,) * 5
    return _bands((*passes, f"Level {below}", FAIL), cuts, cefrs)


_GRADES_OR_NARROW_FAIL = (*GRADES, NARROW_FAIL, FAIL)


def _early_merits(level: str) -> tuple[Band, ...]:
    """Before March 2011: cut-offs not found [domain 7]; the level band came about 2008 [domain 1.4]."""
    return _bands(("Pass with Merit", "Pass", level, NARROW_FAIL, FAIL), None, (None,) * 5)


def _grade_exam_schemes(target: str, scale: tuple[int, ...]) -> tuple[Scheme, ...]:
    early = _bands(_GRADES_OR_NARROW_FAIL, _NARROW_FAIL_OF_100, (None, None, None, "", ""))
    return (
        Scheme(SchemeKind.STANDARDISED, FIRST_EXAM_DATE, _BEFORE_EXTENDED, early),
        Scheme(SchemeKind.STANDARDISED, _EXTENDED, _BEFORE_2015, _extended(GRADES, target, _GRADES_OF_100)),
        Scheme(SchemeKind.SCALE, _SCALE_2015, None, _extended(GRADES, target, scale)),
    )


def _first_for_schools_schemes() -> tuple[Scheme, ...]:
    early = _bands(_GRADES_OR_NARROW_FAIL, None, (None,) * 5)
    _same_as_first, *later = _grade_exam_schemes("B2", _FIRST_SCALE)
    return (Scheme(SchemeKind.STANDARDISED, _FIRST_SCHOOLS, _BEFORE_EXTENDED, early), *later)


def _merit_exam_schemes(first: date, level: str, target: str, scale: tuple[int, ...]) -> tuple[Scheme, ...]:
    """Key and Preliminary: Distinction and Merit until 2019, grades from 2020 [domain 1.2]."""
    return (
        Scheme(SchemeKind.STANDARDISED, first, _BEFORE_EXTENDED, _early_merits(level)),
        Scheme(SchemeKind.STANDARDISED, _EXTENDED, _BEFORE_2016, _extended(MERITS, target, _MERITS_OF_100)),
        Scheme(SchemeKind.SCALE, _SCALE_2016, _BEFORE_2020, _extended(MERITS, target, scale)),
        Scheme(SchemeKind.SCALE, _GRADES_2020, None, _extended(GRADES, target, scale)),
    )


def _business_schemes(
    early: tuple[Band, ...], passes: tuple[str, ...], target: str, scale: tuple[int, ...]
) -> tuple[Scheme, ...]:
    """Business Certificates: cut-offs before the scale not found [domain 1.4]; last sessions December 2023."""
    return (
        Scheme(SchemeKind.STANDARDISED, FIRST_EXAM_DATE, _BEFORE_EXTENDED, early),
        Scheme(SchemeKind.STANDARDISED, _EXTENDED, _BEFORE_2016, _extended(passes, target, None)),
        Scheme(SchemeKind.SCALE, _SCALE_2016, _LAST_BUSINESS, _extended(passes, target, scale)),
    )


_READING = Component("reading", "Reading")
_USE_OF_ENGLISH = Component("use_of_english", "Use of English")
_WRITING = Component("writing", "Writing")
_LISTENING = Component("listening", "Listening")
_SPEAKING = Component("speaking", "Speaking")
_READING_AND_WRITING = Component("reading_and_writing", "Reading and Writing", weight=2)
_THREE = (_READING_AND_WRITING, _LISTENING, _SPEAKING)
_FOUR = (_READING, _WRITING, _LISTENING, _SPEAKING)
_FIVE = (_READING, _USE_OF_ENGLISH, _WRITING, _LISTENING, _SPEAKING)

_EXAMS = (
    Exam(
        code="KET",
        display_name="A2 Key",
        formal_title="Key English Test",
        former_names=("Key English Test (KET)", "Cambridge English: Key"),
        target_cefr="A2",
        components=_THREE,
        has_photo=False,
        schemes=_merit_exam_schemes(FIRST_EXAM_DATE, "Level A1", "A2", _KEY_SCALE),
    ),
    Exam(
        code="KETFS",
        display_name="A2 Key for Schools",
        formal_title="Key English Test",
        former_names=("KET for Schools (KETfS)", "Cambridge English: Key for Schools"),
        target_cefr="A2",
        components=_THREE,
        has_photo=False,
        schemes=_merit_exam_schemes(_FIRST_SCHOOLS, "Level A1", "A2", _KEY_SCALE),
    ),
    Exam(
        code="PET",
        display_name="B1 Preliminary",
        formal_title="Preliminary English Test",
        former_names=("Preliminary English Test (PET)", "Cambridge English: Preliminary"),
        target_cefr="B1",
        components=_FOUR,
        has_photo=False,
        schemes=_merit_exam_schemes(FIRST_EXAM_DATE, "Level A2", "B1", _PRELIMINARY_SCALE),
    ),
    Exam(
        code="PETFS",
        display_name="B1 Preliminary for Schools",
        formal_title="Preliminary English Test",
        former_names=("PET for Schools", "Cambridge English: Preliminary for Schools"),
        target_cefr="B1",
        components=_FOUR,
        has_photo=False,
        schemes=_merit_exam_schemes(_FIRST_SCHOOLS, "Level A2", "B1", _PRELIMINARY_SCALE),
    ),
    Exam(
        code="FCE",
        display_name="B2 First",
        formal_title="First Certificate in English",
        former_names=("First Certificate in English (FCE)", "Cambridge English: First"),
        target_cefr="B2",
        components=_FIVE,
        has_photo=True,
        schemes=_grade_exam_schemes("B2", _FIRST_SCALE),
    ),
    Exam(
        code="FCEFS",
        display_name="B2 First for Schools",
        formal_title="First Certificate in English",
        former_names=("FCE for Schools", "Cambridge English: First for Schools"),
        target_cefr="B2",
        components=_FIVE,
        has_photo=False,
        schemes=_first_for_schools_schemes(),
    ),
    Exam(
        code="CAE",
        display_name="C1 Advanced",
        formal_title="Certificate in Advanced English",
        former_names=("Certificate in Advanced English (CAE)", "Cambridge English: Advanced"),
        target_cefr="C1",
        components=_FIVE,
        has_photo=True,
        schemes=_grade_exam_schemes("C1", _ADVANCED_SCALE),
    ),
    Exam(
        code="CPE",
        display_name="C2 Proficiency",
        formal_title="Certificate of Proficiency in English",
        former_names=("Certificate of Proficiency in English (CPE)", "Cambridge English: Proficiency"),
        target_cefr="C2",
        components=_FIVE,
        has_photo=True,
        schemes=_grade_exam_schemes("C2", _PROFICIENCY_SCALE),
    ),
    Exam(
        code="BECP",
        display_name="B1 Business Preliminary",
        formal_title="Business English Certificate Preliminary",
        former_names=("BEC Preliminary", "Cambridge English: Business Preliminary"),
        target_cefr="B1",
        components=_FOUR,
        has_photo=False,
        schemes=_business_schemes(_early_merits("Level A2"), MERITS, "B1", _PRELIMINARY_SCALE),
    ),
    Exam(
        code="BECV",
        display_name="B2 Business Vantage",
        formal_title="Business English Certificate Vantage",
        former_names=("BEC Vantage", "Cambridge English: Business Vantage"),
        target_cefr="B2",
        components=_FOUR,
        has_photo=False,
        schemes=_business_schemes(_bands(_GRADES_OR_NARROW_FAIL, None, (None,) * 5), GRADES, "B2", _FIRST_SCALE),
    ),
    Exam(
        code="BECH",
        display_name="C1 Business Higher",
        formal_title="Business English Certificate Higher",
        former_names=("BEC Higher", "Cambridge English: Business Higher"),
        target_cefr="C1",
        components=_FOUR,
        has_photo=False,
        schemes=_business_schemes(_bands(_GRADES_OR_NARROW_FAIL, None, (None,) * 5), GRADES, "C1", _ADVANCED_SCALE),
    ),
    Exam(
        code="DELTA1",
        display_name="DELTA Module One",
        formal_title="DELTA Module One",
        former_names=("DELTA Module One",),
        target_cefr="",
        components=(),
        has_photo=False,
        schemes=(Scheme(SchemeKind.PASS_FAIL, _FIRST_DELTA, None, _bands((*MERITS, FAIL), None, ("",) * 4)),),
    ),
)

EXAMS: Mapping[str, Exam] = MappingProxyType({exam.code: exam for exam in _EXAMS})
WITH_PHOTO: tuple[str, ...] = tuple(exam.code for exam in _EXAMS if exam.has_photo)
EXAM_CHOICES: tuple[tuple[str, str], ...] = tuple((exam.code, exam.display_name) for exam in _EXAMS)


def get(code: str) -> Exam:
    """The exam with this catalogue code.  Raises KeyError for an unknown one."""
    return EXAMS[code]
