"""One table of columns, from which every file takes all it has."""

from pathlib import Path

import pytest
from defusedxml.ElementTree import parse

from downloads.columns import COLUMNS, COMPONENT_ROW, EVERYTHING, EXAMPLE, Column, Kind
from downloads.exporters.layout import layout_of
from downloads.models import Format
from downloads.options import Components, Options, RowPer
from results import catalogue
from sharing.door import Taken
from tests.downloads.rows import chosen, elements, exported, objects, sheet, table, taken

NOT_FOR_FILES = {"kind", "right_id", "owner", "version_id", "has_photo"}
"""What of a result stands in no column under its own name: keys of our tables, and whether there is a photo."""
SHAPES = [
    Options(),
    Options(components=Components.ROWS),
    Options(row_per=RowPer.CANDIDATE, side_by_side=2),
    Options(columns=chosen("reference_number", ("family_name", "Nachname"), "has_photo")),
]


def test_everything_that_a_result_says_has_a_column() -> None:
    assert set(Taken._fields) - NOT_FOR_FILES <= set(COLUMNS)
    assert set(catalogue.COMPONENT_CODES) == {key for key, column in COLUMNS.items() if column.of_component}
    assert len(COLUMNS) >= 35


@pytest.mark.parametrize("column", [*COLUMNS.values(), *COMPONENT_ROW], ids=lambda column: column.key)
def test_a_column_says_what_it_is_and_holds_what_it_says(column: Column) -> None:
    assert str(column.heading)
    assert str(column.description).endswith(".")
    if column in COMPONENT_ROW:
        return
    type_of = {Kind.TEXT: str, Kind.NUMBER: int, Kind.DECIMAL: float, Kind.SCORE: int, Kind.FLAG: bool}
    assert isinstance(column.example, type_of.get(column.kind, object))
    assert column.example not in ("", None)
    nothing = column.of(taken(status="withheld", candidate_id="", verification_number="", right_until=None))
    assert nothing is None or type(nothing) is type(column.example) or (column.kind == Kind.SCORE and nothing == "")


@pytest.mark.parametrize("options", SHAPES)
def test_every_field_of_every_file_comes_from_the_table(options: Options, tmp_path: Path) -> None:
    layout = layout_of(options)
    for field in layout.fields:
        assert field.column in (*COLUMNS.values(), *COMPONENT_ROW)
    rows = [taken(), taken(reference_number="261GB5990043")]
    settings = {name: getattr(options, name) for name in ("columns", "components", "row_per", "side_by_side")}
    headings, names = [field.heading for field in layout.fields], [field.name for field in layout.fields]
    assert table(tmp_path, rows, **settings)[0] == headings
    (xlsx,) = exported(tmp_path, rows, format=Format.XLSX, **settings).files
    assert sheet(xlsx)[0] == headings
    (json,) = exported(tmp_path, rows, format=Format.JSON, **settings).files
    assert [list(row) for row in objects(json)] == [names] * len(objects(json))
    (xml,) = exported(tmp_path, rows, format=Format.XML, **settings).files
    keys = [field.key for field in layout.fields]
    assert [list(row) for row in elements(xml)] == [keys] * len(elements(xml))
    assert [(column.get("name"), column.get("heading")) for column in parse(xml).getroot().find("columns")] == list(
        zip(keys, headings, strict=True)
    )


def test_the_default_has_all_but_what_tells_of_the_photo() -> None:
    keys = [chosen.key for chosen in Options().chosen]
    assert keys == [column.key for column in EVERYTHING]
    assert "date_of_birth" in keys
    assert set(COLUMNS) - set(keys) == {"has_photo", "photo_file_name", "photo_page"}


def test_no_column_holds_a_picture() -> None:
    assert {type(column.of(EXAMPLE)) for column in COLUMNS.values() if column.of_photo} == {bool, str}
