"""Sending what is due, to many receivers at a time: one that is slow holds up nobody but itself.

At least once: whoever dies between a receiver's answer and our commit sends again, with the same id.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from asgiref.sync import async_to_sync, sync_to_async
from cryptography.fernet import InvalidToken
from django.db import transaction
from django.utils import timezone

from notifications.models import Problem, Webhook, WebhookMessage
from notifications.querysets import LONGEST_WAIT
from notifications.webhooks import queueing, settling, signing, transport

AT_ONCE: Final = 100
"""Receivers, in one process."""
MESSAGES_A_TURN: Final = 10
"""To one receiver; one that failed is tried with a single one."""
STAY_SECONDS: Final = 10.0
"""After so long a worker takes no new turns, to see what else waits for it, such as mail."""
LOOK_SECONDS: Final = 0.3
"""How often, while some are slow, it looks whether there is something for others."""
LEASE: Final = timedelta(seconds=60)
"""Longer than a turn lasts, unless the database keeps it waiting: transport.TIMEOUT for each of MESSAGES_A_TURN over
its CONNECTIONS, and some more."""

logger = logging.getLogger("rvs.webhooks")
_in_database = sync_to_async
"""What reads or writes rows runs in the caller's thread, one after the other, over its connection."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is sent to one webhook next."""

    webhook: Webhook
    messages: Sequence[WebhookMessage]


@async_to_sync
async def send_due() -> None:
    """Send until nothing is due, or STAY_SECONDS are over."""
    looked = time.monotonic()
    ends = looked + STAY_SECONDS
    running: set[asyncio.Task[None]] = set()
    while True:
        if time.monotonic() < ends and len(running) < AT_ONCE:
            if time.monotonic() - looked >= LOOK_SECONDS:  # what has happened while some were slow
                await _in_database(queueing.fill)(timezone.now())
                looked = time.monotonic()
            turns = await _in_database(take_turns)(AT_ONCE - len(running))
            running |= {asyncio.create_task(_serve(turn)) for turn in turns}
        if not running:
            return
        _done, running = await asyncio.wait(running, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)


@transaction.atomic
def take_turns(most: int) -> list[Turn]:
    """The next turns, each webhook under a lease."""
    now = timezone.now()
    due = Webhook.objects.due(now, WebhookMessage.objects.waiting())
    webhooks = list(due.select_for_update(of=("self",), skip_locked=True)[:most])
    for webhook in webhooks:
        webhook.leased_until, webhook.served_at = now + LEASE, now
    Webhook.objects.bulk_update(webhooks, ["leased_until", "served_at"])
    return [Turn(webhook, _next_messages(webhook, now)) for webhook in webhooks]


def _next_messages(webhook: Webhook, now: datetime) -> list[WebhookMessage]:
    due = webhook.messages.due(now).select_related("change")
    resting = webhook.rests_until is not None and now < webhook.rests_until <= now + LONGEST_WAIT
    if webhook.switched_off_at or resting:
        return list(due.filter(change=None)[:1])
    if webhook.failures:
        # One that has failed least: messages that are always refused say nothing of the receiver, new ones do.
        waiting = webhook.messages.waiting().select_related("change")
        return list(waiting.order_by("failures", "due_at", "pk")[:1])
    return list(due[:MESSAGES_A_TURN])


async def _serve(turn: Turn) -> None:
    """Whatever goes wrong with one, the others go on; its lease runs out, and it is tried again."""
    try:
        outcomes = await _send(turn)
        results = list(zip(turn.messages, outcomes, strict=True))
        await _in_database(settling.settle)(turn.webhook, results, timezone.now())
    except Exception:
        logger.exception("messages to a webhook could not be sent", extra={"webhook": str(turn.webhook.pk)})


async def _send(turn: Turn) -> list[transport.Outcome]:
    try:
        keys = signing.secrets_of(turn.webhook)
    except InvalidToken:
        return [transport.Outcome(None, Problem.SECRET, 0) for _message in turn.messages]
    async with transport.line(turn.webhook.address) as line:
        return await asyncio.gather(*(_post(line, message, keys) for message in turn.messages))


async def _post(line: transport.Line, message: WebhookMessage, keys: Sequence[str]) -> transport.Outcome:
    body = signing.body_of(message)
    return await line.post(body, signing.headers_of(message.message_id, body, keys, timezone.now()))
