"""A few of the rows that the plan would add or change, for the person who is to confirm it."""

# ruff: noqa: S608  (the SQL is put together from our own column names; no value of a file gets into it)

import unicodedata
from datetime import date
from typing import Any, Final

from django.db import connection

from results.importer.merging import CONTENT, NAMES, NUMBERS
from results.importer.report import Added, Changed, Difference, Samples

_NOT_SHOWN: Final = {"photo", "secret_digest"}
# Column as the file calls it (but for the secret number, which is kept as its digest): stored and new value.
_PAIRS: Final[dict[str, tuple[str, str]]] = {
    **{name: (f"v.{name}", f"s.{name}") for name in NAMES},
    **{staged.removeprefix("s."): (f"v.{name}", staged) for name, staged in CONTENT.items()},
    "photo": ("v.photo", "p.photo"),
    **{name: (f"r.{name}", staged) for name, staged in NUMBERS.items()},
}


def take(limit: int) -> Samples:
    """At most `limit` rows of each kind, from the plan that `merging.plan` has just made in this transaction."""
    return {"added": _added(limit), "changed": _changed(limit), "digest": _digest()}


def _digest() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg(concat_ws(' ', line, action, before), ',' ORDER BY line)) FROM import_plan"
        )
        ((digest,),) = cursor.fetchall()
    return digest or ""


def _added(limit: int) -> list[Added]:
    rows = _rows(
        "SELECT s.line, s.reference_number, s.given_names, s.family_name, s.exam, s.exam_date, s.status, s.result, "
        "s.score FROM import_plan p JOIN import_row s USING (line) WHERE p.action = 'new' ORDER BY s.line LIMIT %s",
        limit,
    )
    return [
        {
            "line": line,
            "reference_number": reference_number,
            "name": _name(given_names, family_name),
            "exam": exam,
            "exam_date": exam_date.isoformat(),
            "status": status,
            "result": result,
            "score": _text(score),
        }
        for line, reference_number, given_names, family_name, exam, exam_date, status, result, score in rows
    ]


def _changed(limit: int) -> list[Changed]:
    values = ", ".join(f"{old}, {new}" for old, new in _PAIRS.values())
    rows = _rows(
        f"SELECT s.line, s.reference_number, s.given_names, s.family_name, p.held, {values} "
        "FROM import_plan p JOIN import_row s USING (line) JOIN results_result r ON r.id = p.result_id "
        "JOIN results_resultversion v ON v.id = p.before "
        "WHERE p.action IN ('changed', 'numbers') ORDER BY s.line LIMIT %s",
        limit,
    )
    return [
        {
            "line": line,
            "reference_number": reference_number,
            "name": _name(given_names, family_name),
            "held": held,
            "differences": _differences(values),
        }
        for line, reference_number, given_names, family_name, held, *values in rows
    ]


def _differences(values: list[Any]) -> list[Difference]:
    """`values`: stored and new value of each column of _PAIRS, in turn."""
    found: list[Difference] = []
    for column, old, new in zip(_PAIRS, map(_text, values[::2]), map(_text, values[1::2]), strict=True):
        if unicodedata.normalize("NFC", old) == unicodedata.normalize("NFC", new):
            continue
        if column in _NOT_SHOWN:
            name = "secret_number" if column == "secret_digest" else column
            found.append({"column": name, "old": None, "new": None})
        else:
            found.append({"column": column, "old": old, "new": new})
    return found


def _name(given_names: str, family_name: str) -> str:
    return f"{given_names} {family_name}".strip()


def _text(value: object) -> str:
    """As the file would say it."""
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case bytes() | memoryview():
            return bytes(value).hex()
        case date():
            return value.isoformat()
        case _:
            return str(value)


def _rows(query: str, limit: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [limit])
        return list(cursor.fetchall())
