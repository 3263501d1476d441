"""Tell the worker that there is something to do, once the transaction has committed.

The row in PostgreSQL is the truth and beat looks for it anyway, so a broker that is down costs seconds and nothing
else: it must never break or delay the page that rang.
"""

import logging

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger("rvs.doorbell")


def ring(task: "Task[[], None]") -> None:
    """Start `task`, which takes no arguments, after commit."""
    transaction.on_commit(lambda: _ring(task))


def _ring(task: "Task[[], None]") -> None:
    try:
        task.apply_async(retry=False, expires=60)
    except OperationalError:
        logger.warning("the broker cannot be reached; beat will find the work", extra={"task": task.name})
