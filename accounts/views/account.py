"""The account page: own details, sessions and security events; and the log-out."""

import uuid
from datetime import timedelta
from typing import Any, Final

from allauth.account import views as allauth_views
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, mfa, refused, sessions
from accounts.forms import DetailsForm
from accounts.http import AuthenticatedRequest
from accounts.models import Action

EVENTS_SHOWN: Final = 50
EVENTS_FOR: Final = timedelta(days=90)


@require_safe
def overview(request: AuthenticatedRequest) -> HttpResponse:
    kinds = mfa.kinds(request.user)
    second_steps = {
        "app": Authenticator.Type.TOTP in kinds,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "codes": Authenticator.Type.RECOVERY_CODES in kinds,
    }
    email_change = getattr(request.user, "email_change", None)
    context = {
        "second_steps": second_steps,
        "email_change": email_change,
        "suspended": refused.is_suspended(request.user.email),
    }
    return render(request, "account/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def details(request: AuthenticatedRequest) -> HttpResponse:
    form = DetailsForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        actor = audit.user_actor(request.user)
        audit.record(actor=actor, action=Action.DETAILS_CHANGED, target=actor, detail={"fields": form.changed_data})
        messages.success(request, _("Your details have been saved."))
        return redirect("accounts:overview")
    return render(request, "account/details.html", {"form": form})


@require_safe
def events(request: AuthenticatedRequest) -> HttpResponse:
    """What happened to the account, newest first."""
    found = audit.security_events(request.user, since=timezone.now() - EVENTS_FOR)[:EVENTS_SHOWN]
    return render(request, "account/events.html", {"events": found})


@require_safe
def session_list(request: AuthenticatedRequest) -> HttpResponse:
    now = timezone.now()
    found = request.user.sessions.filter(seen_at__gt=now - sessions.limits_of(request.user).idle).order_by("-seen_at")
    return render(request, "account/sessions.html", {"sessions": found, "current": request.session.session_key})


@require_POST
def end_session(request: AuthenticatedRequest, session_id: uuid.UUID) -> HttpResponse:
    session = request.user.sessions.filter(id=session_id).first()
    if session is None:
        raise Http404
    if session.session_key == request.session.session_key:
        return redirect("account_logout")
    sessions.end(session=session, by=request.user)
    messages.success(request, _("The session has been ended."))
    return redirect("accounts:sessions")


@require_POST
def end_other_sessions(request: AuthenticatedRequest) -> HttpResponse:
    for session in request.user.sessions.exclude(session_key=request.session.session_key):
        sessions.end(session=session, by=request.user)
    messages.success(request, _("All your other sessions have been ended."))
    return redirect("accounts:sessions")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session_state(request: HttpRequest) -> JsonResponse:
    """For the page's script: how long the session lasts, and the token with which what was typed can still be sent.

    GET only asks (the middleware counts it as no use), POST is somebody's wish to go on.
    """
    if not request.user.is_authenticated:
        return JsonResponse({"seconds": 0})
    remaining, by = sessions.left(request.session, request.user, timezone.now())
    return JsonResponse(
        {
            "seconds": int(remaining.total_seconds()),
            "final": by == sessions.End.ABSOLUTE,
            "person": sessions.person_mark(request.user),
            "token": get_token(request),
        }
    )


class LogOutView(allauth_views.LogoutView):  # type: ignore[misc]  # allauth has no types
    """The browser forgets the pages it has seen, so that the back button shows none of them."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache"'
        return response


log_out = login_not_required(LogOutView.as_view())
