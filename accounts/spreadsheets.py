"""Text for tables that people open in a spreadsheet."""

from typing import Final

STARTS_FORMULA: Final = frozenset("=+-@\t\r\n\0＝＋－＠")


def plain(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula: one that looks like one gets an apostrophe."""
    text = text.replace("\0", "")
    return f"'{text}" if text[:1] in STARTS_FORMULA or text.lstrip()[:1] in STARTS_FORMULA else text
