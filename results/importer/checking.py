"""Finds what is wrong with the staged rows: by themselves, among each other, and beside what is stored."""

# ruff: noqa: S608  (the SQL is put together from our own column names; no value of a file gets into it)

from collections.abc import Iterator

from django.db import connection

from results.importer.report import Problem
from results.importer.rules import JOINED_ROWS, RULES, WARNINGS, Rule


def row_problems() -> Iterator[Problem]:
    """Rows whose cells do not go together."""
    return _found(_rule_query(RULES))


def row_warnings() -> Iterator[Problem]:
    """Rows that are odd but not wrong."""
    return _found(_rule_query(WARNINGS))


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


def _rule_query(rules: list[Rule]) -> str:
    """One pass over the rows finds the wrong ones; only for those the rules are told apart."""
    wrong = " OR ".join(f"({rule.wrong})" for rule in rules)
    values = ", ".join(f"('{rule.column}', CASE WHEN {rule.wrong} THEN {rule.message} END)" for rule in rules)
    return (
        f"SELECT s.line, said.col, said.message FROM {JOINED_ROWS} "
        f"CROSS JOIN LATERAL (VALUES {values}) AS said (col, message) WHERE ({wrong}) AND said.message IS NOT NULL"
    )


def _found(query: str) -> Iterator[Problem]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(2_000):
            yield from map(Problem._make, rows)
