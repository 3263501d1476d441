"""Worker and beat of the product, on a queue of the test's own, and with faults if the test wants them."""

import itertools
import os
from collections.abc import Callable
from typing import Any
from unittest import mock

from celery.signals import worker_process_init

from rvs.celery import app

WORDS = os.environ.get("TESTS_WORDS", "")
"""What the faults say."""
app.conf.task_default_queue = os.environ.get("TESTS_QUEUE", app.conf.task_default_queue)


def _failing_first(genuine: Callable[..., Any]) -> Callable[..., Any]:
    """Fails with everybody's data in its words, and works afterwards."""
    calls = itertools.count()

    def either(*arguments: Any, **more: Any) -> Any:
        if not next(calls):
            raise RuntimeError(WORDS)
        return genuine(*arguments, **more)

    return either


@worker_process_init.connect
def _break(**_signal: Any) -> None:
    if WORDS:
        from accounts import delivery  # noqa: PLC0415  (only now is Django set up)
        from results.staff import worker  # noqa: PLC0415

        for module, name in ((delivery, "deliver_due"), (worker, "import_results")):
            mock.patch.object(module, name, _failing_first(getattr(module, name))).start()
