"""What a candidate offers to an organisation: which results, with or without the photo, until when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from django.db import transaction

from accounts.models import User
from accounts.months import months_later
from organisations.models import Organisation
from organisations.requirements import Meets, assess
from results import claims, own
from results.own import Own
from results.presentation import ResultView
from sharing import shares
from sharing.models import Share

OF_AGE: Final = 18
MONTHS: Final = 12
MONTHS_UNDER_AGE: Final = 6
OPEN_END: Final = "open"
"""Instead of a number of months: until the candidate withdraws."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One result as a candidate may share it with one organisation."""

    own: Own
    meets: Meets | None = None
    """What the organisation's own rule says of it, where it has one."""

    @property
    def title(self) -> str:
        view = self.own.view
        return f"{view.display_name}, {view.session}" if view.session else view.display_name


@dataclass(frozen=True, slots=True)
class Choice:
    """What the candidate decided, ready to be looked at and shared."""

    offered: tuple[Offered, ...]
    with_photo: bool
    expires_at: datetime | None
    applicant_reference: str

    @property
    def views(self) -> list[tuple[Own, ResultView]]:
        """Each result as the organisation will see it."""
        return [
            (each.own, replace(each.own.view, has_photo=each.own.view.has_photo and self.with_photo))
            for each in self.offered
        ]


def shareable(user: User) -> list[Offered]:
    """The person's results that there is something to share of: those that are released."""
    return [Offered(each) for each in own.results_of(user) if each.view.shows_result]


def offered_to(organisation: Organisation, user: User, *, today: date, now: datetime) -> list[Offered]:
    """What the person can share with this organisation and does not yet, with what its own rule says of each."""
    shared = set(organisation.shares.in_force(now).of_owner(user).values_list("result_id", flat=True))
    return [
        Offered(each.own, _meets(organisation, each.own, today))
        for each in shareable(user)
        if each.own.claim.result_id not in shared
    ]


def _meets(organisation: Organisation, result: Own, today: date) -> Meets | None:
    if not organisation.accepted_exams.exists():
        return None
    view = result.view
    return assess(
        organisation=organisation,
        exam=view.exam,
        score=view.score,
        label=view.label,
        status=view.status,
        exam_date=view.exam_date,
        today=today,
    )


def is_under_age(offered: Iterable[Offered], today: date) -> bool:
    """Whether whoever these results belong to is not 18 yet."""
    return any(claims.age_on(today, each.own.date_of_birth) < OF_AGE for each in offered)


def usual_months(*, under_age: bool) -> int:
    return MONTHS_UNDER_AGE if under_age else MONTHS


def end_after(months: str, now: datetime) -> datetime | None:
    """The moment so many months from now; None for an open end."""
    return None if months == OPEN_END else months_later(now, int(months))


@transaction.atomic
def share(*, choice: Choice, organisation: Organisation, by: User, now: datetime) -> list[Share]:
    """Share everything that was chosen, or nothing.

    Raises:
        ShareError: see `shares.share`.
    """
    return [
        shares.share(
            claim=each.own.claim,
            organisation=organisation,
            by=by,
            applicant_reference=choice.applicant_reference,
            with_photo=choice.with_photo,
            expires_at=choice.expires_at,
            now=now,
        )
        for each in choice.offered
    ]


def chosen(offered: Sequence[Offered], keys: Iterable[str]) -> list[Offered]:
    """Those of the offered results whose claims' ids are among `keys`."""
    wanted = set(keys)
    return [each for each in offered if str(each.own.claim_id) in wanted]
