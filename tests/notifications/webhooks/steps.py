"""What the tests of webhooks share: a webhook and its secret, and the worker's task."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from accounts.models import User
from notifications.models import Webhook
from notifications.tasks import send_webhooks
from notifications.webhooks import endpoints
from organisations.models import Organisation, Role
from sharing.models import ChangeType
from tests.factories import make_member


def primary_of(organisation: Organisation) -> User:
    """The Primary User; one is made where there is none."""
    found = organisation.memberships.filter(role=Role.PRIMARY).first()
    return found.user if found else make_member(organisation, Role.PRIMARY)


def make_webhook(
    organisation: Organisation, address: str, events: Sequence[str] = ChangeType.values, **fields: Any
) -> tuple[Webhook, str]:
    """A webhook and its secret, created as the product does it."""
    webhook, secret = endpoints.create(
        organisation=organisation,
        by=primary_of(organisation),
        webhook_id=uuid.uuid4(),
        name="CRM",
        address=address,
        events=events,
        now=timezone.now(),
    )
    Webhook.objects.filter(pk=webhook.pk).update(**fields)
    webhook.refresh_from_db()
    return webhook, secret


def send() -> None:
    """As the worker does it when the bell rings."""
    send_webhooks()
