"""`import_results FILE`: loads a results file from the command line."""

import zipfile
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import system_actor
from results.importer import ImportConflictError, Report, import_results, write_rejects
from results.photos import PhotoSource, open_photos

_REFUSED = 1
_USAGE = 2


class Command(BaseCommand):
    help = "Loads a results file, as a whole or not at all, and lists every problem with its line and column."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the results file, a CSV in UTF-8")
        parser.add_argument("--photos", type=Path, metavar="DIR_OR_ZIP", help="where the photos named in FILE are")
        parser.add_argument("--dry-run", action="store_true", help="check and count only; change nothing")
        parser.add_argument("--skip-invalid", action="store_true", help="load the rows without problems")
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="write the other rows here (--skip-invalid)")

    def handle(self, *args: Any, **options: Any) -> None:
        with ExitStack() as opened:
            source, photos, rejects = self._open(opened, options)
            try:
                report = import_results(
                    source=source,
                    file_name=options["file"].name,
                    actor=system_actor("import_results"),
                    photos=photos,
                    dry_run=options["dry_run"],
                    skip_invalid=options["skip_invalid"],
                )
            except ImportConflictError as conflict:
                raise CommandError(str(conflict), returncode=_REFUSED) from conflict
            if rejects and report.rows:
                write_rejects(source, report.problems, rejects)
        self._tell(report, dry_run=options["dry_run"])
        if not report.accepted:
            raise CommandError("Refused: nothing was loaded.", returncode=_REFUSED)

    def _open(self, opened: ExitStack, options: dict[str, Any]) -> tuple[BinaryIO, PhotoSource | None, TextIO | None]:
        """Everything that can be wrong with the call is found before anything is read."""
        file: Path = options["file"]
        rejects: Path | None = options["rejects"]
        if rejects and not options["skip_invalid"]:
            raise CommandError("--rejects needs --skip-invalid.", returncode=_USAGE)
        try:
            source = opened.enter_context(file.open("rb"))
            source.seek(0)  # fails for a pipe: the file is read more than once
            if rejects and rejects.exists() and rejects.samefile(file):
                raise CommandError("--rejects must not be the results file itself.", returncode=_USAGE)
            photos = opened.enter_context(open_photos(options["photos"])) if options["photos"] else None
            output = opened.enter_context(rejects.open("w", encoding="utf-8", newline="")) if rejects else None
        except (OSError, zipfile.BadZipFile) as error:
            raise CommandError(f"Cannot open: {error}", returncode=_USAGE) from error
        return source, photos, output

    def _tell(self, report: Report, *, dry_run: bool) -> None:
        for problem in report.problems:
            self.stdout.write(str(problem))
        for warning in report.warnings:
            self.stdout.write(f"warning: {warning}")
        for reference in report.held:
            self.stdout.write(f"reference {reference} is held by staff; the hold stays")
        if not report.rows:
            return
        counts = {
            "rows": report.rows,
            "new": report.added,
            "changed": report.changed,
            "numbers corrected": report.numbers_corrected,
            "unchanged": report.unchanged,
            "refused": report.refused,
        }
        for name, count in counts.items():
            self.stdout.write(f"{name:<18}{count:>10,}")
        if dry_run and report.accepted:
            self.stdout.write("Dry run: nothing was changed.")
