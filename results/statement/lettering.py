"""Short Latin labels as outlines, for drawings: an image object cannot set text."""

from functools import cache
from io import BytesIO
from typing import Any, Final

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from results.statement import packaged

UNITS: Final = 1000  # per em, in Source Sans Pro


class _PathPen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Writes an outline as PDF path operators, in font units; quadratic curves arrive as cubic ones."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.operators: list[str] = []

    def _write(self, operator: str, *points: tuple[float, float]) -> None:
        self.operators.append(" ".join(f"{x:.0f} {y:.0f}" for x, y in points) + f" {operator}")

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self._write("m", pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self._write("l", pt)

    def _curveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]) -> None:  # noqa: N802
        self._write("c", pt1, pt2, pt3)

    def _closePath(self) -> None:  # noqa: N802
        self.operators.append("h")


@cache
def _font(weight: str) -> tuple[dict[int, str], Any]:
    font = TTFont(BytesIO(packaged.font(f"font-{weight}")))
    return font.getBestCmap(), font.getGlyphSet()


@cache
def _glyph(character: str, weight: str) -> tuple[str, float]:
    """Path and advance width of one character, or of the missing glyph where the font has none."""
    names, glyphs = _font(weight)
    glyph = glyphs[names.get(ord(character), ".notdef")]
    pen = _PathPen(glyphs)
    glyph.draw(pen)
    return " ".join(pen.operators), glyph.width


@cache
def outline(text: str, weight: str) -> tuple[str, float]:
    """PDF operators that fill `text` from the origin, and its width; both in thousandths of the font's size."""
    operators, width = [], 0.0
    for path, advance in (_glyph(character, weight) for character in text):
        operators.append(f"q 1 0 0 1 {width:.0f} 0 cm {path} f Q")
        width += advance
    return "\n".join(operators), width


def write(
    stream: Any, text: str, x: float, y: float, size: float, *, weight: str = "regular", anchor: str = "middle"
) -> None:
    """Fill a label in the stream's colour: its baseline at `y`, its start, middle or end at `x`.

    Meant for the few labels a chart ever has: their outlines are kept.
    """
    operators, width = outline(text, weight)
    scale = size / UNITS
    x -= {"start": 0.0, "middle": width / 2, "end": width}[anchor] * scale
    with stream.stacked():
        stream.transform(a=scale, d=-scale, e=x, f=y)
        stream.stream.append(operators)
