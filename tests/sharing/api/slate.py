"""Slate's format definition, as far as it is known: `node` names the repeating element, `s` a path in it [domain 5.4].

Indexes count from 1.  What a path does not lead to is an empty text.
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET


def rows(definition: str, answer: Any) -> Iterator[dict[str, str]]:
    """What Slate makes of an answer: one row an element, one column a field of the definition."""
    layout = ET.fromstring(definition)  # noqa: S314  (our own)
    assert layout.get("type") == "json"
    for element in _follow(layout.get("node", "").lstrip("/"), answer):
        yield {field.get("id", ""): _text(field.get("s", ""), element) for field in layout.iter("f")}


def _text(path: str, element: Any) -> str:
    found = _follow(path, element)
    if found is None:
        return ""
    assert isinstance(found, str), f"{path} is no text"
    return found


def _follow(path: str, value: Any) -> Any:
    for step in path.split("/"):
        name, index = re.fullmatch(r"(\w+)(?:\[([0-9]+)\])?", step).groups()  # type: ignore[union-attr]
        value = value.get(name)
        if value is not None and index:
            value = value[int(index) - 1] if int(index) <= len(value) else None
        if value is None:
            return None
    return value
