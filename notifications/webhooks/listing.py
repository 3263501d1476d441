"""Webhooks as their pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from notifications.models import MessageState, Webhook, WebhookMessage
from notifications.webhooks.forms import EVENTS
from organisations import activity
from organisations.activity import Insider
from organisations.models import Organisation


@dataclass(frozen=True, slots=True)
class Row:
    webhook: Webhook
    waiting: int
    given_up: int
    insider: Insider
    """Who was shown its secret."""

    @property
    def events(self) -> list[str]:
        return [str(label) for event, label in EVENTS if event.value in self.webhook.events]


def rows(organisation: Organisation) -> list[Row]:
    """All of them, the oldest first."""
    return describe(organisation, list(organisation.webhooks.all()))


def describe(organisation: Organisation, webhooks: Sequence[Webhook]) -> list[Row]:
    """In the same order, in a fixed number of queries."""
    messages = WebhookMessage.objects.filter(webhook__in=webhooks).exclude(state=MessageState.DELIVERED)
    grouped = messages.exclude(change=None).order_by().values_list("webhook", "state").annotate(Count("pk"))
    counts = {(webhook, state): number for webhook, state, number in grouped}
    insiders = activity.insiders(organisation, {webhook.secret_seen_by for webhook in webhooks})
    return [
        Row(
            webhook,
            counts.get((webhook.pk, MessageState.WAITING.value), 0),
            counts.get((webhook.pk, MessageState.FAILED.value), 0),
            insiders[webhook.secret_seen_by],
        )
        for webhook in webhooks
    ]
