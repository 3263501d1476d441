"""What is written down of webhooks."""

from accounts import audit
from accounts.models import Action
from notifications.models import Webhook


def record(*, actor: str, action: Action, webhook: Webhook, **detail: object) -> None:
    """With its name, for it may be deleted later."""
    audit.record(
        actor=actor,
        action=action,
        target=f"webhook:{webhook.pk}",
        organisation=str(webhook.organisation_id),
        detail={"name": webhook.name, **detail},
    )
