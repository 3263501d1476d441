"""Reads of downloads' rows, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import User
    from downloads.models import BatchCheck, Download, Template  # noqa: F401  (type parameters)


class TemplateQuerySet(models.QuerySet["Template"]):
    def usable_by(self, user: "User") -> "TemplateQuerySet":
        """One's own, and those that colleagues shared."""
        return self.filter(Q(owner=user) | Q(shared=True))


class DownloadQuerySet(models.QuerySet["Download"]):
    def to_do(self, now: datetime) -> "DownloadQuerySet":
        """What waits for a worker, or was left by one that died."""
        return self.filter(Q(state="queued") | Q(state="running", lease_until__lt=now))


class BatchCheckQuerySet(models.QuerySet["BatchCheck"]):
    def to_do(self, now: datetime) -> "BatchCheckQuerySet":
        """What waits for a worker, was left by one that died, or whose pause is over."""
        return self.filter(
            Q(state="queued") | Q(state="running", lease_until__lt=now) | Q(state="paused", paused_until__lte=now)
        )
