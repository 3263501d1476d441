"""Data files: the same rows as CSV, XLSX, JSON and XML."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext, ngettext

from downloads.exporters import csv_files, json_files, xlsx_files, xml_files
from downloads.exporters.layout import CHUNK, Layout, layout_of
from downloads.file_names import safe
from downloads.models import Format
from downloads.options import Options
from sharing.door import Taken

MOST_ROWS: Final = 1_048_575
"""Rows of a spreadsheet, without the one of the headings."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: more than one file when a spreadsheet would have had too many rows."""

    files: tuple[Path, ...]
    rows: int
    notes: tuple[str, ...] = ()
    """What whoever opens it should know: it was split, characters were lost."""


def export(
    *,
    options: Options,
    batches: Iterable[Sequence[Taken]],
    folder: Path,
    name: str,
    most_rows: int = MOST_ROWS,
) -> Exported:
    """Write what arrives, in its order and in bounded memory, into files in `folder` called `name` and their ending.

    The name is made safe.  With one row per candidate, results of the same person must follow each other.  Results of
    exams that the template does not want are left out and counted in the notes; whoever calls takes none of them.
    """
    layout = layout_of(options)
    wanted = _Wanted(frozenset(options.exams))
    lines = _Lines(layout.lines(wanted(batches)))
    files, notes = _write(layout, options, lines, folder / safe(name), most_rows)
    return Exported(
        tuple(files), lines.count, (*wanted.notes(), *_forgotten(options), *_split(files, most_rows), *notes)
    )


def _write(
    layout: Layout, options: Options, lines: "_Lines", path: Path, most_rows: int
) -> tuple[list[Path], list[str]]:
    if options.format == Format.XLSX:
        return _workbooks(layout, options, lines, path, most_rows), []
    file = path.with_name(f"{path.name}.{options.format.value}")
    return [file], _WRITERS[options.format](layout, options, lines, file) or []


_WRITERS: Final[Mapping[Format, Callable[[Layout, Options, Iterable[Sequence[Any]], Path], list[str] | None]]] = (
    MappingProxyType({Format.CSV: csv_files.write, Format.JSON: json_files.write, Format.XML: xml_files.write})
)


def _workbooks(layout: Layout, options: Options, lines: "_Lines", path: Path, most_rows: int) -> list[Path]:
    """As many as the lines need; the first keeps the plain name if it is the only one."""
    files: list[Path] = []
    while not files or lines.more():
        file = path.with_name(f"{path.name}-{len(files) + 1}.xlsx")
        xlsx_files.write(layout, options, lines.part(most_rows), file)
        files.append(file)
    return files if len(files) > 1 else [files[0].rename(path.with_name(f"{path.name}.xlsx"))]


class _Lines:
    """Lines as they come, in handy batches, counted; a part of them at a time where a file takes no more."""

    def __init__(self, batches: Iterator[Sequence[Any]]) -> None:
        self.count = 0
        self._batches = batches
        self._rest: Sequence[Any] = ()

    def __iter__(self) -> Iterator[Sequence[Any]]:
        return self.part(sys.maxsize)

    def part(self, most: int) -> Iterator[Sequence[Any]]:
        while most and self.more():
            size = min(most, CHUNK)
            chunk, self._rest = self._rest[:size], self._rest[size:]
            most -= len(chunk)
            self.count += len(chunk)
            yield chunk

    def more(self) -> bool:
        """Whether there are any; looks no further than the next."""
        while not self._rest:
            following = next(self._batches, None)
            if following is None:
                return False
            self._rest = following
        return True


class _Wanted:
    """Leaves out results of other exams, and counts them."""

    def __init__(self, exams: frozenset[str]) -> None:
        self._exams = exams
        self._left_out = 0

    def __call__(self, batches: Iterable[Sequence[Taken]]) -> Iterator[Sequence[Taken]]:
        for batch in batches:
            wanted = [taken for taken in batch if taken.exam in self._exams] if self._exams else batch
            self._left_out += len(batch) - len(wanted)
            yield wanted

    def notes(self) -> Iterator[str]:
        if self._left_out:
            note = ngettext(
                "%(number)s result of another exam was left out, as the template says.",
                "%(number)s results of other exams were left out, as the template says.",
                self._left_out,
            )
            yield note % {"number": f"{self._left_out:,}"}


def _forgotten(options: Options) -> Iterator[str]:
    if options.unknown:
        yield gettext("Columns that no longer exist were left out: %(columns)s.") % {
            "columns": ", ".join(options.unknown)
        }


def _split(files: Sequence[Path], most_rows: int) -> Iterator[str]:
    if len(files) > 1:
        yield gettext("A spreadsheet holds %(rows)s rows: this one was split into %(files)s files.") % {
            "rows": f"{most_rows:,}",
            "files": len(files),
        }
