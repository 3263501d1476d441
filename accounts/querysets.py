"""Reads of accounts' rows, in the product's words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from accounts.models import Mail, RecordLook, RefusedAddress  # noqa: F401  (the querysets' type parameters)

LONGEST_WAIT: Final = timedelta(hours=8)
"""No mail waits longer for its next attempt: one that is due later was put there by a clock that went wrong."""


class MailQuerySet(models.QuerySet["Mail"]):
    def due(self, now: datetime) -> "MailQuerySet":
        """Mail to send now: account mails before notices, and the oldest first."""
        wrong_clock = Q(due_at__gt=now + LONGEST_WAIT)
        return self.filter(Q(attempts=0) | Q(due_at__lte=now) | wrong_clock, state="queued").order_by("kind", "due_at")

    def notices_kept_for(self, email: str) -> "MailQuerySet":
        """Notices that this address could not be given, and whose texts are there still."""
        owned = self.filter(user__email=email.lower(), recipient__iexact=email, kind="notice")
        return owned.filter(state__in=["held", "failed"]).exclude(text="")


class RecordLookQuerySet(models.QuerySet["RecordLook"]):
    def open_for(self, actor: str, now: datetime) -> "RecordLookQuerySet":
        """Records that this person may look at now, because they said why."""
        return self.filter(actor=actor, until__gt=now)

    def at(self, target: str) -> "RecordLookQuerySet":
        """Everybody's looks at one record, the latest first."""
        return self.filter(target=target)


class RefusedAddressQuerySet(models.QuerySet["RefusedAddress"]):
    def suspended(self) -> "RefusedAddressQuerySet":
        return self.filter(suspended_at__isnull=False)

    def of(self, emails: Iterable[str]) -> "RefusedAddressQuerySet":
        return self.filter(email__in=[email.lower() for email in emails])
