"""Work of the sharing app that the worker does."""

from celery import shared_task
from django.utils import timezone

from sharing import limits, shares


@shared_task
def forget_old_checks() -> None:
    """Delete checks by number that no limit looks at any more."""
    limits.forget_old_checks(timezone.now())


@shared_task
def expire_shares() -> None:
    """Write down which shares have ended because their time is over."""
    shares.expire_due(timezone.now())
