"""The product's programs as processes of their own on the tests' database, and what they write."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

STARTING_SECONDS = 60


def environment(**more: str) -> dict[str, str]:
    """What such a process needs to find the tests' own database."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name = str(connection.settings_dict["NAME"])
    return {**os.environ, "DATABASE_URL": url._replace(path=f"/{name}").geturl(), **more}


@contextlib.contextmanager
def web(log: Path, **more: str) -> Iterator[int]:
    """The web server as the product runs it, on a free port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    granian = ["granian", "--interface", "wsgi", "--port", str(port), "--blocking-threads", "8", "--no-ws"]
    with _running([*granian, "tests.hostile.wsgi:application"], log, **more):
        wait_until(lambda: _answers(port), f"the web server did not start: {log}")
        yield port


@contextlib.contextmanager
def celery(log: Path, *command: str, **more: str) -> Iterator[None]:
    """A worker, or beat."""
    with _running(["celery", "-A", "tests.hostile.tasks", *command, "--loglevel", "INFO"], log, **more):
        yield


@contextlib.contextmanager
def _running(command: list[str], log: Path, **more: str) -> Iterator[None]:
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environment(**more),
            cwd=settings.BASE_DIR,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(ready: Callable[[], object], otherwise: str, seconds: float = STARTING_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, otherwise
        time.sleep(0.1)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5) as answer:
        return bool(answer.status == 200)
    return False
