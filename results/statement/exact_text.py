"""Makes the text of a PDF extract exactly as it was written, also where WeasyPrint's own mapping loses some of it.

WeasyPrint maps each glyph to the text it first stood for.  That fails where one glyph stands for several texts (a
letter with an accent, composed or not), and where a letter and its marks are several glyphs of one cluster.
"""

import struct
import unicodedata
from io import BytesIO
from typing import Any, Final

import pydyf
from fontTools.ttLib import TTFont

RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
# Character to glyph, by WeasyPrint's hash of a font; read under the lock of `rendering`.
_nominal_glyphs: dict[str, dict[int, int]] = {}


def paint_exactly(page: Any, fonts: dict[int, Any]) -> None:
    """Have `page` note each text beside its drawing, and mend `fonts`' mapping, when WeasyPrint paints it."""
    paint = page.paint

    def paint_and_note(stream: Any, scale: float = 1) -> None:
        paint(stream, scale)
        texts = {mark["mcid"]: box.text for box, mark in _marks(stream) if hasattr(box, "text")}
        for command in stream.stream:
            if isinstance(command, pydyf.Dictionary) and "MCID" in command:
                _note_text(command, texts.get(command["MCID"], ""))
        characters = "".join(sorted(set().union(*texts.values())))
        for font in fonts.values():
            _mend_mapping(font, characters)

    page.paint = paint_and_note


def _marks(stream: Any) -> Any:
    """Pairs of a drawn box and its mark; WeasyPrint empties them when it builds the tags."""
    return stream._tags.items()  # noqa: SLF001


def _note_text(marked_content: Any, text: str) -> None:
    """Readers take /ActualText for what is drawn.  Not for right-to-left text: Poppler would turn it round."""
    if not text.isascii() and not any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in text):
        marked_content["ActualText"] = pydyf.String(text)


def _mend_mapping(font: Any, characters: str) -> None:
    """A glyph that the font itself gives to a character of the text stands for that character."""
    if font.hash not in _nominal_glyphs:
        _nominal_glyphs[font.hash] = _read_nominal_glyphs(font)
    nominal = _nominal_glyphs[font.hash]
    for character in characters:
        if (glyph := nominal.get(ord(character))) in font.to_unicode:
            font.to_unicode[glyph] = character


def _read_nominal_glyphs(font: Any) -> dict[int, int]:
    tables = TTFont(BytesIO(font.file_content), fontNumber=font.index, lazy=True)
    return {codepoint: tables.getGlyphID(name) for codepoint, name in tables.getBestCmap().items()}


def map_missing_glyphs(fonts: dict[int, Any], pdf: Any) -> None:
    """Keep fonts that lack a glyph readable: identity encoding, and a map from each missing glyph to glyph 0.

    WeasyPrint writes an encoding of its own for them, which pypdf and others cannot read at all.
    """
    missing = {font.name: font for font in fonts.values() if font.missing}
    for entry in list(pdf.objects):
        font = missing.get(entry.get("BaseFont")) if isinstance(entry, pydyf.Dictionary) else None
        if font is None:
            continue
        if entry["Subtype"] == "/Type0":
            entry["Encoding"] = "/Identity-H"
        else:
            glyphs = [*range(font.glyph_count), *(0 for _codepoint in font.missing)]
            table = pydyf.Stream([struct.pack(f">{len(glyphs)}H", *glyphs)], compress=True)
            pdf.add_object(table)
            entry["CIDToGIDMap"] = table.reference
