"""The audit trail: explicit, append-only, one helper."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from accounts.models import Action, AuditEvent, User

SECURITY: Final = frozenset(
    {
        Action.LOGGED_IN,
        Action.LOGGED_OUT,
        Action.LOG_IN_FAILED,
        Action.CODE_FAILED,
        Action.PASSWORD_CHANGED,
        Action.DETAILS_CHANGED,
        Action.EMAIL_CHANGE_ASKED,
        Action.EMAIL_CHANGE_CANCELLED,
        Action.EMAIL_CHANGED,
        Action.MFA_ADDED,
        Action.MFA_REMOVED,
        Action.RECOVERY_CODES_MADE,
        Action.SESSION_ENDED,
        Action.ADDRESS_SUSPENDED,
        Action.ADDRESS_CONFIRMED,
        Action.DATA_DOWNLOADED,
    }
)
"""What people read about the security of their own account; its target is the person."""


def user_actor(user: User) -> str:
    """The actor's name in the trail for a person."""
    return f"user:{user.pk}"


def client_actor(client_id: uuid.UUID) -> str:
    """The actor's name in the trail for a program of an organisation."""
    return f"client:{client_id}"


def system_actor(part: str) -> str:
    """The actor's name in the trail for a command or task."""
    return f"system:{part}"


def record(
    *,
    actor: str,
    action: Action,
    target: str = "",
    organisation: str = "",
    detail: Mapping[str, object] | None = None,
) -> AuditEvent:
    """Store one event, in the caller's transaction.

    Args:
        actor: `user_actor(...)`, `client_actor(...)` or `system_actor(...)`.
        target: what it was done to, as `kind:id`.
        organisation: id of the organisation on whose behalf, if any.
        detail: facts without personal data.

    Raises:
        ValueError: nobody is named as the actor.
    """
    if not actor:
        raise ValueError("An audit event must name its actor.")
    return AuditEvent.objects.create(
        actor=actor, action=action, target=target, organisation=organisation, detail=dict(detail or {})
    )


def events_of(target: str) -> QuerySet[AuditEvent]:
    """What happened to one thing (`kind:id`), newest first."""
    return AuditEvent.objects.filter(target=target)


def security_events(user: User, *, since: datetime) -> QuerySet[AuditEvent]:
    """What happened to somebody's account, newest first."""
    return AuditEvent.objects.filter(target=user_actor(user), action__in=SECURITY, at__gte=since)
