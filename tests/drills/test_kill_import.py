"""Whatever moment a worker is killed at, an import goes on and is loaded as a whole and once.

A real Celery worker and its children get SIGKILL while they check, then while they load.  With RVS_DRILLS=full 20
rounds of a larger file, which wait for the lease to run out by itself; RVS_SEED repeats a drill that failed.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from results.models import ImportBatch, ImportJob, Result, ResultVersion
from results.staff import imports
from results.tasks import work_on_imports
from tests.results.loading import csv_file, some_rows
from tests.results.test_import_drills import database_url, wait_until_its_backend_is_gone

pytestmark = pytest.mark.django_db(transaction=True)

FULL = os.environ.get("RVS_DRILLS") == "full"
ROWS, ROUNDS = (30_000, 20) if FULL else (4_000, 1)
PATIENCE = 120


class Worker:
    """A Celery worker on a queue of its own."""

    def __init__(self, queue: str) -> None:
        command = ["-m", "celery", "-A", "rvs", "worker", "--concurrency", "1", "-Q", queue, "--loglevel", "WARNING"]
        self.process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, "DATABASE_URL": database_url()},
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def queue() -> str:
    return f"drill-{uuid.uuid4()}"


@contextlib.contextmanager
def worker(queue: str) -> Iterator[Worker]:
    running = Worker(queue)
    try:
        yield running
    finally:
        running.kill()


def wait_until(ready: Callable[[], bool], queue: str) -> None:
    """Rings the doorbell as beat does."""
    end, rung = time.monotonic() + PATIENCE, 0.0
    while not ready():
        if time.monotonic() > end:
            pytest.fail(f"{ImportJob.objects.get().state} for {PATIENCE} s")
        if time.monotonic() - rung > 2:
            work_on_imports.apply_async(queue=queue, expires=2)
            rung = time.monotonic()
        time.sleep(0.005)


def state() -> str:
    return ImportJob.objects.values_list("state", flat=True).get()


def let_the_lease_run_out() -> None:
    wait_until_its_backend_is_gone()
    if not FULL:
        ImportJob.objects.exclude(lease=None).update(lease_until=timezone.now())


@pytest.mark.drill
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_killed_worker_loses_nothing_and_loads_nothing_twice(number: int, queue: str) -> None:
    seed = int(os.environ.get("RVS_SEED", str(time.time_ns()))) + number
    print(f"RVS_SEED={seed}")  # noqa: T201  (shown when the drill fails)
    chance = random.Random(seed)
    content = csv_file(some_rows(ROWS)).getvalue()
    job = imports.upload(file=ContentFile(content, name="results.csv"), photos=None, by="system:drill")

    with worker(queue) as first:
        wait_until(lambda: state() == "checking", queue)
        time.sleep(chance.random() * ROWS / 10_000)
        first.kill()
    assert (Result.objects.count(), state() in {"checking", "ready"}) == (0, True)
    let_the_lease_run_out()

    with worker(queue) as second:
        wait_until(lambda: state() == "ready", queue)
        job.refresh_from_db()
        imports.confirm(job_id=job.pk, preview=job.preview, valid_rows_only=False, by="system:drill")
        wait_until(lambda: state() in {"loading", "loaded"}, queue)
        time.sleep(chance.random() * ROWS / 5_000)
        second.kill()
    wait_until_its_backend_is_gone()
    assert (Result.objects.count(), state()) in {(0, "loading"), (ROWS, "loaded")}, "all or nothing, and it is known"
    let_the_lease_run_out()

    with worker(queue):
        wait_until(lambda: state() == "loaded", queue)
    assert Result.objects.count() == ResultVersion.objects.count() == ROWS
    assert ImportBatch.objects.get().added == ROWS
