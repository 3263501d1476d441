"""Reads of sharing's rows, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from organisations.models import Organisation
    from results.models import Result
    from sharing.models import Access, Change, Check, Pause, Share, Verification  # noqa: F401  (type parameters)


class VerificationQuerySet(models.QuerySet["Verification"]):
    def in_force(self, now: datetime) -> "VerificationQuerySet":
        """Verifications that still give their organisation the right to the result."""
        return self.filter(right_until__gt=now)

    def recent(self, now: datetime, limit: int = 20) -> "VerificationQuerySet":
        """The latest ones in force, with what a list shows of them."""
        return self.in_force(now).select_related("result__current").order_by("-last_made_at")[:limit]


class ShareQuerySet(models.QuerySet["Share"]):
    def in_force(self, now: datetime) -> "ShareQuerySet":
        """Shares that give their organisation the right to the result."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), ended_at=None)


class ChangeQuerySet(models.QuerySet["Change"]):
    def after(self, position: int) -> "ChangeQuerySet":
        """What readers who have read up to `position` have not read yet, in order."""
        return self.filter(position__gt=position).order_by("position")


class AccessQuerySet(models.QuerySet["Access"]):
    def of_result(self, result: "Result") -> "AccessQuerySet":
        """Who took this result in, the latest first."""
        of_it = Q(verification__result=result) | Q(share__result=result)
        accesses = self.filter(of_it).select_related("verification__organisation", "share__organisation", "version")
        return accesses.order_by("-last_at")


class CheckQuerySet(models.QuerySet["Check"]):
    def misses_since(self, moment: datetime) -> "CheckQuerySet":
        return self.filter(outcome="miss", at__gt=moment)


class PauseQuerySet(models.QuerySet["Pause"]):
    def running(self, now: datetime) -> "PauseQuerySet":
        return self.filter(lifted_at=None, until__gt=now)

    def touching(self, *, organisation: "Organisation", actor: str, number_digest: bytes) -> "PauseQuerySet":
        """Pauses that may end this check: by the user, the organisation or the number."""
        return self.filter(
            Q(scope="user", actor=actor)
            | Q(scope="organisation", organisation=organisation)
            | Q(scope="number", organisation=organisation, number_digest=number_digest)
            | Q(scope="everywhere", number_digest=number_digest)
        )
