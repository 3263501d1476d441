"""How long the log of messages is kept."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from notifications.models import Webhook, WebhookMessage

KEPT: Final = timedelta(days=30)
"""After a message was delivered or given up; what waits is kept until then, however long that takes."""
AT_ONCE: Final = 2_000


def forget_old(now: datetime) -> None:
    """Delete messages that ended long ago, with their attempts, and secrets that sign no more."""
    Webhook.objects.filter(former_until__lte=now).update(former_secrets=[], former_until=None)
    while _forget_some(now):
        pass


@transaction.atomic
def _forget_some(now: datetime) -> bool:
    """Locked first: one that somebody sends again in this very moment waits, and stays."""
    old = WebhookMessage.objects.filter(ended_at__lte=now - KEPT).select_for_update(skip_locked=True)
    keys = list(old.order_by("ended_at").values_list("pk", flat=True)[:AT_ONCE])
    WebhookMessage.objects.filter(pk__in=keys).delete()
    return bool(keys)
