"""The clients of an organisation as its page lists them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils import timezone

from organisations import activity
from organisations.models import ApiClient, Organisation, Scope

REVOKED_SHOWN_FOR: Final = timedelta(days=90)
SOON: Final = 60
"""Days before it expires from which on the page says so."""


@dataclass(frozen=True, slots=True)
class Row:
    client: ApiClient
    creator: str
    creator_left: bool
    """Whoever created it has seen its secret, and is no user any more."""

    @property
    def scopes(self) -> list[str]:
        return [str(scope.label) for scope in Scope if scope.value in self.client.scopes]

    @property
    def expires_soon(self) -> bool:
        return self.client.state == "live" and self.client.days_left <= SOON

    @property
    def is_live(self) -> bool:
        return self.client.state == "live"


def rows(organisation: Organisation) -> list[Row]:
    """Live ones first, then those that expired, and for a while those that were revoked; each the newest first."""
    since = timezone.now() - REVOKED_SHOWN_FOR
    found = [
        client for client in organisation.api_clients.all() if not (client.revoked_at and client.revoked_at < since)
    ]
    creators = activity.insiders(organisation, {client.created_by for client in found})
    order = {"live": 0, "client-expired": 1, "revoked": 2}
    return [
        Row(client, *creators[client.created_by]) for client in sorted(found, key=lambda client: order[client.state])
    ]
