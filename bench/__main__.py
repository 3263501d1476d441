"""`make bench`: runs every benchmark on servers of its own and writes bench/RESULTS.md."""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import django
from django.core.management import call_command

from bench import Figure
from rvs import embedded
from rvs.processes import stoppable

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> int:
    """0 if every goal was reached, 1 if one was missed."""
    with stoppable(), tempfile.TemporaryDirectory(prefix="rvs-bench-") as folder:
        environment = {
            "DEMONSTRATION": "1",
            "SECRET_KEY": "for-benchmarks-only",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "PUBLIC_BASE_URL": "http://localhost",
            "EMAIL_URL": "memory://",
            "STORAGE_URL": Path(folder, "storage").as_uri(),
        }
        with embedded.servers(Path(folder), environment=environment) as running:
            os.environ.update(running.environment)
            os.environ["DJANGO_SETTINGS_MODULE"] = "rvs.settings"
            django.setup()
            call_command("migrate", interactive=False, verbosity=0)
            call_command("collectstatic", interactive=False, verbosity=0)
            figures = list(_all())
    RESULTS.write_text(_report(figures), encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))
    return 0 if all(figure.reached for figure in figures) else 1


def _all() -> Iterable[Figure]:
    from bench import (  # noqa: PLC0415  (need Django set up)
        api,
        digests,
        downloading,
        exporting,
        importing,
        listing,
        searching,
        statements,
        webhooks,
    )

    for benchmark in (importing, statements, downloading, searching, listing, exporting, digests, api, webhooks):
        print(f"Running {benchmark.__name__} …", flush=True)
        yield from benchmark.run()


def _report(figures: Iterable[Figure]) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    lines = [
        "# Benchmark results",
        "",
        "Written by `make bench`. Each figure is a ratio to a limit measured in the same run.",
        "Absolute values depend on the machine.",
        "",
        f"{datetime.now(UTC):%-d %B %Y}, commit {commit.stdout.strip() or 'unknown'}, {machine}.",
        "",
        "| benchmark | ours | limit | ratio | goal | reached | note |",
        "|---|---:|---:|---:|---:|---|---|",
    ]
    for figure in figures:
        sign = "≤" if figure.at_most else "≥"
        lines.append(
            f"| {figure.name} | {figure.ours:,.1f} {figure.unit} | {figure.limit:,.1f} {figure.unit} "
            f"| {figure.ratio:.2f} | {sign} {figure.goal:g} | {'yes' if figure.reached else 'no'} | {figure.note} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
