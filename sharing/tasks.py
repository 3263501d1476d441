"""Work of the sharing app that the worker does."""

from celery import shared_task
from django.utils import timezone

from sharing import announcements, expiry, limits, notices, publishing


@shared_task
def forget_old_checks() -> None:
    """Delete checks by number that no limit looks at any more."""
    limits.forget_old_checks(timezone.now())
    announcements.forget_old(timezone.now())


@shared_task
def expire_shares() -> None:
    """Write down which shares have ended because their time is over."""
    expiry.expire_due(timezone.now())


@shared_task
def remind_candidates() -> None:
    """Write down which candidates are to be told that a share of theirs is about to end."""
    notices.remind(timezone.now())


@shared_task
def publish_changes() -> None:
    """Tell the ledger of new versions, and number its rows."""
    publishing.publish(timezone.now())
