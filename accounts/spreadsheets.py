"""Text for tables that people open in a spreadsheet.

A spreadsheet takes a cell for a formula by how it begins, also after blanks, and in some languages in full-width forms.
One that begins like that gets an apostrophe in front, and so does one that begins with apostrophes before such a
beginning: whoever takes one apostrophe away again has what stood there, in each case.
"""

from typing import Final

_SIGNS: Final = "=+-@" + "＝＋－＠" + "﹦﹢﹣﹫"
STARTS_FORMULA: Final = frozenset(_SIGNS + "\t\r\n\0")
_SPACES: Final = "".join(map(chr, (*range(0x21), *range(0x7F, 0xA1), 0x1680, *range(0x2000, 0x200B), 0x202F, 0x3000)))
_INVISIBLE: Final = "".join(map(chr, (0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x2028, 0x2070), 0xFEFF)))
_SKIPPED: Final = _SPACES + _INVISIBLE
SUSPECT: Final = frozenset(_SIGNS + _SKIPPED + "'")
"""A text that begins with none of these is written as it is."""


def plain(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula.  A lone hyphen is none."""
    if text[:1] in SUSPECT and _looks_like_formula(text) and text != "-":
        text = f"'{text}"
    return text.replace("\0", "\ufffd")


def _looks_like_formula(text: str) -> bool:
    bare = text.lstrip("'")
    return bare[:1] in STARTS_FORMULA or bare.lstrip(_SKIPPED)[:1] in STARTS_FORMULA
