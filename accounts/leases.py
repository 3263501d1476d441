"""Work under a lease: whoever takes it renews the lease, and another goes on once it has run out."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.db import DatabaseError, connection

LEASE: Final = timedelta(seconds=30)
RENEW_SECONDS: Final = 5.0

logger = logging.getLogger("rvs.leases")


@contextmanager
def kept(renew: Callable[[], object], *, every: float) -> Iterator[None]:
    """Call `renew` every so many seconds, from a thread of its own, while the block runs."""
    done = threading.Event()

    def keep() -> None:
        try:
            while not done.wait(every):
                try:
                    renew()
                except DatabaseError:
                    logger.warning("a lease could not be renewed")
        finally:
            connection.close()

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
