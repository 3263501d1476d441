"""What a file looks like, whatever its format: which fields each of its lines has, and how results become lines."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Any, Final, NamedTuple

from downloads.columns import COMPONENT_ROW, Column, Kind, Value
from downloads.options import ChosenColumn, Options
from results import catalogue
from sharing.door import Taken

CHUNK: Final = 1_000
"""Lines worked on at a time."""


class Field(NamedTuple):
    """A column of the file.  `of` takes one of the layout's lines."""

    column: Column
    key: str
    """For programs: the column's key, with a number where several results stand in a line."""
    heading: str
    """For people: the template's own heading or the usual one; no two of a file are the same."""
    own: bool
    """Whether the template names it."""
    of: Callable[[Any], Value]

    @property
    def kind(self) -> Kind:
        return self.column.kind

    @property
    def name(self) -> str:
        """What a program finds the value by."""
        return self.heading if self.own else self.key


class ComponentLine(NamedTuple):
    taken: Taken
    component: str
    score: Value


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of each line, and what makes lines of results."""

    fields: tuple[Field, ...]
    lines: Callable[[Iterable[Sequence[Taken]]], Iterator[Sequence[Any]]]


def layout_of(options: Options) -> Layout:
    """How the template's columns become the file's.

    With one row per candidate, results of the same person must follow each other to come into one line.
    """
    if options.by_component and any(chosen.column.of_component for chosen in options.chosen):
        return _component_rows(options)
    if options.side_by_side_now > 1:
        return _candidate_rows(options)
    fields = [_field(chosen, chosen.column.of) for chosen in options.chosen]
    return Layout(_unlike(fields), iter)


def _field(chosen: ChosenColumn, of: Callable[[Any], Value], number: int = 0) -> Field:
    column = chosen.column
    key, heading = column.key, chosen.heading or str(column.heading)
    if number:
        key, heading = f"{key}_{number}", f"{heading} {number}"
    return Field(column, key, heading, bool(chosen.heading), of)


def _unlike(fields: Iterable[Field]) -> tuple[Field, ...]:
    """Headings that two columns share are told apart: a value is found by its heading."""
    taken: set[str] = set()
    unlike = []
    for field in fields:
        heading, number = field.heading, 2
        while heading.casefold() in taken:
            heading, number = f"{field.heading} ({number})", number + 1
        taken.add(heading.casefold())
        unlike.append(field._replace(heading=heading))
    return tuple(unlike)


# --- One row for each component -------------------------------------------------------------------------------------


def _component_rows(options: Options) -> Layout:
    codes = [chosen.key for chosen in options.chosen if chosen.column.of_component]
    of_taken: Callable[[Any], Taken] = attrgetter("taken")
    fields: list[Field] = []
    for chosen in options.chosen:
        if not chosen.column.of_component:
            fields.append(_field(chosen, _after(of_taken, chosen.column.of)))
        elif chosen.key == codes[0]:
            fields += [Field(column, column.key, str(column.heading), False, column.of) for column in COMPONENT_ROW]
    scores = {chosen.key: chosen.column.of for chosen in options.chosen if chosen.column.of_component}
    return Layout(_unlike(fields), lambda batches: _by_component(batches, scores))


def _after(first: Callable[[Any], Taken], then: Callable[[Taken], Value]) -> Callable[[Any], Value]:
    return lambda line: then(first(line))


def _by_component(
    batches: Iterable[Sequence[Taken]], scores: dict[str, Callable[[Taken], Value]]
) -> Iterator[Sequence[ComponentLine]]:
    """A line for each component that the exam has and the template wants; one without, where there is none."""
    for batch in batches:
        yield [line for taken in batch for line in _components(taken, scores) or [ComponentLine(taken, "", "")]]


def _components(taken: Taken, scores: dict[str, Callable[[Taken], Value]]) -> list[ComponentLine]:
    parts = catalogue.get(taken.exam).components
    return [ComponentLine(taken, part.name, scores[part.code](taken)) for part in parts if part.code in scores]


# --- One row for each candidate -------------------------------------------------------------------------------------


def _candidate_rows(options: Options) -> Layout:
    of_person = [chosen for chosen in options.chosen if chosen.column.of_person]
    fields = [_field(chosen, _of_result(chosen.column, 0)) for chosen in of_person]
    for place in range(options.side_by_side_now):
        fields += [
            _field(chosen, _of_result(chosen.column, place), place + 1)
            for chosen in options.chosen
            if not chosen.column.of_person
        ]
    said_once = [chosen.column.of for chosen in of_person]
    return Layout(_unlike(fields), lambda batches: _by_candidate(batches, said_once, options.side_by_side_now))


def _of_result(column: Column, place: int) -> Callable[[Any], Value]:
    of, nothing = column.of, column.kind.nothing
    return lambda line: of(line[place]) if place < len(line) else nothing


def _by_candidate(
    batches: Iterable[Sequence[Taken]], said_once: Sequence[Callable[[Taken], Value]], most: int
) -> Iterator[Sequence[Sequence[Taken]]]:
    """The newest results first.

    The same account is the same person; without one, the same names and date of birth are.  A result that differs in
    what a row says once (in another name, say) begins a row of its own, so that nothing is lost.
    """

    def person(taken: Taken) -> Hashable:
        who = taken.owner or (taken.given_names, taken.family_name, taken.date_of_birth)
        return who, *(of(taken) for of in said_once)

    def lines() -> Iterator[Sequence[Taken]]:
        for _person, results in groupby(chain.from_iterable(batches), key=person):
            newest_first = sorted(results, key=attrgetter("exam_date", "given_at"), reverse=True)
            for start in range(0, len(newest_first), most):
                yield newest_first[start : start + most]

    found = lines()
    while chunk := list(islice(found, CHUNK)):
        yield chunk
