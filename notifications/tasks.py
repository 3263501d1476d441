"""Work of the notifications app that the worker does."""

from celery import shared_task
from django.utils import timezone

from notifications import candidates, digests


@shared_task
def make_digests() -> None:
    """Put the mails of every window that is over into the outbox."""
    digests.run(timezone.now())


@shared_task
def tell_candidates() -> None:
    """Put the mails that candidates are to get into the outbox."""
    candidates.tell_due(timezone.now())
