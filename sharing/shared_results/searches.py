"""Where a search lives: in the address, except for what tells of one person, which the session keeps.

The address names what the session keeps by a random word (`find`), so that several windows, the way back and the link
to the whole list all do what people expect.
"""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django import forms
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sharing.door import Column, Order, Position
from sharing.shared_results import cursors
from sharing.shared_results.forms import PERSONAL, SearchForm

KEPT: Final = "shared_results_searches"
MOST_KEPT: Final = 20
FIND, WITHOUT, SORT, PAGE = "find", "without", "sort", "page"


@dataclass(frozen=True, slots=True)
class Chip:
    """One criterion in words, and the address of the same list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the table: how the list is ordered by it, and the address of the list in its next order."""

    label: str | Promise
    url: str = ""
    aria_sort: str = ""
    css: str = ""


COLUMNS: Final[tuple[tuple[str | Promise, Column | None], ...]] = (
    (_("First Name"), Column.GIVEN_NAMES),
    (_("Family Name"), Column.FAMILY_NAME),
    (_("Exam Taken"), Column.EXAM),
    (_("Date Shared"), Column.SHARED),
    (_("Result"), None),
    (_("Score"), Column.SCORE),
    (_("CEFR"), Column.CEFR),
    (_("Applicant reference"), Column.APPLICANT_REFERENCE),
    (_("Status"), Column.STATUS),
    (_("Download PDF"), None),
    (_("Details"), None),
)
HIGHEST_FIRST: Final = {Column.SHARED, Column.SCORE, Column.CEFR}


class Search:
    """The list that a request asks for."""

    def __init__(self, query: QueryDict, session: SessionBase) -> None:
        self.query = query
        self.session = session

    @classmethod
    def of(cls, request: HttpRequest) -> "Search":
        return cls(request.GET, request.session)

    @cached_property
    def form(self) -> SearchForm:
        """Bound to the address and to what the session keeps; what is wrong in it narrows nothing."""
        data = self.query.copy()
        for field in PERSONAL:
            for name in _names(field):
                data.pop(name, None)
        data.update(self._kept)
        form = SearchForm(data)
        form.full_clean()
        return form

    @property
    def forgotten(self) -> bool:
        """The address speaks of a search that the session does not keep any more."""
        return FIND in self.query and self.query[FIND] not in self.session.get(KEPT, {})

    @cached_property
    def order(self) -> Order:
        return Order.read(self.query.get(SORT, ""))

    @property
    def position(self) -> Position | None:
        return cursors.unseal(self.query.get(PAGE, ""), self.order)

    @property
    def personal(self) -> bool:
        return bool(self._kept)

    @property
    def chips(self) -> list[Chip]:
        return list(self._chips())

    @property
    def in_words(self) -> str:
        """What the list is narrowed to, without anything that was typed: a history keeps this."""
        parts = [str(_("One person looked for"))] if self.personal else []
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name)
            if name in PERSONAL or value in {None, "", False}:
                continue
            typed = value is True or type(field) is forms.CharField
            parts.append(str(field.label) if typed else f"{field.label}: {_in_words(self.form, name)}")
        return "; ".join(parts)

    @property
    def headings(self) -> list[Heading]:
        return [self._heading(label, column) for label, column in COLUMNS]

    @property
    def here(self) -> str:
        """The query of this very page."""
        return f"?{self.query.urlencode()}" if self.query else ""

    @property
    def narrowed(self) -> bool:
        return any(self.form.cleaned_data.get(name) not in {None, "", False} for name in self.form.fields)

    def address(self, *, leave_out: Iterable[str] = (), **changes: str | None) -> str:
        """The query of this list with some parts changed or left out, on its first page unless that is given."""
        query = self.query.copy()
        for name in (PAGE, *leave_out):
            query.pop(name, None)
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}"

    def at(self, position: Position | None) -> str | None:
        """The query of the page at a place of this list."""
        return self.address(page=cursors.seal(position, self.order)) if position else None

    @cached_property
    def _kept(self) -> dict[str, str]:
        kept = self.session.get(KEPT, {}).get(self.query.get(FIND), {})
        left_out = {name for field in self.query.getlist(WITHOUT) for name in _names(field)}
        return {name: value for name, value in kept.items() if name not in left_out}

    def _chips(self) -> Iterator[Chip]:
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name)
            if value in {None, "", False}:
                continue
            if name in PERSONAL:
                query = self.query.copy()
                query.pop(PAGE, None)
                query.appendlist(WITHOUT, name)
                url = f"?{query.urlencode()}"
            else:
                url = self.address(leave_out=[name])
            yield Chip(str(field.label), _in_words(self.form, name), url)

    def _heading(self, label: str | Promise, column: Column | None) -> Heading:
        if column is None:
            return Heading(label)
        css = "number" if column is Column.SCORE else ""
        if column != self.order.column:
            first = Order(column, column in HIGHEST_FIRST)
            return Heading(label, self.address(sort=str(first)), css=css)
        turned = Order(column, not self.order.descending)
        aria_sort = "descending" if self.order.descending else "ascending"
        return Heading(label, self.address(sort=str(turned)), aria_sort, css)


def keep(form: SearchForm, session: SessionBase, *, sort: str = "") -> str:
    """The query under which a list with these criteria is found; the session keeps what must not stand in it."""
    query = QueryDict(mutable=True)
    for name in form.fields:
        if name not in PERSONAL and form.cleaned_data.get(name):
            query[name] = form.data[name]
    personal = {name: form.data[name] for field in PERSONAL for name in _names(field) if form.data.get(name)}
    if personal:
        query[FIND] = secrets.token_urlsafe(6)
        kept = [*session.get(KEPT, {}).items(), (query[FIND], personal)]
        session[KEPT] = dict(kept[-MOST_KEPT:])
    if sort:
        query[SORT] = sort
    return f"?{query.urlencode()}" if query else ""


def _names(field: str) -> list[str]:
    """Of the controls that make up a field."""
    return [f"{field}_{part}" for part in ("day", "month", "year")] if field == "date_of_birth" else [field]


def _in_words(form: SearchForm, name: str) -> str:
    value = form.cleaned_data[name]
    choices = dict(getattr(form.fields[name], "choices", ()))
    if value is True:
        return ""
    return str(choices.get(value, value)) if not hasattr(value, "strftime") else f"{value:%-d %B %Y}"
