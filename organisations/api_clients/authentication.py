"""Which program sends a request, and what it may do today.

HTTP Basic with a client's id and secret, or a Bearer token of /oauth/token/.  Everything is looked up anew for every
request: whoever is revoked, expired, suspended or taken a right is refused from the next one on.
"""

import base64
import binascii
import ipaddress
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Final

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from oauth2_provider.models import AccessToken

from accounts import throttle
from accounts.audit import client_actor
from accounts.http import client_address, client_network
from accounts.limits import QUARTER, Limit
from organisations.api_clients import secrets
from organisations.api_clients.refusals import Refused, seconds_until
from organisations.models import ApiClient, Organisation, OrganisationState

CHALLENGE: Final = 'Basic realm="Results Verification Service", charset="UTF-8", Bearer'
FAILED_CLIENT: Final = Limit("program client+network", 20, QUARTER)
FAILED_NETWORK: Final = Limit("program network", 60, timedelta(minutes=5))
"""Of failures alone: a secret cannot be guessed, so whoever has it is never shut out by others who try."""
USE_WRITTEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Caller:
    """A program whose request may be answered."""

    client: ApiClient
    organisation: Organisation
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """What the audit trail and the accesses name."""
        return client_actor(self.client.pk)


class Authentication:
    """For django-ninja's `auth=`: `Authentication("results:read")`; the caller is then `request.auth`."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Caller:
        """Raises: Refused."""
        return authenticate(request, self.scope)


def authenticate(request: HttpRequest, scope: str) -> Caller:
    """The program that sends this request.

    Raises:
        Refused: it does not prove who it is (401), may not do this or not from there (403), or failed too often (429).
    """
    now = timezone.now()
    kind, _space, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    if kind.lower() == "bearer":
        client, scopes = _of_token(request, credentials.strip(), now)
    elif kind.lower() == "basic":
        client = client_with(request, *read_basic(credentials), now)
        scopes = frozenset(client.scopes)
    else:
        text = _("Send the header Authorization with “Basic” and the client’s id and secret, or with a “Bearer” token.")
        raise _unauthorised(text)
    require_open(client, request)
    if scope not in scopes:
        text = _("This client may not do this: it needs the scope %(scope)s.") % {"scope": scope}
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise Refused(403, "insufficient-scope", _("Not allowed"), text, WWW_Authenticate=challenge)
    note_use(client, now)
    return Caller(client, client.organisation, scopes)


def client_with(request: HttpRequest, client_id: str, secret: str, now: datetime) -> ApiClient:
    """The live client with this id and secret.

    Raises:
        Refused: there is none.
    """
    found = _find(client_id) if secrets.is_genuine(secret) else None
    if found is None or not compare_digest(bytes(found.secret_digest), secrets.digest(secret)):
        raise _failed(request, client_id)
    _require_live(found, now)
    return found


def require_open(client: ApiClient, request: HttpRequest) -> None:
    """Refuses (403) a client of a suspended organisation, and one that comes from elsewhere than it may."""
    if client.organisation.state != OrganisationState.ACTIVE:
        text = _("The organisation’s account is suspended. The helpdesk can tell its Primary User why.")
        raise Refused(403, "organisation-suspended", _("Organisation suspended"), text)
    if client.allowed_addresses and not _comes_from(client.allowed_addresses, request):
        text = _("This client may not be used from the network address that the request came from.")
        raise Refused(403, "address-not-allowed", _("Address not allowed"), text)


def note_use(client: ApiClient, now: datetime) -> None:
    """Write down that it was used, at most once a minute."""
    since = now - USE_WRITTEN_EVERY
    if client.last_used_at is None or client.last_used_at < since:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=since)
        ApiClient.objects.filter(stale, pk=client.pk).update(last_used_at=now)


def _find(client_id: str) -> ApiClient | None:
    try:
        key = uuid.UUID(client_id)
    except ValueError:
        return None
    return ApiClient.objects.select_related("organisation").filter(pk=key).first()


def _of_token(request: HttpRequest, token: str, now: datetime) -> tuple[ApiClient, frozenset[str]]:
    found = None
    if secrets.is_genuine(token):
        rows = AccessToken.objects.select_related("application__organisation")
        found = rows.filter(token_checksum=secrets.digest(token).hex()).first()
    if found is None:
        raise _failed(request, "")
    if found.expires <= now:
        raise _unauthorised(_("The token has expired. Ask for a new one at /oauth/token/."), "invalid_token")
    client: ApiClient = found.application
    _require_live(client, now)
    return client, frozenset(found.scope.split()) & frozenset(client.scopes)


def read_basic(credentials: str) -> tuple[str, str]:
    """The client's id and secret; two empty texts where that is no Basic."""
    try:
        text = base64.b64decode(credentials.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return "", ""
    client_id, _colon, secret = text.partition(":")
    return client_id.strip(), secret.strip()


def _require_live(client: ApiClient, now: datetime) -> None:
    if client.revoked_at:
        raise _unauthorised(
            _("This client was revoked. The Primary User creates a new one under Your Organisation, API.")
        )
    if client.expires_at <= now:
        raise _unauthorised(
            _("This client has expired. The Primary User creates a new one under Your Organisation, API.")
        )


def _comes_from(networks: list[str], request: HttpRequest) -> bool:
    address = client_address(request)
    return address is not None and any(address in ipaddress.ip_network(network) for network in networks)


def _failed(request: HttpRequest, client_id: str) -> Refused:
    """The refusal of who does not prove who they are; past a limit it says from when to try again."""
    network, now = client_network(request), timezone.now()
    for limit, subject in ((FAILED_CLIENT, f"{client_id[:36]} {network}"), (FAILED_NETWORK, network)):
        until = throttle.take(kind=limit.kind, subject=subject, limit=limit.count, window=limit.window, now=now)
        if until:
            wait = seconds_until(until, now)
            text = _("Too many failed attempts. Check the client’s id and secret, then try again later.")
            raise Refused(429, "too-many-failures", _("Too many failed attempts"), text, Retry_After=wait)
    return _unauthorised(_("The client’s id and secret do not belong together, or the token is not one of ours."))


def _unauthorised(detail: str, error: str = "") -> Refused:
    challenge = CHALLENGE + (f' error="{error}"' if error else "")
    return Refused(401, "unauthorised", _("Not authenticated"), detail, WWW_Authenticate=challenge)
