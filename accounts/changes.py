"""What follows when somebody's second step of log-in changes.

allauth makes these changes in its own views and tells of them by signals; they are the only place to hook in.  It sends
the mails itself (templates/mfa/email/).
"""

from typing import Any

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts import audit, sessions
from accounts.devices import device_of
from accounts.models import Action, User


def connect() -> None:
    """Called once, when the app is ready."""
    user_logged_in.connect(sessions.begin, dispatch_uid="accounts.sessions.begin")
    signals.authenticator_added.connect(_added, dispatch_uid="accounts.changes.added")
    signals.authenticator_removed.connect(_removed, dispatch_uid="accounts.changes.removed")
    signals.authenticator_reset.connect(_added, dispatch_uid="accounts.changes.reset")


def _added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    made_codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    _follow_up(request, user, authenticator, Action.RECOVERY_CODES_MADE if made_codes else Action.MFA_ADDED)


def _removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:  # these go with the last other step
        _follow_up(request, user, authenticator, Action.MFA_REMOVED)


def _follow_up(request: HttpRequest, user: User, authenticator: Authenticator, action: Action) -> None:
    actor = audit.user_actor(user)
    audit.record(
        actor=actor, action=action, target=actor, detail={"kind": str(authenticator.type), "device": device_of(request)}
    )
    sessions.end_others(user=user, request=request)
