"""What users and programs are told, and how far they have been told."""

from notifications.models.digests import (
    Digest,
    Frequency,
    NamedDigests,
    Preference,
    Progress,
    Stream,
    Subscription,
    Weekday,
)
from notifications.models.webhooks import (
    MessageState,
    Problem,
    SwitchedOff,
    Webhook,
    WebhookAttempt,
    WebhookMessage,
)

__all__ = [
    "Digest",
    "Frequency",
    "MessageState",
    "NamedDigests",
    "Preference",
    "Problem",
    "Progress",
    "Stream",
    "Subscription",
    "SwitchedOff",
    "Webhook",
    "WebhookAttempt",
    "WebhookMessage",
    "Weekday",
]
