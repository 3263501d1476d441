"""Importing 200,000 results, against a raw COPY of the same content into the same tables with the same indexes.

`run` needs a migrated database that may be emptied.  The import runs in a process of its own, so that its memory can be
told from that of the benchmark.
"""

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import django
from django.db import connection, transaction

from bench import Figure

ROWS = 200_000
ROUNDS = 3
_GOAL_NEW = 0.45
_GOAL_CHANGED = 0.35
_MEMORY_LIMIT_MB = 300
_BLOCK = 1 << 20
_TABLES = ("results_importbatch", "results_resultversion", "results_result")


def run(rows: int = ROWS, rounds: int = ROUNDS) -> list[Figure]:
    """Measure; the best of the rounds counts, for both sides.  Empties the tables of results."""
    from rvs.sample_data import write_sample  # noqa: PLC0415  (needs Django set up)

    new, changed, raw, memory = [], [], [], 0.0
    with tempfile.TemporaryDirectory(prefix="rvs-bench-") as folder:
        first, second = Path(folder, "first.csv"), Path(folder, "second.csv")
        with first.open("w", encoding="utf-8", newline="") as file:
            write_sample(file, seed=1, count=rows)
        _revise(first, second)
        for _round in range(rounds):
            _empty_tables()
            seconds, peak = _import(first)
            new.append(seconds)
            contents = _copy_out(Path(folder))
            memory = max(memory, peak)
            seconds, peak = _import(second)
            changed.append(seconds)
            memory = max(memory, peak)
            _empty_tables()
            raw.append(_copy_in(contents))
        _empty_tables()
    limit = rows / min(raw)
    note = f"{rows:,} rows; limit: raw COPY of the same content"
    return [
        Figure("import, all new", rows / min(new), limit, min(raw) / min(new), _GOAL_NEW, "rows/s", note),
        Figure(
            "import, all changed", rows / min(changed), limit, min(raw) / min(changed), _GOAL_CHANGED, "rows/s", note
        ),
        Figure("import, memory", memory, _MEMORY_LIMIT_MB, memory / _MEMORY_LIMIT_MB, 1, "MB", "peak", at_most=True),
    ]


def _revise(source: Path, target: Path) -> None:
    """The same results, each with one cell changed."""
    with source.open(encoding="utf-8", newline="") as old, target.open("w", encoding="utf-8", newline="") as new:
        reader = csv.DictReader(old)
        writer = csv.DictWriter(new, reader.fieldnames or [])
        writer.writeheader()
        writer.writerows(row | {"place_of_entry": f"{row['place_of_entry']} II"} for row in reader)


def _import(file: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of an import in a process of its own."""
    command = [sys.executable, "-m", "bench.importing", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = json.loads(done.stdout)
    return figures["seconds"], figures["megabytes"]


def _empty_tables() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL rvs.allow_truncate = 'on'")
        cursor.execute(f"TRUNCATE {', '.join(_TABLES)}, results_versionoutbox CASCADE")
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")


def _copy_out(folder: Path) -> list[tuple[str, Path]]:
    contents = [(table, folder / f"{table}.copy") for table in _TABLES]
    with connection.cursor() as cursor:
        for table, path in contents:
            with path.open("wb") as file, cursor.copy(f"COPY {table} TO STDOUT") as copy:
                for block in copy:
                    file.write(block)
    return contents


def _copy_in(contents: list[tuple[str, Path]]) -> float:
    start = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        for table, path in contents:
            with path.open("rb") as file, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                while block := file.read(_BLOCK):
                    copy.write(block)
    return time.perf_counter() - start


def _measured_import(file: Path) -> None:
    """What the process of its own does: import, and print what it took."""
    from results.importer import import_results  # noqa: PLC0415  (needs Django set up)

    start = time.perf_counter()
    with file.open("rb") as source:
        report = import_results(source=source, file_name=file.name, actor="system:bench")
    seconds = time.perf_counter() - start
    assert report.accepted, report.problems[:10]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": peak}))


if __name__ == "__main__":
    django.setup()
    _measured_import(Path(sys.argv[1]))
