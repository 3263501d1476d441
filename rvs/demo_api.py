"""Programs of the first organisation of the demonstration: one that works, one that expires soon, one revoked."""

import uuid
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from accounts.models import User
from accounts.months import months_later
from organisations.api_clients import clients, secrets
from organisations.models import ApiClient, Organisation, Scope

CLIENT_ID: Final = uuid.UUID("7d1f6c52-3b0e-4a58-9c6d-2f8e5b1a4c90")


def credentials() -> dict[str, str]:
    """What `demo_accounts --json` prints; the secret is another for each demonstration (its SECRET_KEY)."""
    return {"client_id": str(CLIENT_ID), "client_secret": secrets.derived_secret("demonstration")}


def load(organisation: Organisation) -> None:
    now = timezone.now()
    known = credentials()["client_secret"]
    _make(organisation, "Demonstration", client_id=CLIENT_ID, scopes=list(Scope.values), secret=known)
    # Created almost a year ago, and used last night.
    ApiClient.objects.filter(pk=_make(organisation, "Slate").pk).update(
        created_at=now - timedelta(days=340),
        expires_at=now + timedelta(days=25),
        warned_days=30,
        last_used_at=now - timedelta(hours=7),
    )
    clients.revoke(client=_make(organisation, "Trial of our CRM"), by=_primary(organisation))


def _make(organisation: Organisation, name: str, **fields: Any) -> ApiClient:
    values = {
        "client_id": uuid.uuid4(),
        "scopes": [Scope.READ.value],
        "allowed_addresses": [],
        "expires_at": months_later(timezone.now(), 12),
    }
    client, _secret = clients.create(
        organisation=organisation, by=_primary(organisation), name=name, **{**values, **fields}
    )
    return client


def _primary(organisation: Organisation) -> User:
    return organisation.memberships.get(role="primary").user
