"""Data files: the same rows as CSV, XLSX, JSON and XML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from downloads.options import Options
from sharing.door import Taken


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: more than one file when a spreadsheet would have had too many rows."""

    files: tuple[Path, ...]
    rows: int
    notes: tuple[str, ...] = ()
    """What whoever opens it should know: it was split, characters were lost."""


def export(*, options: Options, batches: Iterable[Sequence[Taken]], folder: Path, name: str) -> Exported:
    """Write what arrives, in its order and in bounded memory, into files in `folder` called `name` and their ending.

    With one row per candidate, results of the same person must follow each other.
    """
    raise NotImplementedError
