"""Runs one import in a process that a test may kill: `python -m tests.results.import_process FILE`."""

import sys
from pathlib import Path

import django

if __name__ == "__main__":
    django.setup()
    from results.importer import import_results

    with Path(sys.argv[1]).open("rb") as source:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        report = import_results(source=source, file_name="drill.csv", actor="system:drill")
    sys.stdout.write("done\n" if report.accepted else f"{report.problems}\n")
