"""How long the log of messages is kept."""

from datetime import datetime, timedelta
from typing import Final

from notifications.models import WebhookMessage

KEPT: Final = timedelta(days=30)
"""After a message was delivered or given up; what waits is kept until then, however long that takes."""
AT_ONCE: Final = 10_000


def forget_old(now: datetime) -> None:
    """Delete messages that ended long ago, with their attempts."""
    old = WebhookMessage.objects.filter(ended_at__lte=now - KEPT).order_by("ended_at").values("pk")
    while WebhookMessage.objects.filter(pk__in=old[:AT_ONCE]).delete()[0]:
        pass
