"""How a data file is written: what a template keeps, and what the history keeps of a file."""

from dataclasses import dataclass
from typing import Any, Self

from downloads.models import Format


@dataclass(frozen=True, slots=True)
class ChosenColumn:
    """A column of downloads/columns.py by its key, under the organisation's own heading (empty: the usual one)."""

    key: str
    heading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that shapes a data file; the defaults are those of the default template."""

    format: Format = Format.CSV
    columns: tuple[ChosenColumn, ...] = ()
    """Empty: every column but the photo's."""

    @classmethod
    def load(cls, stored: dict[str, Any]) -> Self:
        """From what `dump` made; what an older version of the service did not know has its default."""
        raise NotImplementedError

    def dump(self) -> dict[str, Any]:
        """As JSON keeps it."""
        raise NotImplementedError
