"""From the file into a temporary table: every row, with NULL where a cell could not be read."""

# ruff: noqa: S608  (the SQL is put together from our own column names; no value of a file gets into it)

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from django.db import connection

from results import catalogue
from results.importer.columns import COLUMNS, NULL, CellError, parse_date
from results.importer.reading import Row
from results.importer.report import ALL_COLUMNS, Problem
from results.numbers import secret_digest

_BLOCK = 2_000
SCHEMES = [(exam, scheme) for exam in catalogue.EXAMS.values() for scheme in exam.schemes]


_CatalogueRow = tuple[str | int | bool | None, ...]


class Stager:
    """Turns rows of the file into lines of COPY, and collects what is wrong with single cells on the way."""

    def __init__(self, header: list[str]) -> None:
        self.rows = 0
        self.problems: list[Problem] = []
        self._columns = [COLUMNS[name] for name in header]
        self._position = {name: index for index, name in enumerate(header)}
        absent = [column for column in COLUMNS.values() if column.name not in self._position]
        self._absent = [column.empty for column in absent]
        self.names = [*map(_staged_name, [*header, *(column.name for column in absent)]), "line", "scheme"]

    def line(self, row: Row) -> str | None:
        """The row as one line of COPY text; None when its cells cannot be told apart."""
        self.rows += 1
        if len(row.cells) != len(self._columns):
            message = f"the row has {len(row.cells)} cells, the header {len(self._columns)}"
            self.problems.append(Problem(row.line, ALL_COLUMNS, message))
            return None
        values = []
        for column, cell in zip(self._columns, row.cells, strict=True):
            try:
                value = column.read(cell) if cell else column.empty_cell()
            except CellError as problem:
                value = NULL
                self.problems.append(Problem(row.line, column.name, str(problem)))
            values.append(value)
        self._check_together(row, values)
        scheme = _scheme_id(values[self._position["exam"]], values[self._position["exam_date"]])
        return "\t".join([*values, *self._absent, str(row.line), scheme])

    def _check_together(self, row: Row, values: list[str]) -> None:
        """What concerns two cells and cannot be left to the database: the secret number must not get there."""
        candidate_id, secret_number = self._cell(row, "candidate_id"), self._cell(row, "secret_number")
        if not candidate_id and not secret_number:
            return
        if not secret_number:
            self.problems.append(Problem(row.line, "secret_number", "is required beside a candidate ID"))
        elif not candidate_id:
            self.problems.append(Problem(row.line, "candidate_id", "is required beside a secret number"))
            values[self._position["secret_number"]] = NULL
        else:
            position = self._position["secret_number"]
            digits, owner = values[position], values[self._position["candidate_id"]]
            if digits != NULL:
                values[position] = rf"\\x{secret_digest(owner, digits).hex()}"

    def _cell(self, row: Row, name: str) -> str:
        position = self._position.get(name)
        return "" if position is None else row.cells[position]


def stage(stager: Stager, rows: Iterable[Row]) -> None:
    """Fill `import_row`, and the tables of the catalogue that the checks join with."""
    _create_tables()
    lines = (line for line in map(stager.line, rows) if line is not None)
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY import_row ({', '.join(stager.names)}) FROM STDIN") as copy:
            while block := list(islice(lines, _BLOCK)):
                copy.write("\n".join(block) + "\n")
        cursor.execute("CREATE INDEX ON import_row (line); ANALYZE import_row")


def _staged_name(column: str) -> str:
    return "secret_digest" if column == "secret_number" else column


@lru_cache(maxsize=65_536)
def _scheme_id(exam: str, exam_date: str) -> str:
    if NULL in (exam, exam_date):
        return NULL
    day = parse_date(exam_date)
    found = (index for index, (known, scheme) in enumerate(SCHEMES) if known.code == exam and scheme.contains(day))
    return str(next(found, NULL))


def _create_tables() -> None:
    staged = ", ".join(f"{_staged_name(column.name)} {column.staged_as}" for column in COLUMNS.values())
    flags = ", ".join(f"has_{code} boolean, weight_{code} integer" for code in catalogue.COMPONENT_CODES)
    with connection.cursor() as cursor:
        for name in ("import_row", "import_exam", "import_scheme", "import_band", "import_photo", "import_plan"):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
        for definition in (
            f"import_row ({staged}, line integer NOT NULL, scheme smallint)",
            f"import_exam (code text, name text, has_photo boolean, periods text, components text, {flags})",
            "import_scheme (id smallint, kind text, score_from int, score_to int, checked boolean, labels text)",
            "import_band (scheme smallint, label text, score_from int, score_to int, cefr text)",
            "import_photo (name text, stored text)",
        ):
            cursor.execute(f"CREATE TEMPORARY TABLE {definition} ON COMMIT DROP")
        for table, rows in (
            ("import_exam", list(map(_exam_row, catalogue.EXAMS.values()))),
            ("import_scheme", [_scheme_row(index, scheme) for index, (_exam, scheme) in enumerate(SCHEMES)]),
            ("import_band", list(_band_rows())),
        ):
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


def _exam_row(exam: catalogue.Exam) -> _CatalogueRow:
    first, last = exam.schemes[0].exam_from, exam.schemes[-1].exam_to
    periods = f"exams from {first} to {last}" if last else f"exams from {first} on"
    weights = {component.code: component.weight for component in exam.components}
    flags = [value for code in catalogue.COMPONENT_CODES for value in (code in weights, weights.get(code, 0))]
    components = ", ".join(weights) or "none"
    return (exam.code, exam.display_name, exam.has_photo, periods, components, *flags)


def _scheme_row(index: int, scheme: catalogue.Scheme) -> _CatalogueRow:
    lowest, highest = scheme.score_range or (None, None)
    checked = scheme.bands[0].score_from is not None
    labels = ", ".join(f"‘{band.label}’" for band in scheme.bands)
    return (index, scheme.kind.value, lowest, highest, checked, labels)


def _band_rows() -> Iterator[_CatalogueRow]:
    for index, (_exam, scheme) in enumerate(SCHEMES):
        for band in scheme.bands:
            yield (index, band.label, band.score_from, band.score_to, band.cefr)
