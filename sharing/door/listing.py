"""The list of what was shared with an organisation.  It tells little, and to look at it is not an access."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from django.db.models import BooleanField, Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from accounts.models import User
from organisations.models import Organisation
from results.presentation import describe
from sharing.door.criteria import CHANGED, Criteria, Order, Reader, narrow
from sharing.models import Share
from sharing.querysets import ShareQuerySet

PAGE_SIZE: Final = 50
MOST_COUNTED: Final = 1_000
EVERYTHING: Final = Criteria()
LATEST_FIRST: Final = Order()
Key = datetime | str | int


@dataclass(frozen=True, slots=True)
class Line:
    """One share as the list shows it; where the result is not released, nothing of its outcome."""

    share_id: uuid.UUID
    given_names: str
    family_name: str
    exam: str
    exam_date: date
    shared_at: datetime
    applicant_reference: str
    status: str
    shows_result: bool
    label: str
    score: str
    cefr: str
    is_new: bool
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Position:
    """A place in an ordered list: just after this share, or just before it."""

    key: Key
    share_id: uuid.UUID
    before: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a list, and where it goes on in either direction."""

    lines: list[Line]
    previous: Position | None
    next: Position | None


@dataclass(frozen=True)
class Listing:
    """What was shared with an organisation and is in force, as one of its users narrowed and ordered it.

    Pages go by key and not by number: however many shares arrive meanwhile, going on shows each of the others once.
    """

    organisation: Organisation
    user: User
    now: datetime
    criteria: Criteria = EVERYTHING
    order: Order = LATEST_FIRST

    @property
    def reader(self) -> Reader:
        return Reader(self.user, self.organisation)

    @cached_property
    def shares(self) -> ShareQuerySet:
        """All of them, in no order."""
        return narrow(
            self._in_force.order_by(),
            self.criteria,
            reader=self.reader,
            today=timezone.localdate(self.now),
        )

    def total(self) -> int:
        """How many there are; beyond MOST_COUNTED nobody counts on."""
        return self.shares[: MOST_COUNTED + 1].count()

    def page(self, at: Position | None = None) -> Page:
        """The page at a position, or the first.  Whoever goes back to the beginning sees it as it is now."""
        rows = self._rows(at, PAGE_SIZE + 1)
        full = len(rows) > PAGE_SIZE
        if at and at.before and not full:
            return self.page()
        rows = rows[:PAGE_SIZE]
        if at and at.before:
            rows.reverse()
        more_before, more_after = (full, True) if at and at.before else (at is not None, full)
        return Page(
            lines=[_line(row) for row in rows],
            previous=_position(rows[0], before=True) if rows and more_before else None,
            next=_position(rows[-1]) if rows and more_after else None,
        )

    def neighbours(self, share_id: uuid.UUID) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        """The shares before and after this one in the list, whether or not it stands there itself."""
        here = self._in_force.annotate(key=self._key).filter(pk=share_id).values_list("key", flat=True).first()
        if here is None:
            return None, None
        sides = (self._beside(Position(here, share_id, before=before)) for before in (True, False))
        before, after = (side[:1].values_list("pk", flat=True).first() for side in sides)
        return before, after

    @cached_property
    def _key(self) -> Combinable:
        """What the list is ordered by.

        What there is little of is not to be found by going through the list from its beginning, which the database
        would do to have a page full soon: the order is hidden from it, so that it looks for them first.
        """
        key = self.order.key
        return key + Value(timedelta(0)) if self.criteria.of_few and key == F("shared_at") else key

    @property
    def _in_force(self) -> ShareQuerySet:
        return self.organisation.shares.in_force(self.now)

    def _rows(self, at: Position | None, limit: int) -> list[Share]:
        return list(_told(self._beside(at), self.reader)[:limit])

    def _beside(self, at: Position | None) -> ShareQuerySet:
        """The list from a position on, the nearest first."""
        shares = self.shares.annotate(key=self._key)
        falling = self.order.descending
        if at is None:
            return shares.order_by(*_ordering(falling=falling))
        falling ^= at.before
        # Not a plain OR, which would make the database read the list from its beginning.
        if falling:
            shares = shares.filter(Q(key__lt=at.key) | Q(pk__gt=at.share_id), key__lte=at.key)
        else:
            shares = shares.filter(Q(key__gt=at.key) | Q(pk__lt=at.share_id), key__gte=at.key)
        return shares.order_by(*_ordering(falling=falling))


def others_of_candidate(*, organisation: Organisation, share_id: uuid.UUID, user: User, now: datetime) -> list[Line]:
    """What else the same person shared with the organisation: results in the same account."""
    listing = Listing(organisation, user, now)
    shares = listing.shares.filter(result__claim__candidate__claims__result__shares=share_id).exclude(pk=share_id)
    return [_line(row) for row in _told(shares, listing.reader).order_by("-shared_at", "pk")[:PAGE_SIZE]]


def _told(shares: ShareQuerySet, reader: Reader) -> ShareQuerySet:
    """With what a line says."""
    unread = Case(When(reader.unread(), then=Value(value=True)), default=False, output_field=BooleanField())
    return shares.select_related("result__current").annotate(is_new=unread, is_changed=CHANGED)


def _ordering(*, falling: bool) -> tuple[str, str]:
    return ("-key", "pk") if falling else ("key", "-pk")


def _position(row: Share, *, before: bool = False) -> Position:
    return Position(row.key, row.pk, before=before)  # type: ignore[attr-defined]  # an annotation


def _line(row: Share) -> Line:
    version = row.result.current
    view = describe(version)
    return Line(
        share_id=row.pk,
        given_names=version.given_names,
        family_name=version.family_name,
        exam=view.display_name,
        exam_date=view.exam_date,
        shared_at=row.shared_at,
        applicant_reference=row.applicant_reference,
        status=view.status,
        shows_result=view.shows_result,
        label=view.label_text if view.shows_result else "",
        score=view.score_text,
        cefr=view.cefr,
        is_new=row.is_new,  # type: ignore[attr-defined]  # an annotation
        is_changed=row.is_changed,  # type: ignore[attr-defined]
    )
