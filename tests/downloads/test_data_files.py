"""Data files: what stands in them, in each format and shape."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
import time_machine

from downloads.columns import COLUMNS, EXAMPLE
from downloads.exporters import export
from downloads.models import Format
from downloads.options import Components, DateFormat, DecimalMark, Encoding, Options, RowPer, Separator
from sharing.door import Taken
from tests.downloads.rows import KEY, chosen, elements, exported, objects, sheet, table, taken

OTHER = UUID("11111111-6a0e-4b63-9d35-0c2f1f0b8a11")
PERSON = UUID("22222222-6a0e-4b63-9d35-0c2f1f0b8a11")
ANOTHER_PERSON = UUID("33333333-6a0e-4b63-9d35-0c2f1f0b8a11")


def one(tmp_path: Path, form: Format, **options: Any) -> Path:
    (file,) = exported(tmp_path, [taken(), taken(status="withheld", **KEY)], format=form, **options).files
    return file


MIXED = chosen("reference_number", "date_of_birth", "score", "exempt", "changed_at", "listening", "certificate_date")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("full_name", "Zoë Muñoz-Sánchez"),
        ("exam_name", "C1 Advanced"),
        ("formal_title", "Certificate in Advanced English"),
        ("target_cefr", "C1"),
        ("score_kind", "Cambridge English Scale"),
        ("grade_code", "B"),
        ("country_name", "United Kingdom"),
        ("source", "shared"),
        ("photo_file_name", "261GB5990042.jpg"),
        ("reading", 197),
    ],
)
def test_what_a_column_makes_of_a_result(key: str, value: object) -> None:
    assert COLUMNS[key].of(taken()) == value


def test_a_result_before_the_scale_has_words_for_components() -> None:
    row = taken(**KEY)
    told = {key: COLUMNS[key].of(row) for key in ("score_kind", "grade_code", "listening", "photo_file_name")}
    assert told == {"score_kind": "Score out of 100", "grade_code": "M", "listening": "Good", "photo_file_name": ""}


def test_a_share_has_a_page_and_one_of_its_photo(settings: Any) -> None:
    page = f"{settings.PUBLIC_BASE_URL}/shared-results/{EXAMPLE.right_id}/"
    assert (COLUMNS["page"].of(taken()), COLUMNS["photo_page"].of(taken())) == (page, f"{page}photo")


def test_a_verification_has_its_own_pages(settings: Any) -> None:
    row = taken(kind="verification")
    assert COLUMNS["page"].of(row) == f"{settings.PUBLIC_BASE_URL}/candidate-search/{row.right_id}/"
    assert COLUMNS["source"].of(row) == "verified"


def test_csv(tmp_path: Path) -> None:
    file = one(tmp_path, Format.CSV, columns=MIXED)
    assert file == tmp_path / "results.csv"
    assert file.read_bytes().decode("utf-8") == (
        '\ufeff"Reference number","Date of birth","Overall score","Exemption","Last change (UTC)","Listening",'
        '"Date of the certificate"\r\n'
        '"261GB5990042","2001-05-09",195,"no","2026-05-09T08:00:00Z",193,"2026-05-20"\r\n'
        '"261GB5990042","2001-05-09",,"no","2026-05-09T08:00:00Z",,""\r\n'
    )


def test_xlsx_has_values_by_type(tmp_path: Path) -> None:
    headings, released, withheld = sheet(one(tmp_path, Format.XLSX, columns=MIXED))
    assert headings[:2] == ["Reference number", "Date of birth"]
    born, changed, issued = datetime(2001, 5, 9), datetime(2026, 5, 9, 8), datetime(2026, 5, 20)  # noqa: DTZ001
    assert released == ["261GB5990042", born, 195, "no", changed, 193, issued]
    assert withheld == ["261GB5990042", born, None, "no", changed, None, None]


def test_json(tmp_path: Path) -> None:
    file = one(tmp_path, Format.JSON, columns=chosen(("date_of_birth", "born"), "score", "exempt", "listening"))
    assert objects(file) == [
        {"born": "2001-05-09", "score": 195, "exempt": False, "listening": 193},
        {"born": "2001-05-09", "score": None, "exempt": False, "listening": None},
    ]


def test_xml(tmp_path: Path) -> None:
    file = one(tmp_path, Format.XML, columns=MIXED)
    assert elements(file) == [
        {
            "reference_number": "261GB5990042", "date_of_birth": "2001-05-09", "score": "195", "exempt": "false",
            "changed_at": "2026-05-09T08:00:00Z", "listening": "193", "certificate_date": "2026-05-20",
        },
        {
            "reference_number": "261GB5990042", "date_of_birth": "2001-05-09", "score": "", "exempt": "false",
            "changed_at": "2026-05-09T08:00:00Z", "listening": "", "certificate_date": "",
        },
    ]  # fmt: skip


@pytest.mark.parametrize("form", [Format.CSV, Format.XLSX, Format.JSON, Format.XML])
def test_a_file_without_results_is_still_a_file(form: Format, tmp_path: Path) -> None:
    nothing: list[list[list[Taken]]] = [[], [[]]]
    for batches in nothing:
        made = export(options=Options(format=form), batches=batches, folder=tmp_path, name="results")
        assert (made.rows, made.notes, len(made.files)) == (0, (), 1)
    (file,) = made.files
    readers: dict[Format, Any] = {Format.XLSX: sheet, Format.JSON: objects, Format.XML: elements}
    rows = readers[form](file) if form in readers else file.read_text("utf-8-sig").splitlines()
    assert len([row for row in rows if any(row)]) == (form in {Format.CSV, Format.XLSX})


@pytest.mark.parametrize(
    ("how", "day", "moment", "cell"),
    [
        (DateFormat.ISO, "2001-05-09", "2026-05-09T08:00:00Z", "yyyy-mm-dd"),
        (DateFormat.SLASHES, "09/05/2001", "09/05/2026 08:00:00", "dd/mm/yyyy"),
        (DateFormat.DOTS, "09.05.2001", "09.05.2026 08:00:00", "dd.mm.yyyy"),
        (DateFormat.MONTH_FIRST, "05/09/2001", "05/09/2026 08:00:00", "mm/dd/yyyy"),
        (DateFormat.WORDS, "9 May 2001", "9 May 2026 08:00:00", "d mmmm yyyy"),
    ],
)
def test_dates_are_written_as_the_template_says(
    how: DateFormat, day: str, moment: str, cell: str, tmp_path: Path
) -> None:
    columns = chosen("date_of_birth", "changed_at")
    assert table(tmp_path, [taken()], columns=columns, date_format=how)[1] == [day, moment]
    for form, read in ((Format.JSON, objects), (Format.XML, elements)):
        (file,) = exported(tmp_path, [taken()], format=form, columns=columns, date_format=how).files
        assert list(read(file)[0].values()) == [day, moment]
    (file,) = exported(tmp_path, [taken()], format=Format.XLSX, columns=columns, date_format=how).files
    formats = [found.number_format for found in openpyxl.load_workbook(file).active[2]]
    assert formats == [cell, f"{cell} hh:mm:ss"]


def test_a_birthday_before_the_calendar_of_spreadsheets_is_text(tmp_path: Path) -> None:
    rows = [taken(date_of_birth=date(1899, 12, 31))]
    (file,) = exported(tmp_path, rows, format=Format.XLSX, columns=chosen("date_of_birth")).files
    assert sheet(file)[1] == ["1899-12-31"]


@pytest.mark.parametrize(("mark", "written"), [(DecimalMark.POINT, "0.5"), (DecimalMark.COMMA, "0,5")])
@pytest.mark.parametrize("separator", Separator)
@time_machine.travel(datetime(2026, 9, 12, tzinfo=UTC))
def test_separators(mark: DecimalMark, written: str, separator: Separator, tmp_path: Path) -> None:
    columns = chosen("years_since_exam", "family_name")
    row = taken(family_name="a,b;c\td")
    lines = table(tmp_path, [row], columns=columns, decimal_mark=mark, separator=separator)
    assert lines[1] == [written, "a,b;c\td"]


def test_windows_1252_says_what_it_lost(tmp_path: Path) -> None:
    rows = [taken(family_name="Dvořák–€"), taken(family_name="王小明"), taken(family_name="Muñoz")]
    made = exported(tmp_path, rows, columns=chosen("family_name"), encoding=Encoding.WINDOWS)
    assert made.files[0].read_bytes() == (b'"Family name"\r\n"Dvo?\xe1k\x96\x80"\r\n"???"\r\n"Mu\xf1oz"\r\n')
    (note,) = made.notes
    assert note.startswith("4 characters do not exist in Windows-1252")


def test_a_windows_1252_file_without_loss_says_nothing(tmp_path: Path) -> None:
    made = exported(tmp_path, [taken()], columns=chosen("family_name"), encoding=Encoding.WINDOWS)
    assert made.notes == ()


def test_utf_8_comes_with_and_without_its_mark(tmp_path: Path) -> None:
    for encoding, starts in ((Encoding.UTF8, b'"'), (Encoding.UTF8_BOM, b"\xef\xbb\xbf")):
        (file,) = exported(tmp_path, [taken(family_name="王")], encoding=encoding).files
        assert file.read_bytes().startswith(starts)
        assert "王".encode() in file.read_bytes()


# --- Shapes ---------------------------------------------------------------------------------------------------------


def test_components_can_have_rows(tmp_path: Path) -> None:
    columns = chosen("reference_number", "speaking", "listening", "reading", "cefr")
    rows = [taken(), taken(exam="DELTA1", reading="", speaking="", listening=""), taken(**KEY)]
    assert table(tmp_path, rows, columns=columns, components=Components.ROWS) == [
        ["Reference number", "Component", "Component score", "CEFR level"],
        ["261GB5990042", "Reading", "197", "C1"],
        ["261GB5990042", "Listening", "193", "C1"],
        ["261GB5990042", "Speaking", "198", "C1"],
        ["261GB5990042", "", "", "C1"],
        ["261GB5990042", "Listening", "Good", "A2"],
        ["261GB5990042", "Speaking", "Exceptional", "A2"],
    ]


def test_without_components_there_is_no_row_for_each(tmp_path: Path) -> None:
    lines = table(tmp_path, [taken()], columns=chosen("cefr", "score"), components=Components.ROWS)
    assert lines == [["CEFR level", "Overall score"], ["C1", "195"]]


def persons() -> list[Taken]:
    """One with an account and four results, one with two, one without an account and two, one in two names."""

    def result(number: str, day: date, **fields: Any) -> Taken:
        return taken(reference_number=number, exam_date=day, **fields)

    ana = {"owner": PERSON, "given_names": "Ana", "family_name": "Example"}
    no_account = {"owner": None, "given_names": "Bo", "family_name": ""}
    changed = {"owner": ANOTHER_PERSON, "given_names": "Cy"}
    return [
        *(result(f"A{year}", date(2020 + year, 3, 1), **ana) for year in (2, 4, 1, 3)),
        *(result(f"B{year}", date(2020 + year, 3, 1), **no_account) for year in (1, 2)),
        result("B3", date(2023, 3, 1), **no_account, date_of_birth=date(1999, 1, 1)),
        result("C1", date(2021, 3, 1), **changed, family_name="Before"),
        result("C2", date(2022, 3, 1), **changed, family_name="After"),
    ]


def test_a_candidate_can_have_a_row(tmp_path: Path) -> None:
    columns = chosen("reference_number", "family_name", "given_names", "exam_date")
    lines = table(tmp_path, persons(), columns=columns, row_per=RowPer.CANDIDATE, side_by_side=3)
    assert lines[0] == [
        "Family name", "Given names", "Reference number 1", "Date of the exam 1", "Reference number 2",
        "Date of the exam 2", "Reference number 3", "Date of the exam 3",
    ]  # fmt: skip
    assert [[line[0], line[1], *line[2::2]] for line in lines[1:]] == [
        ["Example", "Ana", "A4", "A3", "A2"],
        ["Example", "Ana", "A1", "", ""],
        ["", "Bo", "B2", "B1", ""],
        ["", "Bo", "B3", "", ""],
        ["Before", "Cy", "C1", "", ""],
        ["After", "Cy", "C2", "", ""],
    ]


def test_names_that_are_not_in_the_file_do_not_divide_a_candidate(tmp_path: Path) -> None:
    lines = table(tmp_path, persons(), columns=chosen("reference_number"), row_per=RowPer.CANDIDATE, side_by_side=2)
    assert lines[1:] == [["A4", "A3"], ["A2", "A1"], ["B2", "B1"], ["B3", ""], ["C2", "C1"]]


@pytest.mark.parametrize("form", [Format.XLSX, Format.JSON, Format.XML])
def test_places_without_a_result_are_empty_in_every_format(form: Format, tmp_path: Path) -> None:
    made = exported(tmp_path, persons()[:3], format=form, columns=(), row_per=RowPer.CANDIDATE, side_by_side=5)
    assert made.rows == 1
    if form == Format.JSON:
        (row,) = objects(made.files[0])
        assert (row["given_names"], row["score_1"], row["score_4"], row["email"]) == (
            "Ana", 195, None, "zoe@example.org",
        )  # fmt: skip


def test_only_exams_that_the_template_wants(tmp_path: Path) -> None:
    rows = [taken(), taken(**KEY), taken(exam="CPE"), taken(**KEY)]
    made = exported(tmp_path, rows, format=Format.JSON, columns=chosen("exam"), exams=("CAE", "CPE"))
    assert objects(made.files[0]) == [{"exam": "CAE"}, {"exam": "CPE"}]
    assert made.rows == 2
    assert made.notes == ("2 results of other exams were left out, as the template says.",)


def test_a_column_that_is_gone_is_named(tmp_path: Path) -> None:
    options = Options.load({"columns": [["shoe_size", ""], ["cefr", ""]]})
    made = export(options=options, batches=[[taken()]], folder=tmp_path, name="results")
    assert made.notes == ("Columns that no longer exist were left out: shoe_size.",)


@pytest.mark.parametrize("form", [Format.CSV, Format.XLSX, Format.JSON])
def test_headings_that_are_the_same_are_told_apart(form: Format, tmp_path: Path) -> None:
    columns = chosen(("family_name", "Name"), ("given_names", "name"), ("full_name", "Name"))
    (file,) = exported(tmp_path, [taken()], format=form, columns=columns).files
    read: dict[Format, Any] = {
        Format.CSV: lambda: file.read_text("utf-8-sig").splitlines()[0].replace('"', "").split(","),
        Format.XLSX: lambda: sheet(file)[0],
        Format.JSON: lambda: list(objects(file)[0]),
    }
    assert read[form]() == ["Name", "name (2)", "Name (3)"]


@pytest.mark.parametrize(("rows", "parts"), [(4, [4]), (5, [4, 1]), (8, [4, 4]), (9, [4, 4, 1])])
def test_a_spreadsheet_with_too_many_rows_is_split_and_says_so(rows: int, parts: list[int], tmp_path: Path) -> None:
    given = [taken(reference_number=f"N{number}") for number in range(rows)]
    made = exported(tmp_path, given, batch=3, format=Format.XLSX, columns=chosen("reference_number"), most_rows=4)
    read = [sheet(file) for file in made.files]
    assert [len(part) - 1 for part in read] == parts
    assert [line for part in read for (line,) in part[1:]] == [f"N{number}" for number in range(rows)]
    assert {part[0][0] for part in read} == {"Reference number"}
    assert made.rows == rows
    if len(parts) == 1:
        assert (made.files, made.notes) == ((tmp_path / "results.xlsx",), ())
    else:
        assert made.files == tuple(tmp_path / f"results-{number + 1}.xlsx" for number in range(len(parts)))
        assert made.notes == (f"A spreadsheet holds 4 rows: this one was split into {len(parts)} files.",)


def test_other_formats_are_never_split(tmp_path: Path) -> None:
    for form in (Format.CSV, Format.JSON, Format.XML):
        assert len(exported(tmp_path, [taken()] * 9, format=form, most_rows=4).files) == 1


@pytest.mark.parametrize("form", [Format.CSV, Format.XLSX, Format.JSON, Format.XML])
def test_what_stops_the_rows_stops_the_file(form: Format, tmp_path: Path) -> None:
    class Stopped(Exception):  # noqa: N818
        pass

    def batches() -> Any:
        yield [taken()]
        raise Stopped

    with pytest.raises(Stopped):
        export(options=Options(format=form), batches=batches(), folder=tmp_path, name="results")
