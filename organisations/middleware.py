"""The tenant of a request comes from the signed-in person, never from the address or the form."""

from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from organisations import policy
from organisations.models import Membership

ROLE = "role"
WITHOUT_SECOND_STEP: Final = frozenset(
    {"account", "logout", "invitation", "help", "candidate", "check", "accessibility", "privacy", "livez", "readyz"}
)
"""First parts of addresses where nothing of the organisation is shown."""


class MembershipMiddleware:
    """Sets `request.membership` and `request.organisation` (both None for everyone else).

    Whoever has other rights than at the last request gets a new session key: one that leaked before is worth nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership: Membership | None = getattr(request.user, "membership", None)
        if membership and not membership.is_in_force:
            membership = None
        request.membership = membership  # type: ignore[attr-defined]
        request.organisation = membership and membership.organisation  # type: ignore[attr-defined]
        if request.user.is_authenticated:
            self._renew_key_for_new_role(request, membership)
        return self.get_response(request)

    def _renew_key_for_new_role(self, request: HttpRequest, membership: Membership | None) -> None:
        user = request.user
        role = f"{user.is_staff:d}{user.is_superuser:d}"
        if membership:
            role += f" {membership.role} {membership.organisation_id}"
        if request.session.get(ROLE) != role:
            if ROLE in request.session:
                request.session.cycle_key()
            request.session[ROLE] = role


class SecondStepMiddleware:
    """Leads users to set up a second step of log-in before anything else, where their organisation requires one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership: Membership | None = request.membership  # type: ignore[attr-defined]
        if (
            membership
            and request.path_info.strip("/").partition("/")[0] not in WITHOUT_SECOND_STEP
            and policy.must_set_up(membership)
        ):
            text = _("Your organisation asks for two steps of log-in. Add a passkey or an authenticator app to go on.")
            messages.warning(request, text)
            return redirect("mfa_index")
        return self.get_response(request)
