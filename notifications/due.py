"""Whose window is over."""

import uuid
from datetime import datetime
from typing import Final, NamedTuple

from notifications.models import Subscription

_NAMESPACE: Final = uuid.UUID("b8a1f3c2-6a0e-4d0b-9b39-3f2f6f1f7f10")


class Due(NamedTuple):
    """A subscription whose window is over, with all that its digest needs; plain values, for there are many."""

    key: int
    stream: str
    position: int
    window: datetime
    membership: uuid.UUID
    user: uuid.UUID
    email: str
    organisation: uuid.UUID
    organisation_name: str
    exams: list[str]
    meets_only: bool

    @property
    def digest_id(self) -> uuid.UUID:
        """Of the digest of this window, and of its mail."""
        return uuid.uuid5(_NAMESPACE, f"{self.user} {self.stream} {self.window.isoformat()}")


_DUE_VALUES: Final = (
    "pk",
    "stream",
    "position",
    "due_at",
    "membership_id",
    "membership__user_id",
    "membership__user__email",
    "membership__organisation_id",
    "membership__organisation__name",
    "membership__notification_preference__exams",
    "membership__notification_preference__meets_only",
)


def lock_due(now: datetime, *, most: int) -> list[Due]:
    """Some of those whose windows are over; another worker leaves them out until this transaction ends."""
    due = Subscription.objects.due(now).only("pk").select_for_update(of=("self",), skip_locked=True)
    keys = [each.pk for each in due[:most]]
    rows = Subscription.objects.filter(pk__in=keys).order_by("due_at", "pk").values_list(*_DUE_VALUES)
    return [Due(*row) for row in rows]
