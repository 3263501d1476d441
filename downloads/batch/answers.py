"""The answer to a batch check as a file: every row as it was typed, and what it came to."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rustpy_xlsxwriter import write_worksheet

from accounts.spreadsheets import plain
from downloads.models import BatchRow, RowOutcome

HEADINGS: Final[tuple[Promise, ...]] = (
    _("Line"),
    _("Number"),
    _("Date of birth"),
    _("Name"),
    _("Applicant reference"),
    _("Outcome"),
    _("Explanation"),
)


def write_csv(rows: "QuerySet[BatchRow]", path: Path) -> None:
    """UTF-8 with its mark, so that spreadsheets know it; what looks like a formula is neutralised."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow([str(heading) for heading in HEADINGS])
        for line, *texts in _rows(rows):
            writer.writerow([line, *map(plain, texts)])


def write_xlsx(rows: "QuerySet[BatchRow]", path: Path) -> None:
    """Texts are texts, whatever they begin with."""
    headings = [str(heading) for heading in HEADINGS]
    records = (dict(zip(headings, row, strict=True)) for row in _rows(rows))
    write_worksheet(records, str(path), sheet_name="Batch check", freeze_row=1, bold_headers=True)


def _rows(rows: "QuerySet[BatchRow]") -> Iterator[tuple[int, str, str, str, str, str, str]]:
    labels = {outcome.value: str(outcome.label) for outcome in RowOutcome}
    told = rows.order_by("line").values_list(
        "line", "number", "date_of_birth", "name", "applicant_reference", "outcome", "explanation"
    )
    for line, number, born, name, reference, outcome, explanation in told.iterator(chunk_size=2_000):
        yield line, number, born, name, reference, labels[outcome], explanation
