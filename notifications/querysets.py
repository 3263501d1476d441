"""Reads of notifications' rows, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from organisations.models import OrganisationState

if TYPE_CHECKING:
    from notifications.models import Subscription  # noqa: F401  (the queryset's type parameter)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def due(self, now: datetime) -> "SubscriptionQuerySet":
        """Whose window is over, of people who may be told something today; the rest of them waits."""
        invited = Q(membership__invited_at__isnull=False, membership__accepted_at=None)
        return self.filter(
            ~invited,
            frequency__in=["as_it_happens", "daily", "weekly"],
            due_at__lte=now,
            membership__is_active=True,
            membership__user__is_active=True,
            membership__organisation__state=OrganisationState.ACTIVE,
        ).order_by("due_at", "pk")
