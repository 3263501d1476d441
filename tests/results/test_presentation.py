"""What is shown of a result, and where its scores stand on a scale."""

from dataclasses import fields
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from results import catalogue
from results.charts import draw_scale
from results.presentation import ResultView, describe
from tests.results.statements import ERAS, NO_COMPONENTS, make_version

IDENTITY = {
    "exam", "display_name", "formal_title", "candidate_name", "session", "exam_date", "centre_number", "centre_name",
    "place_of_entry", "country_name", "version_number", "status", "status_text", "shows_result", "score_kind",
}  # fmt: skip


def view_of(**content: Any) -> ResultView:
    return describe(make_version(**content))


def test_a_released_result_is_shown_in_full() -> None:
    view = view_of(photo="face.jpg")
    assert (view.display_name, view.formal_title) == ("B2 First", "First Certificate in English")
    assert (view.candidate_name, view.country_name, view.status_text) == (
        "Zoë Muñoz-Sánchez",
        "United Kingdom",
        "Released",
    )
    assert (view.label, view.score, view.score_text, view.cefr) == ("Pass at Grade C", 170, "170", "B2")
    assert view.level is not None
    assert (view.level.cefr, view.level.nqf) == ("B2", "Level 1")
    assert [(part.name, part.text) for part in view.components] == [
        ("Reading", "172"), ("Use of English", "172"), ("Writing", "169"), ("Listening", "157"), ("Speaking", "178"),
    ]  # fmt: skip
    assert view.has_photo


@pytest.mark.parametrize("status", ["pending", "withheld", "cancelled", "absent"])
def test_a_result_that_is_not_released_shows_nothing_of_its_outcome(status: str) -> None:
    """Also a cancelled one, whose row keeps its scores."""
    view = view_of(status=status, exempt=True, photo="face.jpg")
    assert not view.shows_result
    assert view.status == status
    outcome = {field.name: getattr(view, field.name) for field in fields(ResultView)} | {"label_text": view.label_text}
    assert {name: value for name, value in outcome.items() if value and name not in IDENTITY} == {}


@pytest.mark.parametrize(
    ("given_names", "family_name", "shown"), [("Ana", "", "Ana"), ("", "Suharto", "Suharto"), ("Ana", "B", "Ana B")]
)
def test_a_name_of_one_part_stands_alone(given_names: str, family_name: str, shown: str) -> None:
    assert view_of(given_names=given_names, family_name=family_name).candidate_name == shown


def test_results_before_the_scale_have_a_score_out_of_100_and_a_profile() -> None:
    view = view_of(**ERAS["B2 First of 2011"])
    assert view.score_text == "77/100"
    assert [part.text for part in view.components] == ["Good", "Borderline", "Good", "Exceptional", "Weak"]
    assert view.profile is not None
    assert view.profile.words == ("Weak", "Borderline", "Good", "Exceptional")
    assert [row.position for row in view.profile.rows] == [62.5, 37.5, 62.5, 87.5, 12.5]


def test_cut_offs_that_are_not_known_make_no_table() -> None:
    view = view_of(**ERAS["A2 Key of 2006"])
    assert (view.bands, view.scale, view.score_text, view.level) == ((), None, "", None)
    assert view.profile is not None


def test_delta_shows_its_label_alone() -> None:
    view = view_of(**ERAS["DELTA Module One"])
    assert view.label == "Pass with Distinction"
    assert not any((view.score_text, view.cefr, view.components, view.bands, view.scale, view.profile, view.has_photo))


def test_only_bands_with_a_certificate_are_listed_and_the_result_is_marked() -> None:
    bands = view_of().bands
    assert [(band.label, band.scores, band.cefr) for band in bands] == [
        ("Pass at Grade A", "180–190", "C1"), ("Pass at Grade B", "173–179", "B2"),
        ("Pass at Grade C", "160–172", "B2"), ("Level B1", "140–159", "B1"),
    ]  # fmt: skip
    assert [band.is_this_result for band in bands] == [False, False, True, False]


def test_a_component_without_a_score_is_left_out() -> None:
    assert [part.code for part in view_of(writing="").components] == [
        "reading", "use_of_english", "listening", "speaking",
    ]  # fmt: skip
    assert view_of(**NO_COMPONENTS).components == ()


def test_the_dagger_stands_with_its_explanation() -> None:
    view = view_of(exempt=True)
    assert view.label_text == "Pass at Grade C †"
    assert "exempted" in view.exemption_note
    assert (view_of().label_text, view_of().exemption_note) == ("Pass at Grade C", "")


@pytest.mark.parametrize(
    ("exam", "photo", "shown"), [("FCE", "x.jpg", True), ("FCE", "", False), ("FCEFS", "x.jpg", False)]
)
def test_a_photo_is_shown_where_the_exam_has_one_and_one_exists(exam: str, photo: str, shown: bool) -> None:
    assert view_of(exam=exam, photo=photo).has_photo is shown


def test_an_exam_date_outside_every_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="not offered"):
        view_of(exam="FCEFS", exam_date=date(2006, 3, 1))


def test_describing_runs_no_query(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        view_of(photo="face.jpg")


def test_the_scale_of_b2_first() -> None:
    scale = view_of().scale
    assert scale is not None
    assert (scale.lowest, scale.highest) == (122, 190)
    assert [span.level for span in scale.spans] == ["", "B1", "B2", "C1"]
    assert [tick.score for tick in scale.ticks] == [122, 140, 160, 173, 180, 190]
    assert scale.overall.position == pytest.approx((170 - 122) / 68 * 100, abs=0.01)
    assert [mark.score for mark in scale.components] == [172, 172, 169, 157, 178]


@pytest.mark.parametrize("exam", catalogue.EXAMS.values(), ids=lambda exam: exam.code)
def test_every_scale_is_covered_from_end_to_end(exam: catalogue.Exam) -> None:
    for scheme in exam.schemes:
        lowest, highest = scheme.score_range or (0, 0)
        scale = draw_scale(scheme, ("Overall", highest), [("Low", lowest), ("Beyond", highest + 50)])
        if scheme.score_range is None:
            assert scale is None
            continue
        assert scale is not None
        assert (scale.overall.position, *(mark.position for mark in scale.components)) == (100, 0, 100)
        positions = [tick.position for tick in scale.ticks]
        assert positions == sorted(positions)
        assert (positions[0], positions[-1]) == (0, 100)
        if scale.spans:
            assert scale.spans[0].start == 0
            assert sum(span.width for span in scale.spans) == pytest.approx(100, abs=0.1)
        labels = [tick.position for tick in scale.labelled_ticks]
        assert all(right - left >= 7.5 for left, right in pairwise(labels))


def test_a_drawing_says_everything_as_text_too_in_any_language() -> None:
    with translation.override("de"):  # a decimal comma would break the drawing
        html = render_to_string("results/_scale.html", {"view": view_of()})
    assert 'x="26.47%"' in html
    assert "style=" not in html
    assert html.count("<svg") == html.count('aria-hidden="true"') == 6
    assert "170" in html.split("<figcaption>")[1].split("</figcaption>")[0]
    for name, score in (("Reading", 172), ("Listening", 157)):
        assert name in html
        assert f'<td class="tabular">{score}</td>' in html


def test_a_profile_is_drawn_with_its_words() -> None:
    html = render_to_string("results/_scale.html", {"view": view_of(**ERAS["B2 First of 2011"])})
    for word in ("Weak", "Borderline", "Good", "Exceptional"):
        assert f"<td>{word}</td>" in html
    assert "77" in html
