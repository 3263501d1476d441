"""Whatever moment a worker is killed at, a batch check goes on, and no row is counted twice.

Real Celery workers get SIGKILL while they check.  With RVS_DRILLS=full ten rounds of three
deaths; RVS_SEED repeats one.
"""

import os
import random
import time
from collections.abc import Callable
from typing import Final

import pytest
from django.core.files.base import ContentFile
from django.db.models import Sum
from django.utils import timezone

from downloads.batch import lists
from downloads.batch.reading import Understanding
from downloads.models import BatchCheck
from downloads.tasks import work_on_batch_checks
from sharing.models import Access, Announcement, Check
from tests.drills.workers import worker
from tests.factories import make_member, make_organisation, make_result

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
ROUNDS, DEATHS, MATCHES, MISSES = (10, 3, 400, 40) if FULL else (1, 2, 60, 20)
PATIENCE: Final = 180


def wait_until(ready: Callable[[BatchCheck], object], queue: str) -> None:
    """Rings the doorbell as beat does."""
    end, rung = time.monotonic() + PATIENCE, 0.0
    while not ready(batch := BatchCheck.objects.get()):
        assert time.monotonic() < end, f"{batch.state}: {batch.rows_done} of {batch.rows_total}"
        if time.monotonic() - rung > 2:
            work_on_batch_checks.apply_async(queue=queue, expires=2)
            rung = time.monotonic()
        time.sleep(0.005)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_killed_worker_loses_no_row_and_counts_none_twice(number: int, queue: str) -> None:
    seed = int(os.environ.get("RVS_SEED", str(time.time_ns()))) + number
    print(f"RVS_SEED={seed}")  # noqa: T201  (shown when the drill fails)
    chance = random.Random(seed)
    organisation = make_organisation()
    rows = [f"{make_result().reference_number},1999-02-24" for _ in range(MATCHES)]
    rows += [f"299GB999{miss:04},1999-02-24" for miss in range(MISSES)]
    chance.shuffle(rows)
    content = "\n".join(["Reference number,Date of birth", *rows]).encode()
    now, user = timezone.now(), make_member(organisation)
    batch = lists.upload(organisation=organisation, by=user, file=ContentFile(content), name="list.csv", now=now)
    lists.start(batch=batch, understanding=Understanding.load(batch.mapping), by=user, now=now)

    for _death in range(DEATHS):
        with worker(queue) as kill:
            done = BatchCheck.objects.get().rows_done
            wait_until(lambda row, done=done: row.rows_done != done or row.ended_at, queue)  # type: ignore[misc]
            time.sleep(chance.random() / 5)
            kill()
        time.sleep(1)  # until the database has noticed that its clients are gone
        BatchCheck.objects.exclude(lease=None).update(lease_until=timezone.now())
    with worker(queue):
        wait_until(lambda row: row.ended_at, queue)

    ended = BatchCheck.objects.get()
    assert (ended.state, ended.rows_done) == ("done", MATCHES + MISSES)
    assert ended.counts == {"match": MATCHES, "no_match": MISSES}
    assert Check.objects.count() == MATCHES + MISSES
    assert Access.objects.aggregate(times=Sum("count")) == {"times": MATCHES}
    announcement = Announcement.objects.get()
    assert (announcement.made, announcement.to_come) == (MATCHES + MISSES, 0)
