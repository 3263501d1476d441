"""POST /oauth/token/: a client's id and secret against a token for an hour, by django-oauth-toolkit.

Only the grant for programs (client credentials).  Who is there is found out by our own rules, before the toolkit sees
the request; it then checks the grant and the scopes, and keeps a digest of the token.
"""

from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.oauth2_backends import get_oauthlib_core
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

from accounts import throttle
from accounts.limits import Limit
from organisations.api_clients import authentication
from organisations.api_clients.refusals import Refused, oauth_error, seconds_until, sent_in_clear
from organisations.models import ApiClient, Scope

TOKENS: Final = Limit("program tokens", 120, timedelta(minutes=1))
FOUND: Final = "rvs.api_client"
"""Where the toolkit finds the client in the request's environment; a header cannot be called so."""
ERRORS: Final = {401: "invalid_client", 403: "unauthorized_client", 429: "temporarily_unavailable"}


class Validator(OAuth2Validator):  # type: ignore[misc]  # the toolkit has no types
    """What the toolkit asks of us."""

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = request.headers.get(FOUND)
        return request.client is not None


class ClientScopes(BaseScopes):  # type: ignore[misc]
    """Each client has its own scopes; a token gets all of them unless it is asked for with fewer."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope.value: str(scope.label) for scope in Scope}

    def get_available_scopes(self, application: ApiClient | None = None, *args: Any, **kwargs: Any) -> list[str]:
        return list(application.scopes) if application else []

    get_default_scopes = get_available_scopes


@login_not_required
@csrf_exempt
@sensitive_post_parameters("client_secret")
def token(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        text = _("Send a POST request.")
        return oauth_error(Refused(405, "method-not-allowed", text, text, Allow="POST"), "invalid_request")
    if refused := sent_in_clear(request):
        return oauth_error(refused, "invalid_request")
    try:
        request.META[FOUND] = _client(request)
    except Refused as refused:
        return oauth_error(refused, ERRORS[refused.status])
    _address, headers, body, status = get_oauthlib_core().create_token_response(request)
    return HttpResponse(body, status=status, headers=headers)


def _client(request: HttpRequest) -> ApiClient:
    """By HTTP Basic, or by fields of the form."""
    now = timezone.now()
    kind, _space, credentials = request.headers.get("Authorization", "").strip().partition(" ")
    pair = request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    if kind.lower() == "basic":
        pair = authentication.read_basic(credentials)
    client = authentication.client_with(request, *pair, now)
    authentication.require_open(client, request)
    until = throttle.take(kind=TOKENS.kind, subject=client.client_id, limit=TOKENS.count, window=TOKENS.window, now=now)
    if until:
        text = _("Too many tokens were asked for. One token is good for an hour.")
        raise Refused(429, "too-many-tokens", text, text, Retry_After=seconds_until(until, now))
    authentication.note_use(client, now)
    return client
