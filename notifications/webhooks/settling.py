"""What comes of attempts: when a message is tried again, when a webhook rests, and when somebody is told."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import audit
from accounts.models import Action
from notifications.models import MessageState, SwitchedOff, Webhook, WebhookAttempt, WebhookMessage
from notifications.webhooks import trail
from notifications.webhooks.transport import Outcome
from organisations.primary import tell_primary

PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
)
"""After so many failures in a row of one message; the last one holds for all that follow."""
LONGEST_REST: Final = timedelta(hours=1)
"""Of a webhook: so a receiver that comes back hears within the hour."""
PATIENCE: Final = timedelta(days=3)
"""No message is given up sooner, and no webhook switched off; nor after fewer failures than there are PAUSES: perhaps
nothing was tried for some of these days."""
OUTAGE: Final = timedelta(minutes=10)
"""Who comes back after longer gets at once what waits for its next attempt."""
TOLD_EVERY: Final = timedelta(days=1)


@transaction.atomic
def settle(webhook: Webhook, results: Sequence[tuple[WebhookMessage, Outcome]], now: datetime) -> None:
    """Write down what came of messages that were sent to a webhook at once, and give its lease back."""
    webhooks = Webhook.objects.select_for_update(of=("self",)).select_related("organisation")
    found = webhooks.filter(pk=webhook.pk).first()
    if found is None:
        return  # it was deleted meanwhile
    webhook = found
    WebhookAttempt.objects.bulk_create(
        WebhookAttempt(
            message=message,
            at=outcome.at,
            status=outcome.status,
            problem=outcome.problem,
            milliseconds=outcome.milliseconds,
        )
        for message, outcome in results
    )
    counted = _counted(webhook, results)
    _settle_webhook(webhook, counted, now)
    accepted = [message.pk for message, outcome in counted if outcome.accepted]
    webhook.messages.filter(pk__in=accepted).update(state=MessageState.DELIVERED, ended_at=now)
    refused = [message for message, outcome in counted if not outcome.accepted]
    for message in refused:
        _put_off(webhook, message, now)
    lost = any(message.state == MessageState.FAILED and not message.is_test for message in refused)
    if lost and not (webhook.loss_told_at and now - TOLD_EVERY < webhook.loss_told_at <= now):
        webhook.loss_told_at = now
        _tell(webhook, "webhook_gave_up")
    webhook.leased_until = None
    webhook.save()


def _counted(
    webhook: Webhook, results: Sequence[tuple[WebhookMessage, Outcome]]
) -> list[tuple[WebhookMessage, Outcome]]:
    """The messages as they are now.  A refusal counts only if nothing has happened to its message since it was sent.

    Else it was delivered by another worker, or somebody wants it tried anew, perhaps at another address.
    """
    rows = webhook.messages.select_for_update().in_bulk([message.pk for message, _outcome in results])
    return [
        (rows[message.pk], outcome)
        for message, outcome in results
        if message.pk in rows and (outcome.accepted or _is_as_sent(rows[message.pk], message))
    ]


def _is_as_sent(row: WebhookMessage, message: WebhookMessage) -> bool:
    return (row.state, row.due_at) == (message.state, message.due_at)


def _settle_webhook(webhook: Webhook, results: Sequence[tuple[WebhookMessage, Outcome]], now: datetime) -> None:
    if any(outcome.accepted for _message, outcome in results):
        _recover(webhook, now)
        return
    real = [(message, outcome) for message, outcome in results if not message.is_test]
    if not real or webhook.switched_off_at:
        return
    if any(not _was_ill_before(message, webhook) for message, _outcome in real):
        webhook.failures += 1
        webhook.failing_since = min(webhook.failing_since or now, now)  # a clock may have been ahead
    if webhook.failures:
        webhook.rests_until = now + min(pause(webhook.failures), LONGEST_REST)
    if any(outcome.is_gone for _message, outcome in real):
        _give_up_on(webhook, SwitchedOff.GONE, now)
    elif _is_over(webhook, now):
        _give_up_on(webhook, SwitchedOff.FAILING, now)


def _was_ill_before(message: WebhookMessage, webhook: Webhook) -> bool:
    """Whether it was refused before others were accepted: then its refusal says nothing of the receiver."""
    refused, accepted = message.failing_since, webhook.accepted_at
    return refused is not None and accepted is not None and refused <= accepted


def _is_over(failing: Webhook | WebhookMessage, now: datetime) -> bool:
    """Whether it has failed for long enough, and often enough."""
    since = failing.failing_since
    return since is not None and now - since >= PATIENCE and failing.failures > len(PAUSES)


def _recover(webhook: Webhook, now: datetime) -> None:
    if webhook.failing_since and now - webhook.failing_since >= OUTAGE:
        webhook.messages.waiting().filter(due_at__gt=now).update(due_at=now)
    webhook.accepted_at = now
    forgive(webhook)


def forgive(webhook: Webhook) -> None:
    """It counts as working; the caller saves it."""
    webhook.failures, webhook.failing_since, webhook.rests_until = 0, None, None


def _give_up_on(webhook: Webhook, why: SwitchedOff, now: datetime) -> None:
    """Nothing is lost: what waits goes on waiting, and the ledger from where it was."""
    webhook.switched_off_at, webhook.switched_off_why = now, why
    forgive(webhook)
    actor = audit.system_actor("webhooks")
    trail.record(actor=actor, action=Action.WEBHOOK_SWITCHED_OFF, webhook=webhook, why=why.value)
    _tell(webhook, "webhook_switched_off")


def _put_off(webhook: Webhook, message: WebhookMessage, now: datetime) -> None:
    """It is tried again later, or given up."""
    message.failures += 1
    message.failing_since = min(message.failing_since or now, now)
    message.due_at = now + pause(message.failures)
    if message.is_test or (_is_over(message, now) and webhook.switched_off_at is None):
        message.state, message.ended_at = MessageState.FAILED, now
    message.save(update_fields=["state", "ended_at", "failures", "failing_since", "due_at"])


def pause(failures: int) -> timedelta:
    """How long to wait after so many failures in a row, and by chance up to a tenth more: not all come back at once."""
    longest = PAUSES[min(failures, len(PAUSES)) - 1]
    return longest * random.uniform(1, 1.1)  # noqa: S311  (spreads load, keeps no secret)


def _tell(webhook: Webhook, kind: str) -> None:
    page = reverse("notifications:webhook", args=[webhook.pk])
    tell_primary(
        webhook.organisation,
        f"notifications/email/{kind}",
        webhook=webhook,
        address=f"{settings.PUBLIC_BASE_URL}{page}",
    )
