"""XML 1.0, UTF-8: the columns with their headings, then a `row` for each line with an element for each column.

Elements have the columns' keys, for a heading need not be a name in XML.  A character that XML cannot hold becomes
U+FFFD.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from django.utils.translation import ngettext

from downloads.columns import Kind
from downloads.exporters.layout import Field, Layout
from downloads.exporters.written import Dates, moment
from downloads.options import Options

_FORBIDDEN: Final = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_SPECIAL: Final = re.compile(f"[&<>\r{_FORBIDDEN}]")
_NOT_XML: Final = re.compile(f"[{_FORBIDDEN}]")
_ESCAPES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_FLAGS: Final = {True: "true", False: "false", None: ""}


def write(layout: Layout, options: Options, lines: Iterable[Sequence[Any]], path: Path) -> list[str]:
    """The notes on what was written."""
    escape = _Escape()
    renderers = _renderers(options, escape)
    columns = [(field.of, renderers[field.kind]) for field in layout.fields]
    row = "<row>" + "".join(f"<{field.key}>%s</{field.key}>" for field in layout.fields) + "</row>\n"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n<results>\n<columns>\n')
        file.writelines(_heading(field, escape) for field in layout.fields)
        file.write("</columns>\n")
        for batch in lines:
            rows = zip(*(render(map(of, batch)) for of, render in columns), strict=True)
            file.write("".join([row % values for values in rows]))
        file.write("</results>\n")
    return escape.notes()


def _heading(field: Field, escape: "_Escape") -> str:
    heading = quoteattr(escape.without_forbidden(field.heading), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
    return f'<column name="{field.key}" heading={heading}/>\n'


class _Escape:
    """Text as XML holds it; counts what it cannot hold."""

    def __init__(self) -> None:
        self._lost = 0

    def __call__(self, text: str) -> str:
        return _SPECIAL.sub(self._one, text) if _SPECIAL.search(text) else text

    def _one(self, found: re.Match[str]) -> str:
        if written := _ESCAPES.get(found[0]):
            return written
        self._lost += 1
        return "\ufffd"

    def without_forbidden(self, text: str) -> str:
        text, lost = _NOT_XML.subn("\ufffd", text)
        self._lost += lost
        return text

    def notes(self) -> list[str]:
        if not self._lost:
            return []
        note = ngettext(
            "%(number)s character cannot stand in XML and was replaced.",
            "%(number)s characters cannot stand in XML and were replaced.",
            self._lost,
        )
        return [note % {"number": f"{self._lost:,}"}]


def _renderers(options: Options, escape: _Escape) -> dict[Kind, Callable[[Iterable[Any]], Iterable[Any]]]:
    dates = Dates(options.date_format)

    def numbers(values: Iterable[Any]) -> list[Any]:
        return ["" if value is None else value for value in values]

    return {
        Kind.TEXT: lambda values: [escape(value) for value in values],
        Kind.SCORE: lambda values: [escape(value) if isinstance(value, str) else value for value in values],
        Kind.NUMBER: numbers,
        Kind.DECIMAL: numbers,
        Kind.DATE: lambda values: [dates[value] for value in values],
        Kind.DATETIME: lambda values: [moment(value, dates) for value in values],
        Kind.FLAG: lambda values: [_FLAGS[value] for value in values],
    }
