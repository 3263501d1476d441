"""Reads of staff's work, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from results.staff.models import ImportJob  # noqa: F401  (the queryset's type parameter)

_AT_WORK = ("checking", "loading")


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def at_work(self, now: datetime) -> "ImportJobQuerySet":
        """Files that a worker is checking or loading at this moment."""
        return self.filter(state__in=_AT_WORK, lease_until__gt=now)

    def to_do(self, now: datetime) -> "ImportJobQuerySet":
        """Files that the worker should take up, oldest first: new ones, and those whose worker fell silent."""
        silent = Q(state__in=_AT_WORK, lease_until__lte=now)
        return self.filter(silent | Q(state__in=["uploaded", "confirmed"])).order_by("uploaded_at")

    def waiting_for_staff(self) -> "ImportJobQuerySet":
        """Files that go on only when a person says so."""
        return self.filter(state__in=["ready", "failed"])

    def ended_before(self, moment: datetime) -> "ImportJobQuerySet":
        return self.filter(ended_at__lt=moment)

    def with_leftovers(self) -> "ImportJobQuerySet":
        """Files that have ended although their upload is still stored."""
        return self.exclude(ended_at=None).exclude(file="")

    def with_preview(self) -> "ImportJobQuerySet":
        """Files of which rows are still kept: samples, problems or rejects."""
        return self.exclude(rejects="", samples={})
