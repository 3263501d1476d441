"""Reads of accounts' rows, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Mail  # noqa: F401  (the queryset's type parameter)


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self, now: datetime) -> "MailQuerySet":
        """Mail to send now, oldest first."""
        return self.filter(state="queued", due_at__lte=now).order_by("due_at")
