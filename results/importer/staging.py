"""From the file into a temporary table: every row, with NULL where a cell could not be read."""

# ruff: noqa: S608  (the SQL is put together from our own column names; no value of a file gets into it)

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, repeat

from django.db import connection

from results import catalogue
from results.importer.columns import COLUMNS, NULL, CellError, Column, parse_date
from results.importer.reading import MAX_COLUMNS, Row
from results.importer.report import ALL_COLUMNS, MAX_PROBLEMS, Problem, bounded
from results.models import Status
from results.numbers import secret_digester

_BLOCK = 500
_SAYS_NOTHING = {
    status.value: "false" if status in {Status.RELEASED, Status.CANCELLED} else "true" for status in Status
}
SCHEMES = [(exam, scheme) for exam in catalogue.EXAMS.values() for scheme in exam.schemes]


_CatalogueRow = tuple[str | int | bool | None, ...]


class Stager:
    """Turns blocks of rows into lines of COPY, and collects what is wrong with single cells on the way.

    It works column by column: a block of one column goes through its reader without a step of Python in between.
    """

    def __init__(self, header: list[str]) -> None:
        self.rows = 0
        self.problems: list[Problem] = []
        self._columns = [COLUMNS[name] for name in header]
        self._index = {name: position for position, name in enumerate(header)}
        absent = [column for column in COLUMNS.values() if column.name not in header]
        self._absent = [column.empty for column in absent]
        self.names = [
            *map(_staged_name, [*header, *(column.name for column in absent)]),
            "line",
            "scheme",
            "says_nothing",
        ]

    def copy_text(self, rows: list[Row]) -> str:
        """The rows as text for COPY, without those whose cells cannot be told apart."""
        self.rows += len(rows)
        rows = self._whole(rows)
        if not rows:
            return ""
        lines = [line for line, _cells in rows]
        given = list(zip(*(cells for _line, cells in rows), strict=True))
        staged = [self._read(column, cells, lines) for column, cells in zip(self._columns, given, strict=True)]
        self._digest_secrets(given, staged, lines)
        schemes = map(_scheme_id, staged[self._index["exam"]], staged[self._index["exam_date"]])
        says_nothing = map(_SAYS_NOTHING.get, staged[self._index["status"]], repeat(NULL))
        absent = (repeat(empty, len(rows)) for empty in self._absent)
        columns = [*staged, *absent, map(str, lines), schemes, says_nothing]
        return "\n".join(map("\t".join, zip(*columns, strict=True))) + "\n"

    def _whole(self, rows: list[Row]) -> list[Row]:
        expected = len(self._columns)
        for line, cells in rows:
            if len(cells) != expected:
                given = f"more than {MAX_COLUMNS}" if len(cells) > MAX_COLUMNS else len(cells)
                self._problem(line, ALL_COLUMNS, f"the row has {given} cells, the header {expected}")
        return [row for row in rows if len(row[1]) == expected]

    def _read(self, column: Column, cells: Sequence[str], lines: list[int]) -> list[str]:
        try:
            return list(map(column.read, cells))
        except CellError:
            return [self._read_cell(column, cell, line) for cell, line in zip(cells, lines, strict=True)]

    def _read_cell(self, column: Column, cell: str, line: int) -> str:
        try:
            return column.read(cell)
        except CellError as error:
            self._problem(line, column.name, str(error))
            return NULL

    def _digest_secrets(self, given: list[tuple[str, ...]], staged: list[list[str]], lines: list[int]) -> None:
        """Candidate ID and secret number need each other; the latter never gets to the database, so it is told here."""
        owner, secret = (self._index.get(name) for name in ("candidate_id", "secret_number"))
        no_cells = ("",) * len(lines)
        owners, secrets = (no_cells if at is None else given[at] for at in (owner, secret))
        for line, has_owner, has_secret in zip(lines, owners, secrets, strict=True):
            if has_owner and not has_secret:
                self._problem(line, "secret_number", "is required beside a candidate ID")
            elif has_secret and not has_owner:
                self._problem(line, "candidate_id", "is required beside a secret number")
        if secret is not None:
            readable = no_cells if owner is None else staged[owner]
            digest = secret_digester()
            staged[secret] = [
                rf"\\x{digest(whose, digits).hex()}" if whose and whose != NULL != digits else NULL
                for whose, digits in zip(readable, staged[secret], strict=True)
            ]

    def _problem(self, line: int, column: str, message: str) -> None:
        self.problems.append(Problem(line, column, message))
        if len(self.problems) > MAX_PROBLEMS:
            bounded(self.problems)


def stage(stager: Stager, rows: Iterable[Row]) -> None:
    """Fill `import_row`, and the tables of the catalogue that the checks join with."""
    _create_tables()
    remaining = iter(rows)
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY import_row ({', '.join(stager.names)}) FROM STDIN") as copy:
            while block := list(islice(remaining, _BLOCK)):
                copy.write(stager.copy_text(block))
        cursor.execute("ANALYZE import_row (line, reference_number, verification_number, exam, scheme)")


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
            f"import_row ({staged}, line integer, scheme smallint, says_nothing boolean)",
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
