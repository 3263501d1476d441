"""Several things at the same time, each with a connection of its own."""

import threading
from collections.abc import Callable

from django.db import connections


def at_once(*works: Callable[[], object]) -> None:
    """Each in a thread; what fails there fails here."""
    failures: list[BaseException] = []

    def body(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as failure:  # noqa: BLE001  (raised again below)
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
