"""The form of an applicant reference: simple, safe, and never slow."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from organisations.applicant_references import example, matches, problem


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("", ["", "anything"], []),
        ("AA-9999", ["AB-1234", "ab-1234", " AB-1234 "], ["A1-1234", "AB1234", "AB-12345", "", "AB-123٤"]),
        ("9999999999", ["0123456789"], ["012345678", "01234567890", "O123456789"]),
        ("**/9", ["A1/2", "99/2", "zz/0"], ["A1-2", "é1/2"]),
        ("UC\\AS-9", ["UCAS-1", "ucas-9"], ["UCBS-1"]),
        ("\\9\\*9", ["9*5"], ["8*5", "9A5"]),
        (".*+[9]", [".B+[1]"], ["B+[1]"]),
    ],
)
def test_a_reference_has_the_form_or_not(pattern: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not matches(pattern, text)] == []
    assert [text for text in bad if matches(pattern, text)] == []


@pytest.mark.parametrize(
    ("pattern", "shown"), [("", ""), ("AA-9999", "AB-1234"), ("UC\\AS-99", "UCAS-12"), ("*-*", "A-B")]
)
def test_the_example_is_readable(pattern: str, shown: str) -> None:
    assert example(pattern) == shown


@pytest.mark.parametrize(
    ("pattern", "is_one"), [("BC", True), ("\\A", True), ("A\\", True), ("A\\\\", False), ("A", False), ("x9", False)]
)
def test_a_form_without_a_free_place_is_a_problem(pattern: str, is_one: bool) -> None:
    assert problem(pattern) is is_one


@given(st.text(max_size=64))
def test_the_example_has_the_form(pattern: str) -> None:
    shown = example(pattern)
    if not problem(pattern) and shown == shown.strip() and shown == shown.upper():
        assert matches(pattern, shown)


@given(st.text(max_size=64), st.text(max_size=200))
def test_nothing_makes_it_fail_or_slow(pattern: str, text: str) -> None:
    began = time.perf_counter()
    matches(pattern, text)
    assert time.perf_counter() - began < 0.5
