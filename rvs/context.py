"""What every page knows of the site and of the session."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts import sessions
from notifications import preferences
from organisations import policy
from organisations.permissions import Permission, may
from sharing import reading


def site(request: HttpRequest) -> dict[str, object]:
    route = request.resolver_match.route if request.resolver_match else ""
    first, _slash, rest = route.partition("/")
    return {
        "DEMONSTRATION": settings.DEMONSTRATION,
        "HELPDESK_EMAIL": settings.HELPDESK_EMAIL,
        "nav": first,
        "section": rest.partition("/")[0],
        "new_shares": SimpleLazyObject(lambda: _new_shares(request)),
        "untold": SimpleLazyObject(lambda: _untold(request)),
        "second_step_due": _second_step_due(request),
        **_session(request),
    }


def _new_shares(request: HttpRequest) -> reading.NewCount | None:
    """For the navigation, which alone asks for it: how many shared results are new to this user."""
    membership = getattr(request, "membership", None)
    if membership is None or not may(membership, Permission.VERIFY):
        return None
    return reading.count_new(organisation=membership.organisation, user=membership.user, now=timezone.now())


def _untold(request: HttpRequest) -> bool:
    """Whether the user has still to be told which e-mails they get."""
    membership = getattr(request, "membership", None)
    return membership is not None and preferences.is_untold(membership)


def _second_step_due(request: HttpRequest) -> datetime | None:
    """Until when the person has time to set up the second step that their organisation asks for."""
    membership = getattr(request, "membership", None)
    return policy.second_step_due(membership) if membership else None


def _session(request: HttpRequest) -> dict[str, object]:
    """For the warning before a session ends (templates/layouts/session_warning.html), or why it has ended."""
    user = getattr(request, "user", None)
    if user is None:  # an error page from before the session was read
        return {}
    if not user.is_authenticated:
        return {"session_ended": request.session.get(sessions.ENDED)} if request.session.session_key else {}
    remaining, by = sessions.left(request.session, user, timezone.now())
    return {
        "session_seconds": int(remaining.total_seconds()),
        "session_final": by == sessions.End.ABSOLUTE,
        "session_person": sessions.person_mark(user),
    }
