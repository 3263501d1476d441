"""Reads of results, in the product's words."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import User
    from results.models import Claim, Result  # noqa: F401  (the querysets' type parameters)


class ResultQuerySet(models.QuerySet["Result"]):
    """Results, with the version in force at hand where a reader needs it."""

    def with_number(self, number: str) -> "ResultQuerySet":
        """The result whose reference or verification number this is (normalised by `numbers.normalise`)."""
        return self.filter(Q(reference_number=number) | Q(verification_number=number)).select_related("current")

    def of_candidate_id(self, candidate_id: str) -> "ResultQuerySet":
        """The results of a candidate ID number (normalised), with the version in force and whose account has them."""
        return self.filter(candidate_id=candidate_id).exclude(candidate_id="").select_related("current", "claim")

    def held(self) -> "ResultQuerySet":
        """Results that staff hold at present, the latest first."""
        return self.filter(current__held=True).select_related("current").order_by("-current__created_at")


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Whose results are whose."""

    def of(self, user: "User") -> "ClaimQuerySet":
        """What belongs to this person's account; nothing for somebody who is no candidate."""
        return self.filter(candidate=user.pk)

    def with_results(self) -> "ClaimQuerySet":
        """With what a list shows of them, the latest exam first."""
        return self.select_related("result__current").order_by("-result__current__exam_date", "result_id")
