"""The catalogue states the facts of `result_labels.csv`, no more and no less, without gap or overlap."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results import catalogue
from results.catalogue import EXAMS, Band, Exam, Scheme, SchemeKind

LABELS = Path(__file__).with_name("result_labels.csv")
SCHEMES = [(exam, scheme) for exam in EXAMS.values() for scheme in exam.schemes]


def scheme_id(value: object) -> str | None:
    if isinstance(value, Exam):
        return value.code
    return f"{value.kind}-{value.exam_from}" if isinstance(value, Scheme) else None


def stated_lines() -> Iterator[tuple[str, ...]]:
    """The catalogue, written as the lines of the normative table."""
    for exam, scheme in SCHEMES:
        for band in scheme.bands:
            unknown = "*" if scheme.has_score else ""
            yield (
                exam.code,
                scheme.kind.value,
                scheme.exam_from.isoformat(),
                scheme.exam_to.isoformat() if scheme.exam_to else "",
                unknown if band.score_from is None else str(band.score_from),
                unknown if band.score_to is None else str(band.score_to),
                band.label,
                "*" if band.cefr is None else band.cefr,
            )


def test_the_catalogue_and_the_normative_table_agree_line_by_line_both_ways() -> None:
    with LABELS.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["exam", "scheme", "exam_from", "exam_to", "score_from", "score_to", "result", "cefr"]
    assert sorted(stated_lines()) == sorted(tuple(line) for line in lines)


def test_every_qualification_of_the_service_is_there_in_choice_order() -> None:
    codes = ["KET", "KETFS", "PET", "PETFS", "FCE", "FCEFS", "CAE", "CPE", "BECP", "BECV", "BECH", "DELTA1"]
    assert list(EXAMS) == codes
    assert [code for code, _name in catalogue.EXAM_CHOICES] == codes
    assert catalogue.get("CAE").display_name == "C1 Advanced"
    with pytest.raises(KeyError):
        catalogue.get("IELTS")


def test_the_photo_is_for_first_advanced_and_proficiency_only() -> None:
    assert {code for code, exam in EXAMS.items() if exam.has_photo} == {"FCE", "CAE", "CPE"}


@pytest.mark.parametrize(
    ("codes", "components"),
    [
        ("FCE FCEFS CAE CPE", "Reading, Use of English, Writing, Listening, Speaking"),
        ("PET PETFS BECP BECV BECH", "Reading, Writing, Listening, Speaking"),
        ("KET KETFS", "Reading and Writing, Listening, Speaking"),
        ("DELTA1", ""),
    ],
)
def test_components_stand_in_their_fixed_order(codes: str, components: str) -> None:
    for code in codes.split():
        assert ", ".join(component.name for component in EXAMS[code].components) == components
        assert {component.code for component in EXAMS[code].components} <= set(catalogue.COMPONENT_CODES)


@pytest.mark.parametrize(("exam", "scheme"), SCHEMES, ids=scheme_id)
def test_bands_cover_the_score_range_without_gap_or_overlap(exam: Exam, scheme: Scheme) -> None:
    known = [band for band in scheme.bands if band.score_from is not None]
    assert len(known) in (0, len(scheme.bands)), "either every cut-off of a scheme is known or none"
    for higher, lower in pairwise(known):
        assert higher.score_from is not None
        assert lower.score_to == higher.score_from - 1
    if known:
        assert scheme.score_range == (known[-1].score_from, known[0].score_to)


@pytest.mark.parametrize(("exam", "scheme"), SCHEMES, ids=scheme_id)
def test_every_band_edge_finds_its_own_band(exam: Exam, scheme: Scheme) -> None:
    for band in scheme.bands:
        assert scheme.band_with_label(band.label) is band
        if band.score_from is not None and band.score_to is not None:
            assert scheme.band_for(band.score_from) is band
            assert scheme.band_for(band.score_to) is band
    if scheme.score_range:
        lowest, highest = scheme.score_range
        assert scheme.band_for(lowest - 1) is None
        assert scheme.band_for(highest + 1) is None


@pytest.mark.parametrize("exam", EXAMS.values(), ids=scheme_id)
def test_periods_follow_each_other_day_by_day(exam: Exam) -> None:
    assert exam.schemes[0].exam_from >= catalogue.FIRST_EXAM_DATE
    for earlier, later in pairwise(exam.schemes):
        assert earlier.exam_to is not None
        assert later.exam_from == earlier.exam_to + timedelta(days=1)


@pytest.mark.parametrize("exam", EXAMS.values(), ids=scheme_id)
def test_every_date_since_2005_has_exactly_one_scheme_while_the_exam_exists(exam: Exam) -> None:
    first, last = exam.schemes[0].exam_from, exam.schemes[-1].exam_to or date(2030, 12, 31)
    for ordinal in range(catalogue.FIRST_EXAM_DATE.toordinal(), date(2030, 12, 31).toordinal() + 1):
        day = date.fromordinal(ordinal)
        holding = [scheme for scheme in exam.schemes if scheme.contains(day)]
        assert len(holding) == (1 if first <= day <= last else 0), day
        assert exam.scheme_on(day) is (holding[0] if holding else None)


def test_business_certificates_end_with_2023_and_schools_exams_start_in_2009() -> None:
    for code in ("BECP", "BECV", "BECH"):
        assert EXAMS[code].scheme_on(date(2023, 12, 31)) is not None
        assert EXAMS[code].scheme_on(date(2024, 1, 1)) is None
    for code in ("KETFS", "PETFS", "FCEFS"):
        assert EXAMS[code].scheme_on(date(2008, 12, 31)) is None
        assert EXAMS[code].scheme_on(date(2009, 1, 1)) is not None


@pytest.mark.parametrize(
    ("code", "day", "score", "band"),
    [
        ("FCE", date(2015, 11, 20), 172, Band("Pass at Grade C", 160, 172, "B2")),
        ("KET", date(2015, 12, 5), 90, Band("Pass with Distinction", 90, 100, "B1")),
        ("KET", date(2016, 3, 5), 138, Band("Pass with Merit", 133, 139, "A2")),
        ("KET", date(2020, 1, 1), 138, Band("Pass at Grade B", 133, 139, "A2")),
        ("FCE", date(2008, 12, 6), 57, Band("Narrow Fail", 55, 59, "")),
        ("CPE", date(2024, 6, 1), 225, Band("Pass at Grade A", 220, 230, "C2")),
    ],
)
def test_published_examples(code: str, day: date, score: int, band: Band) -> None:
    scheme = EXAMS[code].scheme_on(day)
    assert scheme is not None
    assert scheme.band_for(score) == band


def test_scheme_kinds_say_what_is_shown() -> None:
    first, delta = EXAMS["FCE"], EXAMS["DELTA1"]
    old, _extended, scale = first.schemes
    assert (old.kind, old.has_score, old.profile_words) == (SchemeKind.STANDARDISED, True, catalogue.PROFILE_WORDS)
    assert (scale.kind, scale.has_score, scale.profile_words) == (SchemeKind.SCALE, True, ())
    assert not delta.schemes[0].has_score
    assert delta.schemes[0].score_range is None
    # Cut-offs that were not found: the score is still out of 100.
    assert EXAMS["KET"].schemes[0].score_range == (0, 100)


def test_grade_codes_are_known_for_every_label_and_distinct_within_a_scheme() -> None:
    for _exam, scheme in SCHEMES:
        codes = [band.grade_code for band in scheme.bands]
        assert len(set(codes)) == len(codes)


def test_words_exist_for_every_cefr_level() -> None:
    assert set(catalogue.CEFR_DESCRIPTIONS) == set(catalogue.CEFR_LEVELS) == set(catalogue.NQF_LEVELS)
    assert all(str(text) for text in catalogue.CEFR_DESCRIPTIONS.values())


def test_overall_of_the_official_key_sample() -> None:
    scores = {"reading_and_writing": 140, "listening": 135, "speaking": 138}
    assert catalogue.overall_from_components(EXAMS["KET"], scores) == 138


def test_overall_rounds_an_exact_half_up() -> None:
    scores = {"reading": 150, "writing": 150, "listening": 150, "speaking": 152}
    assert catalogue.overall_from_components(EXAMS["PET"], scores) == 151


def test_overall_needs_every_component() -> None:
    with pytest.raises(KeyError):
        catalogue.overall_from_components(EXAMS["FCE"], {"reading": 180})


@given(st.sampled_from([exam for exam in EXAMS.values() if exam.components]), st.data())
def test_overall_lies_between_the_components_and_ignores_their_order(exam: Exam, data: st.DataObject) -> None:
    scores = {component.code: data.draw(st.integers(80, 230)) for component in exam.components}
    overall = catalogue.overall_from_components(exam, scores)
    assert min(scores.values()) <= overall <= max(scores.values())
    assert catalogue.overall_from_components(exam, dict(reversed(scores.items()))) == overall
