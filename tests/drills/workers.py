"""A real Celery worker that a drill kills."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

from django.conf import settings

from tests.programs import environment


@contextlib.contextmanager
def worker(queue: str) -> Iterator[Callable[[], None]]:
    """A Celery worker with two children on a queue of its own; hands over what kills them all."""
    command = ["-m", "celery", "-A", "rvs", "worker", "--concurrency", "2", "-Q", queue, "--loglevel", "WARNING"]
    process = subprocess.Popen(
        [sys.executable, *command], env=environment(), cwd=settings.BASE_DIR, start_new_session=True
    )

    def kill() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    try:
        yield kill
    finally:
        kill()
