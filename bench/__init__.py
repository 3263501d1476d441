"""Benchmarks: each figure is a ratio to a limit that was measured in the same run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: ours, the limit it is held against (same unit), their ratio, and the goal for the ratio."""

    name: str
    ours: float
    limit: float
    ratio: float
    goal: float
    unit: str
    note: str = ""
    at_most: bool = False

    @property
    def reached(self) -> bool:
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal
