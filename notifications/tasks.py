"""Work of the notifications app that the worker does."""

from celery import shared_task
from django.utils import timezone

from notifications import digests


@shared_task
def make_digests() -> None:
    """Put the mails of every window that is over into the outbox."""
    digests.run(timezone.now())
