"""The tenant of a request comes from the signed-in person, never from the address or the form."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from organisations.models import Membership


class MembershipMiddleware:
    """Sets `request.membership` and `request.organisation` (both None for everyone else)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        membership: Membership | None = getattr(request.user, "membership", None)
        request.membership = membership  # type: ignore[attr-defined]
        request.organisation = membership and membership.organisation  # type: ignore[attr-defined]
        return self.get_response(request)
