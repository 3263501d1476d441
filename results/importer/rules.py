"""What the cells of one row must say together, as rules in SQL.

Every rule names its column, the condition under which the row is wrong, and the message.  NULL (a cell that could not
be read, or no such scheme) makes a condition NULL, and the rule silent: whoever could not read the cell said so.

`s.says_nothing` is true for a status that comes without a result.

    s   the staged row               e   its exam               c   the scheme on its exam date
    lb  the band of its label        sb  the band of its score
"""

from collections.abc import Iterator
from typing import NamedTuple

from results.catalogue import COMPONENT_CODES

JOINED_ROWS = """
    import_row s
    LEFT JOIN import_exam e ON e.code = s.exam
    LEFT JOIN import_scheme c ON c.id = s.scheme
    LEFT JOIN import_band lb ON lb.scheme = s.scheme AND lb.label = s.result
    LEFT JOIN import_band sb ON sb.scheme = s.scheme AND s.score BETWEEN sb.score_from AND sb.score_to
"""


class Rule(NamedTuple):
    """SQL: `message` is the problem of `column` in every row where `wrong` is true; a warning lets the row pass."""

    column: str
    wrong: str
    message: str
    warning: bool = False


# Label and score name different bands.  The CEFR level tells which of them is out of line; if it does not, the label.
_DISAGREE = "lb.label <> sb.label"
_SCORE_IS_ODD = "coalesce(s.cefr = lb.cefr AND s.cefr <> sb.cefr, false)"
_CEFR_EXPECTED = "(CASE WHEN lb.label IS NULL THEN sb.cefr ELSE lb.cefr END)"


def _dates() -> Iterator[Rule]:
    yield Rule(
        "exam_date",
        "s.scheme IS NULL AND s.exam_date IS NOT NULL AND e.code IS NOT NULL",
        "format('%s had no exam on %s; it has %s', e.name, s.exam_date, e.periods)",
    )
    yield Rule("date_of_birth", "s.date_of_birth >= s.exam_date", "'must be before the exam date'")
    yield Rule(
        "certificate_date",
        "s.certificate_date < s.exam_date",
        "format('must not be before the exam date %s', s.exam_date)",
    )


def _names() -> Iterator[Rule]:
    yield Rule(
        "family_name",
        "s.family_name = '' AND s.given_names = ''",
        "'at least one of given_names and family_name is required'",
    )


def _status() -> Iterator[Rule]:
    for column in ("result", "cefr", *COMPONENT_CODES):
        yield Rule(column, f"s.says_nothing AND s.{column} <> ''", "format('must be empty when %s', s.status)")
    yield Rule("score", "s.says_nothing AND s.score IS NOT NULL", "format('must be empty when %s', s.status)")
    yield Rule("result", "s.status = 'released' AND s.result = ''", "'is required when released'")
    yield Rule("score", "s.status = 'released' AND c.checked AND s.score IS NULL", "'is required when released'")


def _label_and_score() -> Iterator[Rule]:
    yield Rule(
        "result",
        "NOT s.says_nothing AND s.result <> '' AND c.id IS NOT NULL AND lb.label IS NULL",
        "format('‘%s’ is not a result of %s on %s; write one of %s', s.result, e.name, s.exam_date, c.labels)",
    )
    yield Rule(
        "score",
        "NOT s.says_nothing AND c.kind = 'pass_fail' AND s.score IS NOT NULL",
        "format('must be empty: %s is reported without a score', e.name)",
    )
    yield Rule(
        "score",
        "NOT s.says_nothing AND s.score NOT BETWEEN c.score_from AND c.score_to",
        "format('%s is outside the scores of %s on %s: %s to %s', "
        "s.score, e.name, s.exam_date, c.score_from, c.score_to)",
    )
    disagreement = (
        "format('‘%s’ does not go with score %s: %s awards ‘%s’ for %s to %s', "
        "s.result, s.score, e.name, sb.label, sb.score_from, sb.score_to)"
    )
    yield Rule("result", f"{_DISAGREE} AND NOT {_SCORE_IS_ODD}", disagreement)
    yield Rule(
        "score",
        f"{_DISAGREE} AND {_SCORE_IS_ODD}",
        "format('score %s does not go with ‘%s’: %s awards it for %s to %s', "
        "s.score, s.result, e.name, lb.score_from, lb.score_to)",
    )


def _cefr() -> Iterator[Rule]:
    # Wrong only if it fits neither the label nor the score: where those two disagree, that is said already.  A
    # cancelled row may leave the level out.
    yield Rule(
        "cefr",
        f"NOT s.says_nothing AND s.cefr <> {_CEFR_EXPECTED} AND coalesce(s.cefr <> sb.cefr, true) "
        "AND (s.cefr <> '' OR s.status = 'released')",
        f"format('‘%s’ awards %s', coalesce(lb.label, sb.label), "
        f"CASE {_CEFR_EXPECTED} WHEN '' THEN 'no CEFR level; leave the cell empty' "
        f"ELSE 'CEFR level ' || {_CEFR_EXPECTED} END)",
    )


def _components() -> Iterator[Rule]:
    for code in COMPONENT_CODES:
        yield Rule(
            code,
            f"s.{code} <> '' AND NOT e.has_{code}",
            "format('%s has no such component; its components: %s', e.name, e.components)",
        )
        given = f"NOT s.says_nothing AND s.{code} <> '' AND e.has_{code}"
        yield Rule(
            code,
            f"{given} AND c.kind = 'scale' AND NOT {_is_number(code)}",
            f"format('‘%s’: %s reported scale scores on %s, not a profile', s.{code}, e.name, s.exam_date)",
        )
        yield Rule(
            code,
            f"{given} AND c.kind = 'standardised' AND {_is_number(code)}",
            f"format('‘%s’: %s reported a profile on %s: Exceptional, Good, Borderline or Weak', "
            f"s.{code}, e.name, s.exam_date)",
        )


def _is_number(code: str) -> str:
    """The reader let only whole numbers and profile words pass, so the first character decides."""
    return f"(ascii(s.{code}) BETWEEN 48 AND 57)"


def _overall() -> Rule:
    """`catalogue.overall_from_components` in SQL, with the weights of the catalogue."""
    total = " + ".join(
        f"CASE WHEN e.has_{code} AND {_is_number(code)} THEN e.weight_{code} * s.{code}::integer "
        f"WHEN e.has_{code} THEN NULL ELSE 0 END"
        for code in COMPONENT_CODES
    )
    weight = " + ".join(f"e.weight_{code}" for code in COMPONENT_CODES)
    overall = f"((2 * ({total}) + ({weight})) / (2 * nullif({weight}, 0)))"
    return Rule(
        "score",
        f"c.kind = 'scale' AND s.score <> {overall}",
        f"format('%s is not what the components give (%s); loaded as issued', s.score, {overall})",
        warning=True,
    )


RULES = [*_dates(), *_names(), *_status(), *_label_and_score(), *_cefr(), *_components(), _overall()]
