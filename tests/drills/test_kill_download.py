"""Whatever moment a worker is killed at, a download goes on and is made whole; what is counted is counted once.

Real Celery workers and their children get SIGKILL in the middle of a job.  With RVS_DRILLS=full ten rounds of each,
which wait for the lease to run out by itself; RVS_SEED repeats a drill that failed.
"""

import os
import random
import time
from collections.abc import Callable
from typing import Final

import pytest
from django.utils import timezone

from downloads.models import Download, Format, Part
from downloads.tasks import work_on_downloads
from organisations.models import Organisation
from sharing.models import Access
from tests.downloads.asking import archive, ask, index
from tests.drills.test_download_memory import shared
from tests.drills.workers import worker
from tests.factories import make_organisation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
STATEMENTS, ROWS, ROUNDS = (200, 60_000, 10) if FULL else (60, 20_000, 1)
PATIENCE: Final = 180


def wait_until(ready: Callable[[Download], object], queue: str) -> None:
    """Rings the doorbell as beat does."""
    end, rung = time.monotonic() + PATIENCE, 0.0
    while not ready(download := Download.objects.get()):
        assert time.monotonic() < end, f"{download.state}: {download.done} of {download.asked_for}"
        if time.monotonic() - rung > 2:
            for _child in range(2):
                work_on_downloads.apply_async(queue=queue, expires=2)
            rung = time.monotonic()
        time.sleep(0.005)


def let_the_leases_run_out() -> None:
    if not FULL:
        time.sleep(1)  # until the database has noticed that its clients are gone
        Part.objects.exclude(lease=None).update(lease_until=timezone.now())


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("format_", [Format.STATEMENTS, Format.CSV])
def test_a_killed_worker_loses_nothing(format_: Format, number: int, queue: str) -> None:
    seed = int(os.environ.get("RVS_SEED", str(time.time_ns()))) + number
    print(f"RVS_SEED={seed}")  # noqa: T201  (shown when the drill fails)
    chance = random.Random(seed)
    organisation: Organisation = make_organisation()
    count = STATEMENTS if format_ == Format.STATEMENTS else ROWS
    shared(organisation, count)
    download = ask(organisation, format=format_)

    for _death in range(2):
        with worker(queue) as kill:
            done = Download.objects.get().done
            wait_until(lambda row, done=done: row.done != done or not row.is_open, queue)  # type: ignore[misc]
            time.sleep(chance.random())
            kill()
        let_the_leases_run_out()
    with worker(queue):
        wait_until(lambda row: row.state == "ready", queue)

    made = Download.objects.get()
    assert (made.done, made.left_out, Part.objects.count()) == (count, 0, 0)
    counts = set(Access.objects.values_list("count", flat=True))
    assert Access.objects.count() == count
    if format_ == Format.STATEMENTS:
        files = archive(download)
        assert (len(index(files)), len(files.namelist()), files.testzip()) == (count, count + 1, None)
        assert counts == {1}
    else:
        with made.file.open("rb") as file:
            assert sum(1 for _line in file) == count + 1
        assert counts <= {1, 2, 3}, "a file that is begun anew takes its results anew"
