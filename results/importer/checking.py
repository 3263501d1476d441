"""Finds what is wrong with the staged rows: by themselves, among each other, and beside what is stored."""

# ruff: noqa: S608  (the SQL is put together from our own column names; no value of a file gets into it)

from collections.abc import Iterator
from typing import Any

from django.db import connection

from results.importer.report import MAX_PROBLEMS, Problem
from results.importer.rules import JOINED_ROWS, RULES

# One more than is reported, so that it shows.  The driver keeps a query's whole answer in memory.
_MOST = MAX_PROBLEMS + 1


def row_problems() -> tuple[list[Problem], list[Problem]]:
    """Rows whose cells do not go together, and rows that are only odd: problems, warnings."""
    found: tuple[list[Problem], list[Problem]] = [], []
    for line, column, message, warning in _rows(_rule_query()):
        found[warning].append(Problem(line, column, message))
    return found


def duplicates() -> Iterator[Problem]:
    """Numbers that stand on two lines of the file; both lines are reported."""
    for column in ("reference_number", "verification_number"):
        yield from _found(
            f"""
            SELECT s.line, '{column}', format('the same number stands on line %s',
                   CASE s.line WHEN twice.lines[1] THEN twice.lines[2] ELSE twice.lines[1] END)
            FROM import_row s
            JOIN (SELECT {column}, (array_agg(line ORDER BY line))[1:2] AS lines FROM import_row
                  WHERE {column} IS NOT NULL GROUP BY {column} HAVING count(*) > 1) twice USING ({column})
            """
        )
    yield from _found(
        """
        SELECT s.line, 'verification_number', format('is the reference number on line %s', other.line)
        FROM import_row s
        JOIN import_row other ON other.reference_number = s.verification_number AND other.line <> s.line
        """
    )


def clashes() -> Iterator[Problem]:
    """Numbers that belong to another stored result, once every staged row has been loaded."""
    yield from _found(
        """
        SELECT s.line, 'verification_number', 'is the reference number of another result'
        FROM import_row s JOIN results_result r ON r.reference_number = s.verification_number
        WHERE r.reference_number <> s.reference_number
        """
    )
    for column, message in (
        ("verification_number", "belongs to another result already"),
        ("reference_number", "is the verification number of another result"),
    ):
        # A result that is in the file too gets its new verification number from there: two may swap theirs.
        yield from _found(
            f"""
            SELECT s.line, '{column}', '{message}'
            FROM import_row s JOIN results_result r ON r.verification_number = s.{column}
            WHERE r.reference_number <> s.reference_number
            AND NOT EXISTS (SELECT FROM import_row other WHERE other.reference_number = r.reference_number)
            """
        )


def _rule_query() -> str:
    """One pass over the rows finds the wrong ones; only for those the rules are told apart."""
    wrong = " OR ".join(f"({rule.wrong})" for rule in RULES)
    values = ", ".join(
        f"('{rule.column}', CASE WHEN {rule.wrong} THEN {rule.message} END, {rule.warning})" for rule in RULES
    )
    return (
        f"SELECT s.line, said.col, said.message, said.warning FROM {JOINED_ROWS} "
        f"CROSS JOIN LATERAL (VALUES {values}) AS said (col, message, warning) "
        # Warnings last: they must not crowd out a problem.
        f"WHERE ({wrong}) AND said.message IS NOT NULL ORDER BY said.warning LIMIT {_MOST}"
    )


def _found(query: str) -> Iterator[Problem]:
    yield from map(Problem._make, _rows(f"{query} LIMIT {_MOST}"))


def _rows(query: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(2_000):
            yield from rows
