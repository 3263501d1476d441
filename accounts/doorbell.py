"""Tell the worker that there is something to do, once the transaction has committed.

The row in PostgreSQL is the truth and beat looks for it anyway, so a broker that is down costs seconds and nothing
else: it must never break or delay the page that rang.
"""

import logging
from typing import Final

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger("rvs.doorbell")

QUICKLY: Final = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
}
"""For a page that somebody waits for: with Celery's own patience a dead broker costs it 6 s, a mute one 10 s."""


def ring(task: "Task[[], None]") -> None:
    """Start `task`, which takes no arguments, after commit."""
    transaction.on_commit(lambda: _ring(task))


def _ring(task: "Task[[], None]") -> None:
    try:
        with task.app.connection_for_write(transport_options=QUICKLY) as connection:
            task.apply_async(connection=connection, retry=False, expires=60)  # type: ignore[call-arg]  # stubs lack it
    except OperationalError:
        logger.warning("the broker cannot be reached; beat will find the work", extra={"task": task.name})
