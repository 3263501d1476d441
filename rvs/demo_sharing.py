"""Candidates of the demonstration: whose results are in an account, and with whom they share them."""

from collections.abc import Sequence
from typing import Final

from accounts.models import User
from results import claims
from results.models import Result
from rvs.sample_data import Row

FIRST_OF_THE_CANDIDATES: Final = 100
"""Rows before this one belong to the organisations' checks by number."""
BORN: Final = "2003-05-17"
OWN: Final = (("PET", "2017", "2021"), ("FCE", "2019", "2024"), ("CAE", "2021", "2026"))
"""What the candidate who can log in has passed, and between which years."""


def own_rows(rows: Sequence[Row]) -> list[Row]:
    """Three good results for the candidate who can log in, with a photo where the exam has one."""
    return [next(row for row in rows[FIRST_OF_THE_CANDIDATES:] if _fits(row, *exam)) for exam in OWN]


def _fits(row: Row, exam: str, since: str, until: str) -> bool:
    passed = row["result"].startswith("Pass") and since < row["exam_date"] < until
    return row["exam"] == exam and passed and (exam == "PET" or bool(row["photo"]))


def give_to(rows: Sequence[Row], *, given_name: str, family_name: str) -> None:
    """Make these results one person's."""
    for row in own_rows(rows):
        row |= {"given_names": given_name, "family_name": family_name, "date_of_birth": BORN}


def claim_rows(user: User, rows: Sequence[Row]) -> None:
    """Put these results into the person's account."""
    numbers = [row["reference_number"] for row in rows]
    claims.claim(user=user, results=Result.objects.filter(reference_number__in=numbers))
