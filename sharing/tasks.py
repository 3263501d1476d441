"""Work of the sharing app that the worker does."""

from celery import shared_task
from django.utils import timezone

from sharing import limits


@shared_task
def forget_old_checks() -> None:
    """Delete checks by number that no limit looks at any more."""
    limits.forget_old_checks(timezone.now())
