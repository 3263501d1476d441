"""Pictures of a statement as image objects that draw themselves: several times faster than SVG or PNG would be.

Each has what WeasyPrint asks of an image: `get_intrinsic_size`, in CSS pixels, and `draw`, in a stream whose y axis
points down.  They go into a document's image cache under their address.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import segno

from results.charts import Profile, Scale
from results.statement.lettering import write

Colour = tuple[float, float, float]
Box = tuple[float, float, float, float]  # left, top, width, height

INK: Colour = (0.102, 0.125, 0.2)
SOFT: Colour = (0.302, 0.337, 0.42)
LINE: Colour = (0.843, 0.859, 0.898)
ACCENT: Colour = (0.204, 0.251, 0.604)
DEEP: Colour = (0.137, 0.173, 0.431)
PALE: Colour = (0.681, 0.718, 0.941)
WHITE: Colour = (1.0, 1.0, 1.0)
TINTS: tuple[Colour, Colour] = ((0.957, 0.961, 0.984), (0.906, 0.918, 0.969))
CIRCLE = 0.5523  # how far a cubic curve's control points stand off to draw a quarter of a circle


class Drawing:
    """An image of fixed size in CSS pixels."""

    width: float
    height: float

    def get_intrinsic_size(self, resolution: float, font_size: float) -> tuple[float, float, float]:
        return self.width, self.height, self.width / self.height

    def draw(self, stream: Any, concrete_width: float, concrete_height: float, style: Any) -> None:
        with stream.stacked():
            stream.transform(a=concrete_width / self.width, d=concrete_height / self.height)
            self.paint(stream)

    def paint(self, stream: Any) -> None:
        raise NotImplementedError


def _rectangle(stream: Any, colour: Colour, box: Box) -> None:
    stream.set_color_rgb(*colour)
    stream.rectangle(*box)
    stream.fill()


def _line(stream: Any, colour: Colour, width: float, *points: tuple[float, float]) -> None:
    stream.set_color_rgb(*colour, stroke=True)
    stream.set_line_width(width)
    stream.set_line_cap(1)
    stream.set_line_join(1)
    stream.move_to(*points[0])
    for point in points[1:]:
        stream.line_to(*point)
    stream.stroke()


def _rounded(stream: Any, colour: Colour, box: Box, radius: float) -> None:
    """A filled rectangle with round corners; a disc when the radius is half of both sides."""
    x, y, width, height = box
    k = radius * (1 - CIRCLE)
    right, bottom = x + width, y + height
    stream.set_color_rgb(*colour)
    stream.move_to(x + radius, y)
    stream.line_to(right - radius, y)
    stream.curve_to(right - k, y, right, y + k, right, y + radius)
    stream.line_to(right, bottom - radius)
    stream.curve_to(right, bottom - k, right - k, bottom, right - radius, bottom)
    stream.line_to(x + radius, bottom)
    stream.curve_to(x + k, bottom, x, bottom - k, x, bottom - radius)
    stream.line_to(x, y + radius)
    stream.curve_to(x, y + k, x + k, y, x + radius, y)
    stream.fill()


def _disc(stream: Any, colour: Colour, x: float, y: float, radius: float) -> None:
    _rounded(stream, colour, (x - radius, y - radius, 2 * radius, 2 * radius), radius)


class Logo(Drawing):
    """The service's mark, as on the site: three bars, the last one a tick."""

    width = height = 36

    def paint(self, stream: Any) -> None:
        _rounded(stream, DEEP, (0, 0, 36, 36), 9)
        for top, x in ((20, 9), (15, 15)):
            _line(stream, PALE, 3.2, (x, 26), (x, top))
        _line(stream, WHITE, 3.6, (14, 20.5), (19.5, 26), (28, 11))


class QRCode(Drawing):
    """A QR code with its quiet zone; one unit is one module."""

    def __init__(self, content: str) -> None:
        # Readers accept every mask.  The search for the one with the most even pattern takes as long as the whole rest
        # of the code, and matters for worn labels rather than for print on white paper.
        code = segno.make_qr(content, error="m", mask=3)
        self.rows = [bytes(row) for row in code.matrix]
        self.quiet = code.default_border_size
        self.width = self.height = len(self.rows) + 2 * self.quiet

    def paint(self, stream: Any) -> None:
        _rectangle(stream, WHITE, (0, 0, self.width, self.height))
        stream.set_color_rgb(*INK)
        # Written as one string: thousands of numbers through the stream's own methods take longer than the rest of it.
        stream.stream.append(" ".join(self._modules()))
        stream.fill()

    def _modules(self) -> Iterator[str]:
        """A rectangle for each run of dark modules in a row."""
        for y, row in enumerate(self.rows, start=self.quiet):
            start = row.find(1)
            while start >= 0:
                end = row.find(0, start)
                end = len(row) if end < 0 else end
                yield f"{self.quiet + start} {y} {end - start} 1 re"
                start = row.find(1, end)


class Chart(Drawing):
    """A picture of rows whose measures statement.css shares, so that they stand beside a table's; CSS pixels."""

    width = 372
    header = 27
    row = 23
    axis = 20
    inset = 8


class ScaleChart(Chart):
    """Overall and component scores on their scale, levels as columns."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.body = self.header + self.row * (1 + len(scale.components))
        self.height = self.body + self.axis

    def at(self, position: float) -> float:
        return self.inset + position / 100 * (self.width - 2 * self.inset)

    def paint(self, stream: Any) -> None:
        self._paint_levels(stream)
        self._paint_ticks(stream)
        for index, mark in enumerate((self.scale.overall, *self.scale.components)):
            y = self.header + self.row * (index + 0.5)
            colour, width, radius = (DEEP, 4.0, 6.0) if index == 0 else (ACCENT, 2.0, 4.2)
            _line(stream, colour, width, (self.at(0), y), (self.at(mark.position), y))
            _disc(stream, WHITE, self.at(mark.position), y, radius + 1.4)
            _disc(stream, colour, self.at(mark.position), y, radius)

    def _paint_levels(self, stream: Any) -> None:
        for index, span in enumerate(self.scale.spans):
            left, right = self.at(span.start), self.at(span.start + span.width)
            _rectangle(stream, TINTS[index % 2], (left, 0, right - left, self.body))
            stream.set_color_rgb(*DEEP)
            write(stream, span.level, (left + right) / 2, 17.5, 12, weight="semibold")

    def _paint_ticks(self, stream: Any) -> None:
        for tick in self.scale.ticks:
            _line(stream, LINE, 0.75, (self.at(tick.position), self.header), (self.at(tick.position), self.body + 4))
        stream.set_color_rgb(*SOFT)
        for tick in self.scale.labelled_ticks:
            write(stream, str(tick.score), self.at(tick.position), self.body + 16, 10.5)


class ProfileChart(Chart):
    """The Candidate Profile: a column for each word, a mark for each component."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.body = self.header + self.row * len(profile.rows)
        self.height = self.body

    def paint(self, stream: Any) -> None:
        column = self.width / len(self.profile.words)
        for index, word in enumerate(self.profile.words):
            _rectangle(stream, TINTS[index % 2], (index * column, 0, column, self.body))
            stream.set_color_rgb(*DEEP)
            write(stream, word, (index + 0.5) * column, 17.5, 11.5, weight="semibold")
        for index, row in enumerate(self.profile.rows):
            x, y = row.position / 100 * self.width, self.header + self.row * (index + 0.5)
            _line(stream, LINE, 0.75, (0, y + self.row / 2), (self.width, y + self.row / 2))
            _line(stream, ACCENT, 2, (x - column * 0.32, y), (x + column * 0.32, y))
            _disc(stream, WHITE, x, y, 6.4)
            _disc(stream, ACCENT, x, y, 5)


@cache
def logo() -> Logo:
    return Logo()
