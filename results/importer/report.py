"""What an import has to say."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypedDict
from uuid import UUID

# Stands for a column's name where a problem concerns the whole row or file.
ALL_COLUMNS = "(all)"
# More than anybody mends by hand, and few enough to keep in memory: beyond it something else is wrong with the file.
MAX_PROBLEMS = 100_000


class Problem(NamedTuple):
    """One thing that is wrong (or, among the warnings, odd); lines count from 1 for the header."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


class FileRefusedError(Exception):
    """The file cannot be read as a results file at all."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = list(problems)


def bounded(problems: Iterable[Problem]) -> list[Problem]:
    """The problems as a list.  Raises FileRefusedError with the first MAX_PROBLEMS of them when there are more."""
    kept = list(islice(problems, MAX_PROBLEMS + 1))
    if len(kept) > MAX_PROBLEMS:
        message = f"the file has more than {MAX_PROBLEMS:,} problems; only these are listed"
        raise FileRefusedError(Problem(1, ALL_COLUMNS, message), *sorted(kept[:MAX_PROBLEMS]))
    return kept


class ImportConflictError(Exception):
    """Somebody else is changing results at this moment.  Nothing was loaded; trying again later is right."""


class Added(TypedDict):
    """A result that is new."""

    line: int
    reference_number: str
    name: str
    exam: str
    exam_date: str
    status: str
    result: str
    score: str


class Difference(TypedDict):
    """One column of a result that changes; both texts are None where they are not for eyes (photo, secret number)."""

    column: str
    old: str | None
    new: str | None


class Changed(TypedDict):
    """A known result that changes.  `held`: a staff hold stays over it."""

    line: int
    reference_number: str
    name: str
    held: bool
    differences: list[Difference]


class Samples(TypedDict, total=False):
    """The first rows of each kind, in the order of the file; `digest` tells two plans for one file apart."""

    added: list[Added]
    changed: list[Changed]
    digest: str


@dataclass(slots=True)
class Report:
    """What a file said, what was wrong with it, and what it changed (or would change, in a dry run).

    `changed` counts new versions of known results; `numbers_corrected` results whose verification number, candidate ID
    or secret number alone was corrected; `refused` rows with at least one problem.  `held` names the reference numbers
    of the rows that met a staff hold.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    numbers_corrected: int = 0
    unchanged: int = 0
    refused: int = 0
    held: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    samples: Samples = field(default_factory=Samples)
    batch_id: UUID | None = None
    accepted: bool = False

    @property
    def changes_something(self) -> bool:
        return bool(self.added or self.changed or self.numbers_corrected)
