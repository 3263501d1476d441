"""Results files for tests: made from rows, and loaded."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from results.importer import Report, import_results
from results.importer.columns import COLUMNS
from results.models import Result, ResultVersion
from rvs.sample_data import Row, sample_rows

ACTOR = "system:tests"


def some_rows(count: int = 60, seed: int = 1) -> list[Row]:
    return list(sample_rows(seed=seed, count=count))


def first_row(**changes: str) -> Row:
    """One valid row: B2 First, Pass at Grade C with 172, as the official sample of 2015 has it."""
    return {
        **dict.fromkeys(COLUMNS, ""),
        "reference_number": "15BGB9615003",
        "given_names": "Ana",
        "family_name": "Example",
        "date_of_birth": "1998-05-09",
        "exam": "FCE",
        "session": "November (F2) 2015",
        "exam_date": "2015-11-20",
        "centre_number": "GB961",
        "centre_name": "Harbour Street College",
        "place_of_entry": "BRISTOL",
        "country": "GB",
        "status": "released",
        "result": "Pass at Grade C",
        "score": "172",
        "cefr": "B2",
        **dict.fromkeys(("reading", "use_of_english", "writing", "listening", "speaking"), "172"),
        **changes,
    }


def csv_file(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = tuple(COLUMNS)) -> io.BytesIO:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode())


def load(rows: Iterable[Mapping[str, str]] | io.BytesIO, **options: Any) -> Report:
    source = rows if isinstance(rows, io.BytesIO) else csv_file(rows)
    report = import_results(source=source, file_name="test.csv", actor=ACTOR, **options)
    connection.check_constraints()  # those that are deferred to a commit which tests do not reach
    return report


def problems(report: Report) -> set[tuple[int, str]]:
    return {(problem.line, problem.column) for problem in report.problems}


def stored() -> list[dict[str, Any]]:
    """Every result with its version in force, as far as files determine it."""
    fields = [field.name for field in ResultVersion._meta.concrete_fields]
    ignored = {"id", "result", "created_at", "batch"}
    names = [f"current__{name}" for name in fields if name not in ignored]
    numbers = ["reference_number", "verification_number", "candidate_id", "secret_digest"]
    return list(Result.objects.order_by("reference_number").values(*numbers, *names))


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside leaves no trace: for examples of a property test, which share one database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
