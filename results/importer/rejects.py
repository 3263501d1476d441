"""The rows that were not loaded, as they were given, with what is wrong with them."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from typing import BinaryIO, TextIO

from results.importer.reading import read_file
from results.importer.report import Problem


def write_rejects(source: BinaryIO, problems: Iterable[Problem], rejects: TextIO) -> None:
    """Write the columns of the file plus `problem`, one line for each row with a problem.

    The file is the board's own and goes back to where it came from, so cells are not changed in any way.  A row with
    too few or too many cells is filled up or cut to the header.
    """
    wrong: dict[int, list[str]] = defaultdict(list)
    for problem in problems:
        wrong[problem.line].append(f"{problem.column}: {problem.message}")
    header, rows = read_file(source)
    writer = csv.writer(rejects)
    writer.writerow([*header, "problem"])
    for line, cells in rows:
        if line in wrong:
            filled = (cells + [""] * len(header))[: len(header)]
            writer.writerow([*filled, "; ".join(wrong[line])])
