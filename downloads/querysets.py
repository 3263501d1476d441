"""Reads of downloads' rows, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from organisations.models import Membership, Role

if TYPE_CHECKING:
    from accounts.models import User
    from downloads.models import BatchCheck, Download, Item, Part, Template  # noqa: F401  (type parameters)


class TemplateQuerySet(models.QuerySet["Template"]):
    def usable_by(self, user: "User") -> "TemplateQuerySet":
        """One's own, and those that colleagues shared."""
        return self.filter(Q(owner=user) | Q(shared=True))


class DownloadQuerySet(models.QuerySet["Download"]):
    def open(self) -> "DownloadQuerySet":
        """What waits for a worker or is being made."""
        return self.filter(state__in=["queued", "running"])

    def visible_to(self, membership: "Membership") -> "DownloadQuerySet":
        """The Primary User sees the organisation's; an Admin User their own, and those that are for colleagues too."""
        if membership.role == Role.PRIMARY:
            return self.all()
        return self.filter(Q(asked_by=membership.user_id) | Q(for_colleagues=True))

    def ready_before(self, moment: datetime) -> "DownloadQuerySet":
        return self.filter(state="ready", ended_at__lt=moment)


class PartQuerySet(models.QuerySet["Part"]):
    def under_lease(self, part: "Part") -> "PartQuerySet":
        """The part itself, as long as it is still ours and its download still wanted."""
        return self.filter(pk=part.pk, lease=part.lease, download__state="running")


class ItemQuerySet(models.QuerySet["Item"]):
    def in_file(self) -> "ItemQuerySet":
        return self.exclude(version=None)

    def without_right(self, now: datetime) -> "ItemQuerySet":
        """Those to whose results the organisation has no right any more."""
        share_over = Q(share__ended_at__isnull=False) | Q(share__expires_at__lte=now)
        return self.filter(share_over | Q(verification__right_until__lte=now))


class BatchCheckQuerySet(models.QuerySet["BatchCheck"]):
    def to_do(self, now: datetime) -> "BatchCheckQuerySet":
        """What waits for a worker, was left by one that died, or whose pause is over."""
        return self.filter(
            Q(state="queued") | Q(state="running", lease_until__lt=now) | Q(state="paused", paused_until__lte=now)
        )
