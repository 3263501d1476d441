"""JSON: one array with an object for each line, UTF-8."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from downloads.columns import Kind
from downloads.exporters.layout import Layout
from downloads.exporters.written import Dates, moment
from downloads.options import Options


def write(layout: Layout, options: Options, lines: Iterable[Sequence[Any]], path: Path) -> None:
    """Values go by the template's own headings, and where there is none by the columns' keys."""
    renderers = _renderers(options)
    names = [field.name for field in layout.fields]
    columns = [(field.of, renderers[field.kind]) for field in layout.fields]
    encode = json.JSONEncoder(ensure_ascii=False).encode
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        between = "\n"
        for batch in lines:
            rows = zip(*(render(map(of, batch)) for of, render in columns), strict=True)
            texts = [encode(dict(zip(names, row, strict=True))) for row in rows]
            if texts:
                file.write(between + ",\n".join(texts))
                between = ",\n"
        file.write("\n]\n")


def _renderers(options: Options) -> dict[Kind, Callable[[Iterable[Any]], Iterable[Any]]]:
    dates = Dates(options.date_format)
    return {
        Kind.TEXT: list,
        Kind.SCORE: lambda values: [None if value == "" else value for value in values],
        Kind.NUMBER: list,
        Kind.DECIMAL: list,
        Kind.DATE: lambda values: [dates[value] or None for value in values],
        Kind.DATETIME: lambda values: [moment(value, dates) or None for value in values],
        Kind.FLAG: list,
    }
