"""Mends what WeasyPrint's tags lack for PDF/UA-1, just before the file is written."""

from typing import Any

import pydyf


def mend(document: Any, pdf: Any) -> None:
    """Give header cells their /Scope, and figures a /BBox in points from the bottom of the page."""
    heights = dict(zip(pdf.page_references, (page.height for page in document.pages), strict=True))
    for entry in pdf.objects:
        if not isinstance(entry, pydyf.Dictionary):
            continue
        if entry.get("S") == "/TH":
            entry["A"]["Scope"] = "/Row" if _heads_a_row(entry, pdf) else "/Column"
        elif entry.get("S") == "/Figure":
            left, top, right, bottom = (value * 0.75 for value in entry["A"]["BBox"])
            height = heights[entry["Pg"]] * 0.75
            entry["A"]["BBox"] = pydyf.Array([left, height - bottom, right, height - top])


def _heads_a_row(cell: Any, pdf: Any) -> bool:
    """Every header cell of a table's body is its row's; those of its head are their columns'."""
    row = _target(cell["P"], pdf)
    return bool(_target(row["P"], pdf)["S"] != "/THead")


def _target(reference: bytes, pdf: Any) -> Any:
    return pdf.objects[int(reference.split()[0])]
