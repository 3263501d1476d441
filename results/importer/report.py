"""What an import has to say."""

from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

# Stands for a column's name where a problem concerns the whole row or file.
ALL_COLUMNS = "(all)"


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
        super().__init__("; ".join(map(str, problems)))
        self.problems = list(problems)


class ImportConflictError(Exception):
    """Somebody else is changing results at this moment.  Nothing was loaded; trying again later is right."""


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
    batch_id: UUID | None = None
    accepted: bool = False

    @property
    def changes_something(self) -> bool:
        return bool(self.added or self.changed or self.numbers_corrected)
