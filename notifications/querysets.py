"""Reads of notifications' rows, in the product's words."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from organisations.models import OrganisationState
from sharing.models import Change

if TYPE_CHECKING:
    from notifications.models import (
        Subscription,  # noqa: F401  (the querysets' type parameters)
        Webhook,  # noqa: F401
        WebhookMessage,  # noqa: F401
    )

LONGEST_WAIT: Final = timedelta(hours=12)
"""No message, rest or lease of a webhook waits longer (webhooks/settling.py): what does, a wrong clock put off."""


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


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def hearing(self) -> "WebhookQuerySet":
        """Those that are told of what happens; a suspended organisation hears when it comes back."""
        return self.filter(switched_off_at=None, organisation__state=OrganisationState.ACTIVE)

    def behind(self, reached: int) -> "WebhookQuerySet":
        """Those for which something stands in the ledger, up to the position `reached`, that has no message yet."""
        news = Change.objects.filter(
            organisation=OuterRef("organisation"), position__gt=OuterRef("position"), position__lte=reached
        )
        return self.hearing().filter(Exists(news)).order_by("pk")

    def due(self, now: datetime, waiting: "WebhookMessageQuerySet") -> "WebhookQuerySet":
        """Those to which something of `waiting` is to be sent now, whoever was served longest ago first.

        One that failed is tried as soon as its rest is over, also with a message that would wait longer; a test is sent
        even while it rests or is switched off.
        """
        awake = Q(switched_off_at=None) & ~Q(rests_until__gt=now, rests_until__lte=now + LONGEST_WAIT)
        own = waiting.filter(webhook=OuterRef("pk"))
        something = Exists(own.due(now)) | (Q(failures__gt=0) & Exists(own))
        return self.filter(
            ~Q(leased_until__gt=now, leased_until__lte=now + LONGEST_WAIT),
            (awake & something) | Exists(own.due(now).filter(change=None)),
            organisation__state=OrganisationState.ACTIVE,
        ).order_by(F("served_at").asc(nulls_first=True), "pk")


class WebhookMessageQuerySet(models.QuerySet["WebhookMessage"]):
    def waiting(self) -> "WebhookMessageQuerySet":
        return self.filter(state="waiting")

    def due(self, now: datetime) -> "WebhookMessageQuerySet":
        """To be sent now, what waited longest first."""
        wrong_clock = Q(due_at__gt=now + LONGEST_WAIT)
        return self.waiting().filter(Q(due_at__lte=now) | wrong_clock).order_by("due_at", "created_at", "pk")
