"""Whatever moment a worker is killed at, no message to a webhook is lost, and one that comes twice is the same.

A real Celery worker and its children get SIGKILL while they send to a real receiver, and more happens meanwhile.  With
RVS_DRILLS=full at least fifty kills; RVS_SEED repeats a drill that failed.
"""

import os
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from django.utils import timezone

from notifications.models import MessageState, Webhook, WebhookMessage
from notifications.tasks import send_webhooks
from notifications.webhooks import sending
from organisations.models import Organisation
from sharing.models import Change
from tests.drills.mailing import Machines, Program, dice
from tests.factories import change_result, share_result
from tests.notifications.webhooks.receiver import Receiver, receiving, slow
from tests.notifications.webhooks.steps import make_webhook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
WEBHOOKS, EVENTS, KILLS = (10, 600, 60) if FULL else (5, 150, 5)
PATIENCE: Final = 120


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Slow enough that a kill finds something under way."""
    with receiving(slow(0.05)) as receiver:
        yield receiver


def wait_until(ready: Callable[[], object], queue: str) -> None:
    """Rings the doorbell as pages do."""
    end, rung = time.monotonic() + PATIENCE, 0.0
    while not ready():
        assert time.monotonic() < end, list(WebhookMessage.objects.values_list("state", "due_at")[:10])
        if time.monotonic() - rung > 0.5:
            send_webhooks.apply_async(queue=queue, expires=5)
            rung = time.monotonic()
        time.sleep(0.005)


def happen(organisation: Organisation, count: int) -> None:
    """So many rows of the ledger: results are shared, and change."""
    for _number in range(count // 2):
        share = share_result(organisation)
        change_result(share.result, score=171)


def untold() -> int:
    """How many messages are still to come of what has happened so far."""
    delivered = WebhookMessage.objects.filter(state=MessageState.DELIVERED).count()
    return Change.objects.count() * WEBHOOKS - delivered


def let_leases_run_out() -> int:
    """As time does it for those that were given before the kill; returns how many there were."""
    held = Webhook.objects.filter(leased_until__lte=timezone.now() + sending.LEASE)
    time.sleep(0.1)  # until the database has noticed that its clients are gone
    return held.update(leased_until=None)


def kill_on_and_on(machines: Machines, organisation: Organisation, receiver: Receiver, queue: str) -> int:
    """Kill at random instants; returns how often messages were on their way."""
    chance, hits = dice(), 0
    for number in range(KILLS):
        happen(organisation, EVENTS // KILLS)
        happening = EVENTS * WEBHOOKS // KILLS
        goal = len(receiver.calls) + chance.randint(1, happening // 2)
        wait_until(lambda goal=goal: len(receiver.calls) >= goal or not untold(), queue)  # type: ignore[misc]
        time.sleep(chance.random() * chance.choice([0.03, 0.03, 0.2]))
        _kill(machines, chance, whole=number % 5 == 4)
        hits += let_leases_run_out() > 0
    return hits


def _kill(machines: Machines, chance: random.Random, *, whole: bool) -> None:
    """All of a worker, or both of its children, so that nobody is left who holds a lease."""
    if whole:
        machines.kill("worker", chance)
        return
    for pid in machines.worker.children():
        os.kill(pid, 9)
    machines.kills["children"] = machines.kills.get("children", 0) + 1


def test_killed_workers_lose_no_message_and_change_none(
    organisation: Organisation, receiver: Receiver, queue: str, tmp_path: Path
) -> None:
    address = receiver.address
    webhooks = {f"/hooks/{number}": make_webhook(organisation, f"{address}/{number}")[0] for number in range(WEBHOOKS)}
    worker = Program(
        9, tmp_path / "worker.log", "worker", "--concurrency", "2", "-Q", queue, "--without-gossip", "--without-mingle"
    )
    machines = Machines(worker, [])
    try:
        hits = kill_on_and_on(machines, organisation, receiver, queue)
        wait_until(lambda: not untold(), queue)
    finally:
        worker.kill()

    changes = {str(each) for each in Change.objects.values_list("public_id", flat=True)}
    assert len(changes) == EVENTS
    heard, bodies, ids = defaultdict(set), defaultdict(set), defaultdict(set)
    for call in receiver.calls:
        change = call.content["data"]["change_id"]
        heard[call.path].add(change)
        bodies[call.message_id].add(call.body)
        ids[call.path, change].add(call.message_id)
    duplicates, lost = len(receiver.calls) - len(bodies), sum(len(changes - heard[path]) for path in webhooks)
    print(  # noqa: T201  (the drill's figures)
        f"{EVENTS * WEBHOOKS} messages, kills {machines.kills}, {hits} of them with messages on their way: "
        f"{lost} lost, {duplicates} duplicates with the same id and body"
    )
    assert heard == dict.fromkeys(webhooks, changes), "none lost"
    numbers = {*map(len, bodies.values()), *map(len, ids.values())}
    assert numbers == {1}, "a duplicate is the same message"
    assert duplicates <= KILLS * WEBHOOKS * sending.MESSAGES_A_TURN
    assert hits >= KILLS // 4
    assert not WebhookMessage.objects.exclude(state=MessageState.DELIVERED).exists()
