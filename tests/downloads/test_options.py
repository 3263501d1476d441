"""What a template keeps, and what becomes of it in a later version of the service."""

import json
from typing import Any

import pytest

from downloads.models import Format
from downloads.options import (
    Components,
    DateFormat,
    DecimalMark,
    Encoding,
    Options,
    RowPer,
    Separator,
)
from tests.downloads.rows import chosen


def test_what_is_kept_comes_back() -> None:
    options = Options(
        format=Format.XLSX,
        columns=chosen(("family_name", "Nachname"), "score"),
        exams=("CAE", "CPE"),
        row_per=RowPer.CANDIDATE,
        side_by_side=4,
        components=Components.ROWS,
        date_format=DateFormat.DOTS,
        decimal_mark=DecimalMark.COMMA,
        separator=Separator.SEMICOLON,
        encoding=Encoding.WINDOWS,
    )
    assert Options.load(json.loads(json.dumps(options.dump()))) == options


def test_nothing_kept_is_the_default() -> None:
    assert Options.load({}) == Options()
    assert Options.load(Options().dump()) == Options()


def test_a_column_of_an_older_version_is_left_out_and_named() -> None:
    options = Options.load({"columns": [["shoe_size", ""], ["score", "Score"], ["score", "again"]], "colour": "red"})
    assert options.columns == chosen(("score", "Score"))
    assert options.unknown == ("shoe_size",)


def test_a_choice_of_which_nothing_is_left_does_not_become_everything() -> None:
    options = Options.load({"columns": [["shoe_size", ""]]})
    assert options.columns == chosen("reference_number")


@pytest.mark.parametrize(
    "stored",
    [
        {"format": "papyrus", "row_per": 3, "components": None, "separator": ["x"], "encoding": {}, "date_format": ""},
        {"columns": "score", "exams": "CAE", "side_by_side": "many"},
        {"columns": [None, [], [3], ["", "x"], [[], {}]], "exams": ["XYZ", None]},
    ],
)
def test_what_makes_no_sense_has_its_default(stored: dict[str, Any]) -> None:
    assert Options.load(stored) == Options()


@pytest.mark.parametrize(("stored", "kept"), [(0, 1), (-3, 1), (99, 5), (2, 2)])
def test_side_by_side_stays_within_its_limits(stored: int, kept: int) -> None:
    assert Options.load({"side_by_side": stored}).side_by_side == kept
