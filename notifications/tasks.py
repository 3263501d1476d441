"""Work of the notifications app that the worker does."""

from celery import shared_task
from django.utils import timezone

from notifications import candidates, digests
from notifications.webhooks import keeping, queueing, sending


@shared_task
def make_digests() -> None:
    """Put the mails of every window that is over into the outbox."""
    digests.run(timezone.now())


@shared_task
def tell_candidates() -> None:
    """Put the mails that candidates are to get into the outbox."""
    candidates.tell_due(timezone.now())


@shared_task
def send_webhooks() -> None:
    """Tell programs of what has happened."""
    queueing.fill(timezone.now())
    sending.send_due()


@shared_task
def forget_webhook_messages() -> None:
    """Erase the log of what is long over."""
    keeping.forget_old(timezone.now())
