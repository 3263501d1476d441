"""Every problem of a results file is found, at its line and column, and nothing is loaded."""

import io
from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from results.catalogue import EXAMS
from results.importer.columns import COLUMNS
from results.models import ImportBatch, Result
from rvs.sample_data import Row
from tests.results.loading import csv_file, first_row, load, problems, some_rows, undone

pytestmark = pytest.mark.django_db

ROWS = some_rows(120, seed=3)


def anywhere(row: Row) -> bool:
    return True


class Plant(NamedTuple):
    """An error to plant: cells to change in rows where it makes sense, and the column where it must be reported."""

    column: str
    cells: Row
    where: Callable[[Row], bool] = anywhere


def on_scale(row: Row) -> bool:
    return row["status"] == "released" and row["exam_date"] >= "2016-02-01" and row["exam"] != "DELTA1"


def before_scale(row: Row) -> bool:
    return row["status"] == "released" and row["exam_date"] < "2015-01-01" and row["exam"] != "DELTA1"


def released(row: Row) -> bool:
    return row["status"] == "released"


PLANTS = [
    Plant("reference_number", {"reference_number": ""}),
    Plant("reference_number", {"reference_number": "15B/GB961"}),
    Plant("reference_number", {"reference_number": "1" * 21}),
    Plant("verification_number", {"verification_number": "V*1"}),
    Plant("candidate_id", {"candidate_id": "ABC12345"}),
    Plant("candidate_id", {"candidate_id": ""}),
    Plant("secret_number", {"secret_number": "123"}),
    Plant("secret_number", {"secret_number": "12a4"}),
    Plant("secret_number", {"secret_number": ""}),
    Plant("given_names", {"given_names": "Ana\x00"}),
    Plant("given_names", {"given_names": "A" * 201}),
    Plant("given_names", {"given_names": "  "}),
    Plant("family_name", {"given_names": "", "family_name": ""}),
    Plant("family_name", {"family_name": "two\nlines"}),
    Plant("family_name", {"family_name": "\u202egnidaelsim"}),
    Plant("date_of_birth", {"date_of_birth": ""}),
    Plant("date_of_birth", {"date_of_birth": "09/05/1998"}),
    Plant("date_of_birth", {"date_of_birth": "1999-02-29"}),
    Plant("date_of_birth", {"date_of_birth": "1999-2-3"}),
    Plant("date_of_birth", {"date_of_birth": "19990203"}),
    Plant("date_of_birth", {"date_of_birth": "1899-12-31"}),
    Plant("date_of_birth", {"date_of_birth": "2031-01-01"}),
    Plant("email", {"email": "nobody"}),
    Plant("exam", {"exam": "IELTS"}),
    Plant("exam", {"exam": ""}),
    Plant("session", {"session": "x" * 61}),
    Plant("exam_date", {"exam_date": "2004-12-31"}),
    Plant(
        "exam_date",
        {"exam_date": "2024-01-01", "certificate_date": "", "date_of_birth": "1990-01-01"},
        lambda row: row["exam"] == "BECV",
    ),
    Plant(
        "exam_date",
        {"exam_date": "2008-12-31", "certificate_date": "", "date_of_birth": "1990-01-01"},
        lambda row: row["exam"] == "KETFS",
    ),
    Plant("centre_number", {"centre_number": ""}),
    Plant("centre_name", {"centre_name": ""}),
    Plant("place_of_entry", {"place_of_entry": ""}),
    Plant("country", {"country": "XX"}),
    Plant("country", {"country": "gb"}),
    Plant("status", {"status": "Released"}),
    Plant("status", {"status": ""}),
    Plant("result", {"result": ""}, released),
    Plant("result", {"result": "Pass at Grade Z"}, released),
    Plant("result", {"result": "pass"}, released),
    Plant("score", {"score": "999"}, released),
    Plant("score", {"score": "17.5"}, released),
    Plant("score", {"score": "-1"}, released),
    Plant("score", {"score": ""}, on_scale),
    Plant("score", {"score": "170"}, lambda row: row["exam"] == "DELTA1" and released(row)),
    Plant("cefr", {"cefr": "C3"}, released),
    Plant("cefr", {"cefr": "A1"}, lambda row: row["exam"] == "DELTA1" and released(row)),
    Plant("listening", {"listening": "Good"}, on_scale),
    Plant("listening", {"listening": "150"}, before_scale),
    Plant("listening", {"listening": "good"}, before_scale),
    Plant("speaking", {"speaking": "79"}, on_scale),
    Plant("speaking", {"speaking": "231"}, on_scale),
    Plant("reading", {"reading": "150"}, lambda row: row["exam"] == "KET" and on_scale(row)),
    Plant("use_of_english", {"use_of_english": "150"}, lambda row: row["exam"] == "BECH" and on_scale(row)),
    Plant("reading_and_writing", {"reading_and_writing": "150"}, lambda row: row["exam"] == "FCE" and on_scale(row)),
    Plant("exempt", {"exempt": "no"}),
    Plant("certificate_date", {"certificate_date": "2005-01-01"}, lambda row: row["exam_date"] > "2005-01-01"),
    Plant("certificate_date", {"certificate_date": "soon"}),
    Plant("certificate_number", {"certificate_number": "0" * 21}),
    Plant("photo", {"photo": "p" * 256}),
]


def test_every_plant_finds_a_row() -> None:
    assert [plant for plant in PLANTS if not any(map(plant.where, ROWS))] == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_each_planted_error_is_reported_at_its_line_and_column_and_nothing_else(data: st.DataObject) -> None:
    rows = [dict(row) for row in ROWS]
    expected: set[tuple[int, str]] = set()
    for chosen in data.draw(st.lists(st.integers(0, len(PLANTS) - 1), min_size=1, max_size=12, unique=True)):
        plant = PLANTS[chosen]
        fitting = [index for index, row in enumerate(ROWS) if plant.where(row) and rows[index] == row]
        if not fitting:
            continue
        index = data.draw(st.sampled_from(fitting))
        if rows[index] | plant.cells != rows[index]:
            rows[index] |= plant.cells
            expected.add((index, plant.column))
    with undone():
        report = load(rows)
        assert problems(report) == {(line_of(rows, index), column) for index, column in expected}
        assert report.accepted is not bool(expected)
        assert report.refused == len(expected)
        assert Result.objects.count() == (0 if expected else len(rows))


def line_of(rows: list[Row], index: int) -> int:
    """Physical line on which a row starts: the header is line 1, and a line break inside a cell counts."""
    return 2 + index + sum(cell.count("\n") for row in rows[:index] for cell in row.values())


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.column)
def test_each_error_alone(plant: Plant) -> None:
    index = next(index for index, row in enumerate(ROWS) if plant.where(row) and row | plant.cells != row)
    rows = [*ROWS[:index], ROWS[index] | plant.cells, *ROWS[index + 1 :]]
    report = load(rows)
    assert problems(report) == {(index + 2, plant.column)}
    assert not report.accepted
    assert not Result.objects.exists()
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("changes", "column", "message"),
    [
        (
            {"result": "Pass at Grade A"},
            "result",
            "‘Pass at Grade A’ does not go with score 172: B2 First awards ‘Pass at Grade C’ for 160 to 172",
        ),
        (
            {"score": "180"},
            "score",
            "score 180 does not go with ‘Pass at Grade C’: B2 First awards it for 160 to 172",
        ),
        ({"cefr": "C1"}, "cefr", "‘Pass at Grade C’ awards CEFR level B2"),
        ({"cefr": ""}, "cefr", "‘Pass at Grade C’ awards CEFR level B2"),
        ({"score": "191"}, "score", "191 is outside the scores of B2 First on 2015-11-20: 122 to 190"),
        (
            {"result": "Pass with Merit"},
            "result",
            (
                "‘Pass with Merit’ is not a result of B2 First on 2015-11-20; "
                "write one of ‘Pass at Grade A’, ‘Pass at Grade B’, ‘Pass at Grade C’, ‘Level B1’, ‘Fail’"
            ),
        ),
        ({"result": "Fail", "score": "130"}, "cefr", "‘Fail’ awards no CEFR level; leave the cell empty"),
        (
            {"exam": "BECV", "exam_date": "2024-02-01", "use_of_english": ""},
            "exam_date",
            "B2 Business Vantage had no exam on 2024-02-01; it has exams from 2005-01-01 to 2023-12-31",
        ),
        (
            {"reading_and_writing": "150"},
            "reading_and_writing",
            "B2 First has no such component; its components: reading, use_of_english, writing, listening, speaking",
        ),
        ({"reading": "Good"}, "reading", "‘Good’: B2 First reported scale scores on 2015-11-20, not a profile"),
        ({"country": "UK"}, "country", "‘UK’ is not known; write a code of ISO 3166-1 such as GB"),
    ],
)
def test_messages_say_what_is_wrong_and_what_would_be_right(changes: Row, column: str, message: str) -> None:
    report = load([first_row(**changes)])
    assert [str(problem) for problem in report.problems] == [f"line 2, column {column}: {message}"]


@pytest.mark.parametrize("status", ["pending", "withheld", "absent"])
def test_a_result_that_is_not_released_says_nothing(status: str) -> None:
    report = load([first_row(status=status)])
    columns = ["result", "score", "cefr", "reading", "use_of_english", "writing", "listening", "speaking"]
    assert problems(report) == {(2, column) for column in columns}
    assert report.problems[0].message == f"must be empty when {status}"


def test_a_cancelled_result_may_keep_what_it_said_but_not_anything() -> None:
    with undone():
        assert load([first_row(status="cancelled")]).accepted
    with undone():
        nothing = dict.fromkeys(("result", "score", "cefr", "reading", "use_of_english", "writing"), "")
        assert load([first_row(status="cancelled", **nothing)]).accepted
    assert problems(load([first_row(status="cancelled", score="99")])) == {(2, "score")}


def edge_rows(beyond: int) -> list[Row]:
    """A row for both edges of every band of every scheme, or for the scores that many points beyond them."""
    no_components = dict.fromkeys(("reading", "use_of_english", "writing", "listening", "speaking"), "")
    rows = {}
    for exam in EXAMS.values():
        for scheme in exam.schemes:
            for band in scheme.bands:
                if band.score_from is None or band.score_to is None:
                    continue
                for score in (band.score_from - beyond, band.score_to + beyond):
                    reference = f"{exam.code}{scheme.exam_from:%y%m}{band.grade_code}{abs(score)}"
                    rows[reference] = first_row(
                        reference_number=reference,
                        exam=exam.code,
                        exam_date=scheme.exam_from.isoformat(),
                        date_of_birth="1990-01-01",
                        result=band.label,
                        score=str(score),
                        cefr=band.cefr or "",
                        **no_components,
                    )
    return list(rows.values())


def test_every_label_of_every_scheme_is_accepted_at_its_edges() -> None:
    rows = edge_rows(beyond=0)
    assert len(rows) > 200
    report = load(rows)
    assert report.problems == []
    assert report.added == len(rows)


def test_every_label_of_every_scheme_is_refused_one_point_beyond_its_edges() -> None:
    rows = edge_rows(beyond=1)
    report = load(rows)
    assert {line for line, _column in problems(report)} == set(range(2, 2 + len(rows)))
    assert {column for _line, column in problems(report)} == {"score", "result"}


def test_duplicates_name_the_other_line() -> None:
    report = load([first_row(), first_row(reference_number="X1"), first_row(reference_number="15b-gb961-5003")])
    assert [str(problem) for problem in report.problems] == [
        "line 2, column reference_number: the same number stands on line 4",
        "line 4, column reference_number: the same number stands on line 2",
    ]


def test_verification_numbers_are_unique_among_all_numbers() -> None:
    with undone():
        report = load(
            [first_row(verification_number="V1"), first_row(reference_number="X1", verification_number="v-1")]
        )
        assert problems(report) == {(2, "verification_number"), (3, "verification_number")}
    with undone():
        report = load([first_row(verification_number="X1"), first_row(reference_number="X1")])
        assert problems(report) == {(2, "verification_number")}
    load([first_row(verification_number="V1")])
    new = first_row(reference_number="X2")
    assert problems(load([new | {"verification_number": "V1"}])) == {(2, "verification_number")}
    assert problems(load([new | {"verification_number": "15BGB9615003"}])) == {(2, "verification_number")}
    assert problems(load([new | {"reference_number": "V1"}])) == {(2, "reference_number")}


def test_the_rows_that_cannot_be_told_apart_are_reported_as_a_whole() -> None:
    source = csv_file([first_row(), first_row(reference_number="X1")])
    report = load(io.BytesIO(source.getvalue() + b"one,two\r\n"))
    assert [str(problem) for problem in report.problems] == ["line 4, column (all): the row has 2 cells, the header 29"]


def header_and(rest: bytes) -> io.BytesIO:
    return io.BytesIO(",".join(COLUMNS).encode() + b"\r\n" + rest)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (io.BytesIO(b""), "line 1, column (all): the file is empty; it needs a header line"),
        (io.BytesIO("café\n".encode("latin-1")), "line 1, column (all): the file is not UTF-8: line 1 cannot be read"),
        (io.BytesIO("exam\n".encode("utf-16")), "line 1, column (all): the file is not UTF-8"),
        (header_and(b"a\r\n\xff\r\n"), "line 1, column (all): the file is not UTF-8: line 3 cannot be read"),
        (header_and(b'a\r\n"never closed\r\n'), "line 3, column (all): the row that starts here cannot be read"),
        (header_and(b'"a"b,\r\n'), "line 2, column (all): the row that starts here cannot be read"),
        (header_and(b"x" * 300_000), "line 2, column (all): the line is longer than 65,536 bytes"),
        (io.BytesIO(b"grade\n"), "line 1, column grade: ‘grade’ is not a column of a results file"),
        (io.BytesIO(b"exam,exam\n"), "line 1, column exam: the column stands twice in the header"),
        (io.BytesIO(b"exam\n"), "line 1, column reference_number: the column is missing"),
        (
            io.BytesIO(b"a," * 61 + b"\n"),
            "line 1, column (all): the header has more than 60 columns; a results file has 29",
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(source: io.BytesIO, expected: str) -> None:
    for skip_invalid in (False, True):
        report = load(source, skip_invalid=skip_invalid)
        assert not report.accepted
        assert any(str(problem).startswith(expected) for problem in report.problems), report.problems


def test_messages_do_not_repeat_personal_data() -> None:
    row = first_row(
        given_names="Ana\x01",
        date_of_birth="09.05.1998",
        email="ana at example",
        candidate_id="ABC",
        secret_number="84",
    )
    text = " ".join(str(problem) for problem in load([row]).problems)
    assert text.count("line 2") == 5
    for personal in ("Ana", "1998", "example", "ABC", "84"):
        assert personal not in text


def test_the_overall_score_is_warned_about_not_refused() -> None:
    report = load([first_row(reading="160")])
    assert report.accepted
    assert [str(warning) for warning in report.warnings] == [
        "line 2, column score: 172 is not what the components give (170); loaded as issued"
    ]
    assert Result.objects.get().current.score == 172
