"""Rows for data files, without a database."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import openpyxl
from defusedxml.ElementTree import parse

from downloads.columns import EXAMPLE
from downloads.exporters import Exported, export
from downloads.models import Format
from downloads.options import ChosenColumn, Options
from sharing.door import Taken

NOTHING: dict[str, Any] = {
    "label": "", "score": None, "cefr": "", "reading": "", "use_of_english": "", "writing": "", "listening": "",
    "speaking": "", "reading_and_writing": "", "certificate_number": "", "certificate_date": None, "has_photo": False,
}  # fmt: skip
KEY: dict[str, Any] = {
    "exam": "KET", "session": "March 2014", "exam_date": date(2014, 3, 15), "label": "Pass with Merit", "score": 88,
    "cefr": "A2", "reading": "", "use_of_english": "", "writing": "", "listening": "Good", "speaking": "Exceptional",
    "reading_and_writing": "Borderline", "has_photo": False,
}  # fmt: skip
"""Before the scale: components in words."""


def taken(**fields: Any) -> Taken:
    row = EXAMPLE._replace(reading_and_writing="")._replace(**fields)
    return row if row.status == "released" else row._replace(**NOTHING)


def chosen(*keys: str | tuple[str, str]) -> tuple[ChosenColumn, ...]:
    return tuple(ChosenColumn(key) if isinstance(key, str) else ChosenColumn(*key) for key in keys)


def exported(folder: Path, rows: Iterable[Taken], *, batch: int = 2, **options: Any) -> Exported:
    """Written in small batches, so that every test crosses their borders."""
    given = list(rows)
    batches: list[Sequence[Taken]] = [given[start : start + batch] for start in range(0, len(given), batch)]
    most = {"most_rows": options.pop("most_rows")} if "most_rows" in options else {}
    return export(options=Options(**options), batches=iter(batches), folder=folder, name="results", **most)


def table(folder: Path, rows: Iterable[Taken], **options: Any) -> list[list[str]]:
    """The lines of the CSV file, the headings first."""
    (file,) = exported(folder, rows, format=Format.CSV, **options).files
    text = file.read_bytes().decode(options.get("encoding", "utf-8-sig"))
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=options.get("separator", ",")))


def sheet(path: Path) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path).active.iter_rows()]


def objects(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_bytes())
    return found


def elements(path: Path) -> list[dict[str, str]]:
    root: Element = parse(path).getroot()
    return [{value.tag: value.text or "" for value in row} for row in root.findall("row")]
