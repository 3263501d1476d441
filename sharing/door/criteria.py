"""What a list of shares is narrowed to, and ordered by.  It looks into results, so it stands behind the door.

Nothing here tells what a result does not show: scores, levels and labels count only where the result is released.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Final, Self

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Concat, Trim, Upper

from accounts.models import User
from organisations.models import Organisation
from organisations.requirements import Meets, condition
from results import catalogue
from results.models import Claim, NameWords, Status
from results.names import FoldedName, words_query
from results.numbers import normalise
from sharing.models import OrganisationNotice, ReadMark, Seen
from sharing.querysets import ShareQuerySet

VERSION: Final = "result__current__"
BEFORE_ALL: Final = datetime(1, 1, 1, tzinfo=UTC)
CHANGED: Final = Exists(OrganisationNotice.objects.since("version_shared"))
RELEASED: Final = Q(**{f"{VERSION}status": Status.RELEASED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What somebody looks for; what is empty narrows nothing."""

    name: str = ""
    date_of_birth: date | None = None
    candidate_id: str = ""
    number: str = ""
    email: str = ""
    applicant_reference: str = ""
    exam: str = ""
    place: str = ""
    centre: str = ""
    cefr: str = ""
    score_from: int | None = None
    score_to: int | None = None
    status: str = ""
    meets: str = ""
    shared_from: datetime | None = None
    shared_before: datetime | None = None
    new_only: bool = False
    changed_only: bool = False
    """Changed, and nobody of the organisation has acknowledged it."""

    @property
    def of_few(self) -> bool:
        """Whether one person is looked for, or what waits to be acknowledged: there is little of either."""
        personal = (self.name, self.candidate_id, self.number, self.email, self.applicant_reference, self.date_of_birth)
        return any(personal) or self.changed_only


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom shares are new: those that this user has not opened, shared after the mark up to which all are read."""

    user: User
    organisation: Organisation

    def unread(self) -> Q:
        unseen = ~Exists(Seen.objects.filter(share=OuterRef("pk"), user=self.user))
        mark = ReadMark.objects.filter(user=self.user, organisation=self.organisation).values("shared_until")
        return Q(unseen, shared_at__gt=Coalesce(Subquery(mark), Value(BEFORE_ALL)))


def narrow(shares: ShareQuerySet, criteria: Criteria, *, reader: Reader, today: date) -> ShareQuerySet:
    """The shares that fit every criterion."""
    narrowed = shares.filter(_of_the_share(criteria), _of_the_exam(criteria), _of_the_outcome(criteria))
    if criteria.name:
        query = words_query(criteria.name)
        if query is None:
            return shares.none()
        words = NameWords(f"{VERSION}given_names", f"{VERSION}family_name")
        narrowed = narrowed.alias(words=words).filter(words=query)
    if criteria.applicant_reference:
        narrowed = narrowed.alias(reference=Upper("applicant_reference")).filter(
            reference=criteria.applicant_reference.upper()
        )
    if criteria.meets:
        meets = Meets(criteria.meets)
        narrowed = narrowed.filter(
            condition(organisation=reader.organisation, meets=meets, today=today, prefix=VERSION)
        )
    if criteria.changed_only:
        open_notices = reader.organisation.notices.open()
        narrowed = narrowed.filter(CHANGED, result__in=open_notices.values("result"))
    return narrowed.filter(reader.unread()) if criteria.new_only else narrowed


def _of_the_share(criteria: Criteria) -> Q:
    """Its dates, and the numbers and addresses that lead to one candidate."""
    fits = Q()
    if criteria.shared_from:
        fits &= Q(shared_at__gte=criteria.shared_from)
    if criteria.shared_before:
        fits &= Q(shared_at__lt=criteria.shared_before)
    if criteria.number:
        number = normalise(criteria.number)
        fits &= Q(result__reference_number=number) | Q(result__verification_number=number)
    if criteria.candidate_id:
        fits &= Q(result__candidate_id=normalise(criteria.candidate_id)) & ~Q(result__candidate_id="")
    if criteria.date_of_birth:
        fits &= Q(**{f"{VERSION}date_of_birth": criteria.date_of_birth})
    if criteria.email:
        fits &= _with_email(criteria.email.lower())
    return fits


def _with_email(email: str) -> Q:
    """Of the candidate's account; where no account has this address, of the results file."""
    owned = list(Claim.objects.filter(candidate__user__email=email).values_list("result_id", flat=True))
    return Q(result_id__in=owned) if owned else Q(**{f"{VERSION}email__iexact": email})


def _of_the_exam(criteria: Criteria) -> Q:
    fits = Q()
    if criteria.exam:
        fits &= Q(**{f"{VERSION}exam": criteria.exam})
    if criteria.place:
        fits &= Q(**{f"{VERSION}place_of_entry__icontains": criteria.place})
    if criteria.centre:
        named = Q(**{f"{VERSION}centre_name__icontains": criteria.centre})
        fits &= named | Q(**{f"{VERSION}centre_number__istartswith": criteria.centre})
    if criteria.status:
        fits &= Q(**{f"{VERSION}status": criteria.status})
    return fits


def _of_the_outcome(criteria: Criteria) -> Q:
    """A score or level that is not shown must not be found out by narrowing a list either."""
    fits = Q()
    if criteria.cefr:
        fits &= RELEASED & Q(**{f"{VERSION}cefr": criteria.cefr})
    if criteria.score_from is not None:
        fits &= RELEASED & Q(**{f"{VERSION}score__gte": criteria.score_from})
    if criteria.score_to is not None:
        fits &= RELEASED & Q(**{f"{VERSION}score__lte": criteria.score_to})
    return fits


class Column(StrEnum):
    """What a list can be ordered by."""

    GIVEN_NAMES = "given"
    FAMILY_NAME = "family"
    EXAM = "exam"
    SHARED = "shared"
    SCORE = "score"
    CEFR = "cefr"
    APPLICANT_REFERENCE = "reference"
    STATUS = "status"


BEYOND: Final = 999
"""Larger than every number that shares are ordered by."""


@dataclass(frozen=True)
class Order:
    """By one column, and where that is equal by the share's id.  Shares without a value come last either way."""

    column: Column = Column.SHARED
    descending: bool = True

    @classmethod
    def read(cls, text: str) -> Self:
        """From `family` or `-family`; the latest first for what is neither."""
        name = text.removeprefix("-")
        return cls(Column(name), text.startswith("-")) if name in set(Column) else cls()

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else str(self.column)

    def sort(self, shares: ShareQuerySet) -> ShareQuerySet:
        """These shares as the list shows them."""
        return shares.annotate(key=self.key).order_by(*(("-key", "pk") if self.descending else ("key", "-pk")))

    @cached_property
    def key(self) -> Combinable:
        """Never null, so that one comparison finds the page after a share."""
        given, family = F(f"{VERSION}given_names"), F(f"{VERSION}family_name")
        match self.column:
            case Column.GIVEN_NAMES:
                return Trim(FoldedName(Concat(given, Value(" "), family)))
            case Column.FAMILY_NAME:
                return Trim(FoldedName(Concat(family, Value(" "), given)))
            case Column.EXAM:
                return _place(f"{VERSION}exam", list(catalogue.EXAMS))
            case Column.SCORE:
                score = Case(When(RELEASED, then=F(f"{VERSION}score")), output_field=IntegerField())
                return Coalesce(score, self._last)
            case Column.CEFR:
                level = _place(f"{VERSION}cefr", list(catalogue.CEFR_LEVELS))
                return Coalesce(Case(When(RELEASED, then=level), output_field=IntegerField()), self._last)
            case Column.APPLICANT_REFERENCE:
                reference = Upper("applicant_reference")
                given_first = Case(
                    When(applicant_reference="", then=Value("1")),
                    default=Concat(Value("0"), reference),
                    output_field=TextField(),
                )
                return reference if self.descending else given_first
            case Column.STATUS:
                return _place(f"{VERSION}status", Status.values)
            case Column.SHARED:
                return F("shared_at")

    @property
    def _last(self) -> Value:
        return Value(-1 if self.descending else BEYOND)


def _place(field: str, values: list[str]) -> Case:
    """Where a field's value stands in a list; null where it does not."""
    whens = [When(**{field: value}, then=Value(number)) for number, value in enumerate(values)]
    return Case(*whens, output_field=IntegerField())
