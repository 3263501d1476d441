"""Reads of organisations' rows, in the product's words."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower

if TYPE_CHECKING:
    from organisations.models import Membership  # noqa: F401  (the queryset's type parameter)

PENDING = Q(invited_at__isnull=False, accepted_at=None)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def pending(self) -> "MembershipQuerySet":
        """Invited, and not accepted yet."""
        return self.filter(PENDING)

    def in_force(self) -> "MembershipQuerySet":
        """Gives its person rights today."""
        return self.filter(is_active=True).exclude(PENDING)

    def in_order(self) -> "MembershipQuerySet":
        """As the list of users shows them, with their people: the Primary User, then by family name."""
        name = Case(When(PENDING, then=F("family_name")), default=F("user__family_name"))
        return self.select_related("user").order_by(
            Case(When(role="primary", then=Value(0)), default=Value(1)), Lower(name), "pk"
        )
