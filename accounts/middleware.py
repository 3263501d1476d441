"""What every request of a signed-in person passes: the limits of the session, staff's second step, the time zone."""

import zoneinfo
from collections.abc import Callable
from typing import Final

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mfa, sessions

GetResponse = Callable[[HttpRequest], HttpResponse]

SAFE: Final = {"GET", "HEAD", "OPTIONS"}
BACKGROUND: Final = "X-Background"
"""A request that a script sends by itself carries this header: it asks, and keeps no session alive."""


class SessionLimitMiddleware:
    """Ends a session that was idle for too long, or is too old; writes down its use at most once a minute."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.get_response(request)
        now = timezone.now()
        remaining, end = sessions.left(request.session, request.user, now)
        if remaining.total_seconds() <= 0:
            return self._ended(request, end)
        if BACKGROUND not in request.headers:
            sessions.use(request.session, now)
        return self.get_response(request)

    def _ended(self, request: HttpRequest, end: sessions.End) -> HttpResponse:
        request.session.flush()
        request.user = AnonymousUser()
        if BACKGROUND not in request.headers:
            request.session[sessions.ENDED] = end.value  # the log-in page says why
        response = self.get_response(request)
        response["Clear-Site-Data"] = '"cache"'
        return response


class LogInMiddleware(LoginRequiredMiddleware):
    """Every page asks who is there, unless it says otherwise.

    Whose session ended while they filled in a form comes back to the page that the form stood on: what it is sent to
    has often nothing to show.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        ours = f"{request.scheme}://{request.get_host()}/"
        referrer = request.headers.get("Referer", "")
        if request.method in SAFE or not referrer.startswith(ours):
            return super().handle_no_permission(request, view_func)
        return redirect_to_login(f"/{referrer.removeprefix(ours)}")


class StaffDoorMiddleware:
    """Nobody reaches the administration without a second step; staff who have none yet are led to set one up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.path.startswith(reverse("admin:index"))
            and request.user.is_authenticated
            and mfa.must_set_up(request.user)
        ):
            messages.warning(request, _("Staff work with two steps of log-in. Add a passkey or an authenticator app."))
            return redirect("mfa_index")
        return self.get_response(request)


class TimeZoneMiddleware:
    """Activates the signed-in person's time zone for the request; UTC for visitors."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = request.user.time_zone if request.user.is_authenticated else "UTC"
        try:
            with timezone.override(zoneinfo.ZoneInfo(zone)):
                return self.get_response(request)
        except zoneinfo.ZoneInfoNotFoundError:
            return self.get_response(request)
