"""Work of Downloads that the worker does."""

import time

from celery import shared_task
from django.utils import timezone

from accounts import doorbell
from downloads import endings, worker
from downloads.batch import endings as batch_endings
from downloads.batch import worker as batch_worker

_SECONDS = 60 * 60
STAY_SECONDS = 5.0
"""After so long the worker looks whether something else waits, such as mail."""


@shared_task(soft_time_limit=_SECONDS, time_limit=_SECONDS + 60)
def work_on_downloads() -> None:
    """Make parts of downloads, whichever organisation's turn it is; then ring again rather than stay."""
    end = time.monotonic() + STAY_SECONDS
    while worker.work_on_next():
        if time.monotonic() > end:
            doorbell.ring(work_on_downloads)
            return


@shared_task
def forget_downloads() -> None:
    """Delete files that are kept long enough, and what is left of downloads that have ended."""
    endings.forget_downloads(timezone.now())


@shared_task(soft_time_limit=_SECONDS, time_limit=_SECONDS + 60)
def work_on_batch_checks() -> None:
    """Check rows of uploaded lists, whichever organisation's turn it is; then ring again rather than stay."""
    end = time.monotonic() + STAY_SECONDS
    while batch_worker.work_on_next():
        if time.monotonic() > end:
            doorbell.ring(work_on_batch_checks)
            return


@shared_task
def forget_batch_checks() -> None:
    """Cancel lists that nobody started, and erase the rows of old ones."""
    batch_endings.forget(timezone.now())
