"""From the ledger to messages: each webhook goes through it by itself, with a position of its own."""

import uuid
from datetime import datetime
from typing import Final

from django.db import transaction

from notifications.models import MessageState, Webhook, WebhookMessage
from notifications.models.webhooks import TEST
from notifications.querysets import WebhookMessageQuerySet
from sharing import publishing

ROWS_AT_ONCE: Final = 1_000
"""Of the ledger, for one webhook in one transaction."""
WEBHOOKS_AT_ONCE: Final = 10
"""In one transaction."""


def fill(now: datetime) -> None:
    """Make a message of everything that has happened since; a row has one message, however often this dies."""
    publishing.publish(now)
    while _fill_some(now):
        pass


@transaction.atomic
def _fill_some(now: datetime) -> bool:
    upto = publishing.reached()
    behind = Webhook.objects.behind(upto).select_for_update(of=("self",), skip_locked=True)
    some = list(behind.select_related("organisation")[:WEBHOOKS_AT_ONCE])
    for webhook in some:
        _fill(webhook, upto, now)
    return bool(some)


def _fill(webhook: Webhook, upto: int, now: datetime) -> None:
    rows = webhook.organisation.changes.after(webhook.position).filter(position__lte=upto)
    news = list(rows[:ROWS_AT_ONCE])
    WebhookMessage.objects.bulk_create(
        WebhookMessage(webhook=webhook, change=change, type=change.type, created_at=now, due_at=now)
        for change in news
        if change.type in webhook.events
    )
    webhook.position = news[-1].position or upto
    webhook.save(update_fields=["position"])


def ask_for_test(*, webhook: Webhook, now: datetime) -> WebhookMessage:
    """A message that is sent once, also while the webhook is switched off; one that waits already is enough."""
    waiting = webhook.messages.waiting().filter(change=None).first()
    return waiting or WebhookMessage.objects.create(webhook=webhook, type=TEST, created_at=now, due_at=now)


@transaction.atomic
def send_again(*, webhook: Webhook, now: datetime, message_id: uuid.UUID | None = None) -> int:
    """Send one message once more, whatever came of it, or all that were given up; returns how many.

    They keep their ids: a receiver that has one already knows it.
    """
    messages = webhook.messages.exclude(state=MessageState.WAITING)
    if message_id:
        messages = messages.filter(pk=message_id)
    else:
        messages = messages.filter(state=MessageState.FAILED).exclude(change=None)
    return _start_anew(messages, now)


def hurry(*, webhook: Webhook, now: datetime) -> None:
    """Try at once what waits for its next attempt."""
    _start_anew(webhook.messages.waiting(), now)


def _start_anew(messages: WebhookMessageQuerySet, now: datetime) -> int:
    return messages.update(state=MessageState.WAITING, due_at=now, failures=0, failing_since=None, ended_at=None)
