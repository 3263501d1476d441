"""Where things stand on a drawn scale or profile, in percent: the web page and the PDF draw from the same numbers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from results.catalogue import Band, Scheme

LABEL_ROOM = 7.5  # percent: three digits at 12 px on a scale that is 240 px wide


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a scale that awards one CEFR level (`level` is empty below the lowest); lengths in percent."""

    level: str
    start: float
    width: float

    @property
    def x(self) -> str:
        return percent(self.start)

    @property
    def middle(self) -> str:
        return percent(self.start + self.width / 2)

    @property
    def breadth(self) -> str:
        return percent(self.width)


@dataclass(frozen=True, slots=True)
class Mark:
    """A named score; `position` in percent of the scale, 0 at its lowest score."""

    name: str
    score: int
    position: float

    @property
    def x(self) -> str:
        return percent(self.position)

    @property
    def anchor(self) -> Literal["start", "middle", "end"]:
        """The SVG text-anchor that keeps its label inside the drawing."""
        return "start" if self.position < 6 else "end" if self.position > 94 else "middle"


@dataclass(frozen=True, slots=True)
class Scale:
    """A score scale: its levels from the left, the scores where a band begins, and the scores that were reached."""

    lowest: int
    highest: int
    spans: tuple[Span, ...]
    ticks: tuple[Mark, ...]
    overall: Mark
    components: tuple[Mark, ...]

    @property
    def labelled_ticks(self) -> list[Mark]:
        """The ticks whose labels have room beside each other, both ends always among them."""
        *inner, last = self.ticks
        chosen: list[Mark] = []
        for tick in inner:
            if last.position - tick.position >= LABEL_ROOM and (
                not chosen or tick.position - chosen[-1].position >= LABEL_ROOM
            ):
                chosen.append(tick)
        return [*chosen, last]


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One component's place in the profile; `position` is the middle of its word's column, in percent."""

    name: str
    word: str
    position: float

    @property
    def x(self) -> str:
        return percent(self.position)


@dataclass(frozen=True, slots=True)
class Profile:
    """A Candidate Profile: `words` from the weakest to the best in columns of equal width, one row per component."""

    words: tuple[str, ...]
    rows: tuple[ProfileRow, ...]


def percent(value: float) -> str:
    """A length for an SVG attribute, written the same in every language."""
    return f"{value:.2f}%"


def draw_scale(scheme: Scheme, overall: tuple[str, int], components: Sequence[tuple[str, int]]) -> Scale | None:
    """The scale of `scheme` with the overall score and the components' scores, each a (name, score).

    None where the scheme has no score.  A score outside the range (none was ever seen) is drawn at its end.
    """
    if scheme.score_range is None:
        return None
    lowest, highest = scheme.score_range

    def mark(name: str, score: int) -> Mark:
        share = (score - lowest) / (highest - lowest)
        return Mark(name, score, round(min(max(share, 0), 1) * 100, 2))

    floors = [band.score_from for band in reversed(scheme.bands) if band.score_from is not None]
    return Scale(
        lowest=lowest,
        highest=highest,
        spans=tuple(_spans(scheme.bands, highest, mark)),
        ticks=tuple(mark("", score) for score in (*(floors or [lowest]), highest)),
        overall=mark(*overall),
        components=tuple(mark(*component) for component in components),
    )


def draw_profile(scheme: Scheme, components: Sequence[tuple[str, str]]) -> Profile | None:
    """The profile of (component, word) pairs; None where nothing of it is known."""
    words = scheme.profile_words[::-1]
    rows = tuple(
        ProfileRow(name, word, (words.index(word) + 0.5) * 100 / len(words))
        for name, word in components
        if word in words
    )
    return Profile(words, rows) if rows else None


def _spans(bands: Sequence[Band], highest: int, mark: Callable[[str, int], Mark]) -> Iterator[Span]:
    """Neighbouring bands that award the same level are one span, which reaches to where the next one begins."""
    known = [band for band in reversed(bands) if band.score_from is not None]
    if not known:
        return
    starts = [
        (level, mark(level, next(group).score_from or 0).position)
        for level, group in groupby(known, key=lambda band: band.cefr or "")
    ]
    ends = [start for _level, start in starts[1:]] + [mark("", highest).position]
    for (level, start), end in zip(starts, ends, strict=True):
        yield Span(level, start, round(end - start, 2))
