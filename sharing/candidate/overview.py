"""What became of a candidate's shares: whether they were read, saved, sent on; and who looked at all."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Max, Min, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from organisations.models import Organisation
from results import own
from results.models import Candidate
from results.own import Own
from sharing.models import Access, Channel, Ending, Share

SAVED: Final = (Channel.STATEMENT, Channel.EXPORT)


@dataclass(frozen=True, slots=True)
class Line:
    """One share, as its candidate sees it."""

    share: Share
    own: Own
    state: str
    opened_at: datetime | None
    saved_at: datetime | None
    sent_at: datetime | None

    @property
    def is_active(self) -> bool:
        return self.state == "share-active"


@dataclass(frozen=True, slots=True)
class Look:
    """An organisation looked at a result, once or several times on a day."""

    organisation_name: str
    organisation_type: str
    how: str | Promise
    by_share: bool
    own: Own
    day: date
    times: int
    latest_at: datetime


def lines(user: User, now: datetime) -> list[Line]:
    """Every share of the person's results, the active ones first, then the latest."""
    found = Share.objects.of_owner(user).select_related("organisation").order_by("-shared_at", "id")
    return sorted(_lines(found, user, now), key=lambda line: not line.is_active)


def line(user: User, share_id: uuid.UUID, now: datetime) -> Line | None:
    """One of them; None if it is not of the person's results."""
    found = Share.objects.of_owner(user).select_related("organisation").filter(pk=share_id)
    return next(iter(_lines(found, user, now)), None)


def _lines(shares: QuerySet[Share], user: User, now: datetime) -> list[Line]:
    results = {each.claim.result_id: each for each in own.results_of(user)}
    found = list(shares)
    taken = _taken(found)
    return [
        Line(
            share=share,
            own=results[share.result_id],
            state=_state(share, now),
            opened_at=taken.get((share.pk, Channel.PAGE)),
            saved_at=_latest(taken.get((share.pk, channel)) for channel in SAVED),
            sent_at=taken.get((share.pk, Channel.API)),
        )
        for share in found
        if share.result_id in results
    ]


def _taken(shares: Iterable[Share]) -> dict[tuple[uuid.UUID, str], datetime]:
    """When a share was first opened as a page, and last taken in every other way."""
    rows = Access.objects.filter(share__in=shares).values("share_id", "channel").order_by()
    found = rows.annotate(first=Min("first_at"), last=Max("last_at"))
    return {
        (row["share_id"], row["channel"]): row["first" if row["channel"] == Channel.PAGE else "last"] for row in found
    }


def _state(share: Share, now: datetime) -> str:
    if share.is_in_force(now):
        return "share-active"
    return "share-withdrawn" if share.ending == Ending.WITHDRAWN else "share-expired"


def _latest(moments: Iterable[datetime | None]) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


HOW: Final[dict[str, str | Promise]] = {
    Channel.SEARCH: _("Checked by its number"),
    Channel.PAGE: _("Opened the page"),
    Channel.STATEMENT: _("Saved the Statement of Results"),
    Channel.PHOTO: _("Looked at the photo"),
    Channel.EXPORT: _("Saved in a data file"),
    Channel.API: _("Fetched by a program of theirs"),
}


def looks(user: User) -> "QuerySet[Access, Any]":
    """Rows of who looked at the person's results, the latest first; `described` makes them readable."""
    candidate = Candidate.objects.filter(pk=user.pk).first()
    return Access.objects.of_candidate(candidate) if candidate else Access.objects.none().values()


def described(rows: Iterable[dict[str, Any]], user: User) -> list[Look]:
    """The rows of one page as their candidate reads them: the organisation, never its people."""
    rows = list(rows)
    results = {each.claim.result_id: each for each in own.results_of(user)}
    organisations = Organisation.objects.in_bulk({row["organisation_id"] for row in rows})
    return [
        Look(
            organisation_name=row["organisation_name"],
            organisation_type=organisations[row["organisation_id"]].get_type_display(),
            how=HOW[row["channel"]],
            by_share=row["by_share"],
            own=results[row["result_id"]],
            day=row["day"],
            times=row["times"],
            latest_at=row["latest_at"],
        )
        for row in rows
        if row["result_id"] in results
    ]
