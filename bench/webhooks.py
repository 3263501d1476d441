"""Webhooks: messages a second against the same requests sent by plain aiohttp, and whether slow receivers delay others.

The receivers are in a process of their own on loopback (bench/receivers.py).  The limit sends requests of the same
size, as many at a time, and neither reads nor writes a row; ours makes each message of a row of the ledger, signs it,
and writes down each attempt.
"""

import asyncio
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from bench import Figure
from notifications.models import Webhook, WebhookAttempt, WebhookMessage
from notifications.webhooks import queueing, sending, signing, transport
from organisations.models import Membership, Organisation, Role
from sharing.models import ChangeType

WEBHOOKS: Final = 20
CHANGES_OF_EACH: Final = 100
HANGING: Final = 30
CHANGES_OF_HANGING: Final = 10
ROUNDS: Final = 3
GOAL: Final = 0.1
GOAL_DELAY: Final = 1.25

_CHANGES: Final = """
    insert into sharing_change (public_id, position, type, occurred_at, organisation_id, share_id)
    select gen_random_uuid(), %s + row_number() over (), 'share.created', %s, o, gen_random_uuid()
    from unnest(%s::uuid[]) o, generate_series(1, %s)
"""


def run() -> list[Figure]:
    """Measure in turn; the best round of each side counts."""
    number = WEBHOOKS * CHANGES_OF_EACH
    with _receivers() as base:
        _load(f"{base}/well", f"{base}/hanging")
        seconds, alone, limit = [], [], []
        for _round in range(ROUNDS):
            limit.append(_plain(f"{base}/well", number))
            seconds.append(_send(hanging=False))
            alone.append(_delay())
        beside = []
        for _round in range(ROUNDS):
            _send(hanging=True)
            beside.append(_delay())
    note = f"{number:,} messages to {WEBHOOKS} receivers on loopback; limit: plain aiohttp"
    return [
        Figure(
            "Webhooks", number / min(seconds), number / min(limit), min(limit) / min(seconds), GOAL, "messages/s", note,
        ),
        Figure(
            "Webhooks, beside hanging ones", min(beside), min(alone), min(beside) / min(alone), GOAL_DELAY, "s",
            f"95 of 100 messages have arrived; {HANGING} other receivers never answer; limit: without them",
            at_most=True,
        ),
    ]  # fmt: skip


def _send(*, hanging: bool) -> float:
    """Seconds until every message to a receiver that is well was accepted."""
    _begin_anew(hanging=hanging)
    start = time.perf_counter()
    while WebhookMessage.objects.filter(webhook__name="well", state="delivered").count() < WEBHOOKS * CHANGES_OF_EACH:
        queueing.fill(timezone.now())
        sending.send_due()
    return time.perf_counter() - start


def _delay() -> float:
    """Seconds after which 95 of 100 messages to receivers that are well had arrived."""
    began = WebhookMessage.objects.earliest("created_at").created_at
    attempts = WebhookAttempt.objects.filter(message__webhook__name="well").values_list("at", "milliseconds")
    arrivals = [(at - began + timedelta(milliseconds=taken)).total_seconds() for at, taken in attempts]
    return statistics.quantiles(arrivals, n=20)[-1]


def _plain(address: str, number: int) -> float:
    """Seconds for as many requests, as many at a time as ours sends."""
    body = b"x" * 180
    at_a_time = WEBHOOKS * transport.CONNECTIONS

    async def send() -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_a_time)) as session:

            async def one() -> None:
                async with session.post(address, data=body) as answer:
                    assert answer.status == 204

            await asyncio.gather(*(one() for _number in range(number)))

    start = time.perf_counter()
    async_to_sync(send)()
    return time.perf_counter() - start


# --- The receivers ----------------------------------------------------------------------------------------------------


@contextmanager
def _receivers() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.receivers"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://localhost:{process.stdout.readline().strip()}"
        finally:
            process.kill()


# --- The data ---------------------------------------------------------------------------------------------------------


def _load(well: str, hanging: str) -> None:
    """Straight into the tables, without triggers and without the checks of each row's references."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local rvs.allow_truncate = 'on'")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("truncate sharing_change cascade")
        organisations = [_organisation(number) for number in range(WEBHOOKS + HANGING)]
        keys = [each.pk for each in organisations]
        now = datetime.now(UTC)
        cursor.execute(_CHANGES, [0, now, keys[:WEBHOOKS], CHANGES_OF_EACH])
        cursor.execute(_CHANGES, [WEBHOOKS * CHANGES_OF_EACH, now, keys[WEBHOOKS:], CHANGES_OF_HANGING])
        cursor.execute("insert into sharing_counter (id, value) values (1, 0) on conflict do nothing")
        cursor.execute("update sharing_counter set value = (select max(position) from sharing_change)")
        for number, organisation in enumerate(organisations):
            name, address = ("well", well) if number < WEBHOOKS else ("hanging", hanging)
            Webhook.objects.create(
                organisation=organisation,
                name=name,
                address=address,
                events=ChangeType.values,
                secret=signing.seal(signing.new_secret()),
                position=0,
            )
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")


def _organisation(number: int) -> Organisation:
    organisation = Organisation.objects.create(name=f"Bench of webhooks {number}", country="GB")
    person = User.objects.create(email=f"webhook{number}.{uuid.uuid4()}@example.org", given_name="Bench")
    Membership.objects.create(organisation=organisation, user=person, role=Role.PRIMARY)
    return organisation


def _begin_anew(*, hanging: bool) -> None:
    """Nobody has been told of anything; those that hang count only when they are wanted."""
    WebhookMessage.objects.all().delete()
    Webhook.objects.update(
        position=0, failures=0, failing_since=None, rests_until=None, leased_until=None, switched_off_at=None,
        switched_off_why="",
    )  # fmt: skip
    if not hanging:
        Webhook.objects.filter(name="hanging").update(switched_off_at=timezone.now(), switched_off_why="by_user")
