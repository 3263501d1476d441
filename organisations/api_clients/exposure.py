"""A secret in an address has leaked: it stands in logs of proxies and in histories of browsers.

Such a request is refused, whatever it asks for, and the secret is flagged for the organisation.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from oauth2_provider.models import AccessToken

from accounts import audit
from accounts.models import Action
from organisations import primary
from organisations.api_clients import secrets
from organisations.api_clients.refusals import Refused, problem
from organisations.models import ApiClient

MARKS: Final = (secrets.SECRET, secrets.TOKEN, "%")
PROGRAMS: Final = ("/api/", "/oauth/", "/ce/")
NEVER: Final = frozenset({"client_secret", "access_token"})
"""Names of parameters that no program may send in an address, whatever their value is."""


class SecretInAddressMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if not query and secrets.SECRET not in request.path and secrets.TOKEN not in request.path:
            return self.get_response(request)
        found = set(secrets.find(f"{request.path} {query}")) if _may_hold_one(request.path + query) else set()
        for secret in found:
            flag(secret)
        if found or (request.path.startswith(PROGRAMS) and NEVER & set(request.GET)):
            text = _(
                "The address of a request must hold no secret and no token: addresses are written down on the way. "
                "Send it in the header Authorization. A secret that was sent in an address must be replaced."
            )
            return problem(Refused(400, "secret-in-address", _("Secret in the address"), text))
        return self.get_response(request)


@transaction.atomic
def flag(secret: str) -> None:
    """Remember that a client's secret, or a token it was given, was seen in an address; its Primary User is told once.

    The token opens nothing any more.  The secret still does: whether the program may stop is for the organisation.
    """
    client = _owner(secret)
    if client is None or client.revoked_at or client.exposed_at:
        return
    client.exposed_at = timezone.now()
    client.save(update_fields=["exposed_at"])
    audit.record(
        actor=audit.client_actor(client.pk),
        action=Action.API_SECRET_EXPOSED,
        target=audit.client_actor(client.pk),
        organisation=str(client.organisation_id),
    )
    tell_primary(client, "api_secret_exposed")


def tell_primary(client: ApiClient, kind: str, **more: object) -> None:
    """A mail about a client to the Primary User, if there is one."""
    address = settings.PUBLIC_BASE_URL + reverse("organisations:api")
    primary.tell_primary(client.organisation, f"organisations/email/{kind}", client=client, address=address, **more)


def _may_hold_one(text: str) -> bool:
    return any(mark in text for mark in MARKS)


def _owner(secret: str) -> ApiClient | None:
    """Whose it is, locked."""
    digest = secrets.digest(secret)
    clients = ApiClient.objects.select_for_update(of=("self",)).select_related("organisation")
    if secret.startswith(secrets.SECRET):
        return clients.filter(secret_digest=digest).first()
    token = AccessToken.objects.filter(token_checksum=digest.hex()).first()
    if token is None:
        return None
    token.delete()
    return clients.filter(pk=token.application_id).first()
