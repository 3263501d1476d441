"""The tenant of a request comes from the signed-in person, never from the address or the form."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from organisations.models import Membership

ROLE = "role"


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
