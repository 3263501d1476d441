"""Names of files that every system can keep."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 160
"""Bytes; a file system gives 255 for the whole name."""
_KEPT: Final = re.compile(r"[^\w ().-]|_(?=_)")
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)
"""Windows takes these for devices, whatever ending follows."""


def safe(text: str, *, otherwise: str = "results") -> str:
    """A name, without its ending, that Windows, macOS and Linux can keep and that hides nothing.

    Letters of any script stay, in their composed form; what separates paths, controls or turns text becomes a hyphen.
    """
    text = _KEPT.sub("-", unicodedata.normalize("NFC", text))
    text = re.sub(r"[ -]*-[ -]*|\s+", lambda found: "-" if "-" in found[0] else " ", text)
    text = text.encode()[:LONGEST].decode(errors="ignore").strip(" .-")
    if not text or _RESERVED.match(text):
        text = f"{otherwise}-{text}".strip(" .-")
    return text
