"""Reads of downloads' rows, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery

from organisations.permissions import Permission, may
from sharing.models import Pause

if TYPE_CHECKING:
    from accounts.models import User
    from downloads.models import (  # noqa: F401  (type parameters)
        BatchCheck,
        BatchRow,
        Download,
        Item,
        Part,
        Template,
    )
    from organisations.models import Membership


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
        if may(membership, Permission.VIEW_ALL_ACTIVITY):
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
    def visible_to(self, membership: "Membership") -> "BatchCheckQuerySet":
        """The Primary User sees all of the organisation's, others their own."""
        if may(membership, Permission.VIEW_ALL_ACTIVITY):
            return self
        return self.filter(asked_by=membership.user)

    def to_do(self, now: datetime) -> "BatchCheckQuerySet":
        """What waits for a worker, was left by one that died, or whose pause is over or was lifted.

        In turn between organisations: first whoever waited longest, and of each organisation the oldest list.  An
        organisation of which a list is being checked has its turn already.
        """
        paused = Pause.objects.running(now).of_everything().filter(organisation=OuterRef("organisation"))
        siblings = self.model.objects.filter(organisation=OuterRef("organisation"))
        running = siblings.filter(state="running", lease_until__gte=now).exclude(pk=OuterRef("pk"))
        latest = siblings.order_by("organisation").values("organisation").annotate(at=Max("turn_at")).values("at")
        return (
            self.filter(
                Q(state="queued")
                | Q(state="running", lease_until__lt=now)
                | Q(Q(paused_until__lte=now) | ~Exists(paused), state="paused")
            )
            .exclude(Exists(running))
            .annotate(organisations_turn=Subquery(latest))
            .order_by(F("organisations_turn").asc(nulls_first=True), "asked_at")
        )

    def unfinished(self) -> "BatchCheckQuerySet":
        return self.filter(ended_at=None)

    def never_started(self, before: datetime) -> "BatchCheckQuerySet":
        return self.filter(state="mapping", asked_at__lt=before)

    def to_erase(self, before: datetime) -> "BatchCheckQuerySet":
        """What ended before this moment, and still has its rows."""
        return self.filter(ended_at__lt=before, erased_at=None)


class BatchRowQuerySet(models.QuerySet["BatchRow"]):
    def asking_the_same(self, row: "BatchRow") -> "BatchRowQuerySet":
        """Rows of the same list that wait for the answer to the same question, this one among them."""
        return self.filter(outcome="waiting", read_number=row.read_number, read_date=row.read_date)

    def counted(self) -> dict[str, int]:
        """How many rows came to what."""
        return dict(self.order_by().values_list("outcome").annotate(count=Count("id")))
