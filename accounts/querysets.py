"""Reads of accounts' rows, in the product's words."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import Mail, RecordLook  # noqa: F401  (the querysets' type parameters)


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self, now: datetime) -> "MailQuerySet":
        """Mail to send now, oldest first."""
        return self.filter(state="queued", due_at__lte=now).order_by("due_at")


class RecordLookQuerySet(models.QuerySet["RecordLook"]):
    def open_for(self, actor: str, now: datetime) -> "RecordLookQuerySet":
        """Records that this person may look at now, because they said why."""
        return self.filter(actor=actor, until__gt=now)

    def at(self, target: str) -> "RecordLookQuerySet":
        """Everybody's looks at one record, the latest first."""
        return self.filter(target=target)
