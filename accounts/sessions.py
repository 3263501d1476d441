"""Sessions: who is logged in where, how long that lasts, and how it is ended.

This is the module that SESSION_ENGINE names.  The session's data are the truth about its beginning and its last use,
and the columns beside them (accounts.models.Session) are written along.  All limits are kept on the server.
"""

import uuid
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from typing import Any, Final, NamedTuple, TypedDict

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import audit
from accounts.devices import device_of
from accounts.models import Action, Session, User
from accounts.policy import policy

ACTIVITY: Final = "activity"
ENDED: Final = "session_ended"
WRITE_EVERY: Final = timedelta(minutes=1)
"""A request writes down that the session was used when this much time has passed since it was written last."""
GRACE: Final = timedelta(hours=1)
"""How long an ended session's row is kept beyond its limits, so that the next page can say why it ended."""


class Limits(NamedTuple):
    idle: timedelta
    absolute: timedelta


class Activity(TypedDict):
    """What a session's data say of itself; times are seconds since 1970."""

    id: str
    began: float
    seen: float
    device: str


class End(StrEnum):
    """Why a session ended by itself."""

    IDLE = auto()
    ABSOLUTE = auto()


KEY_LENGTH = 32
"""Of a session's key, as Django makes it."""


class SessionStore(DatabaseStore):
    """Django's sessions in the database, with columns that let people see their own."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _validate_session_key(self, key: object) -> bool:
        """Only what we make ourselves gets to the database, which answers a NUL in a cookie with an error."""
        return isinstance(key, str) and key.isascii() and key.isalnum() and len(key) == KEY_LENGTH

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        activity: Activity | None = data.get(ACTIVITY)
        if activity and SESSION_KEY in data:
            row.id = uuid.UUID(activity["id"])
            row.user_id = uuid.UUID(data[SESSION_KEY])
            row.device = activity["device"]
            row.began_at = _time(activity["began"])
            row.seen_at = _time(activity["seen"])
            row.expire_date = row.began_at + Limits(*settings.SESSION_LIMITS).absolute + GRACE
        return row


def begin(request: HttpRequest, **_: object) -> None:
    """Start to count: a receiver of Django's signal, for every way of logging in sends it."""
    now = timezone.now().timestamp()
    request.session.pop(ENDED, None)
    request.session[ACTIVITY] = Activity(id=uuid.uuid4().hex, began=now, seen=now, device=device_of(request))


def limits_of(user: User) -> Limits:
    """The service's limits, and a shorter one without use where the person's organisation asks for it."""
    limits = Limits(*(settings.STAFF_SESSION_LIMITS if user.is_staff else settings.SESSION_LIMITS))
    idle = policy().longest_idle(user)
    return limits._replace(idle=min(limits.idle, idle)) if idle else limits


def left(session: SessionBase, user: User, now: datetime) -> tuple[timedelta, End]:
    """How long the session still lasts if nothing is done, and which limit ends it.

    The duration is negative once the session has ended; a session without a beginning has.
    """
    activity: Activity | None = session.get(ACTIVITY)
    if activity is None:
        return timedelta(seconds=-1), End.IDLE
    limits = limits_of(user)
    idle = _time(activity["seen"]) + limits.idle - now
    absolute = _time(activity["began"]) + limits.absolute - now
    return (absolute, End.ABSOLUTE) if absolute <= idle else (idle, End.IDLE)


def use(session: SessionBase, now: datetime) -> None:
    """Note that the session is in use, at most once in WRITE_EVERY."""
    activity: Activity = session[ACTIVITY]
    if now.timestamp() - activity["seen"] >= WRITE_EVERY.total_seconds():
        session[ACTIVITY] = activity | {"seen": now.timestamp()}


def end(*, session: Session, by: User) -> None:
    """End one session of a person, at their own wish."""
    session.delete()
    audit.record(
        actor=audit.user_actor(by),
        action=Action.SESSION_ENDED,
        target=audit.user_actor(by),
        detail={"device": session.device},
    )


def end_others(*, user: User, request: HttpRequest | None) -> int:
    """End the person's sessions except the one that sends `request`, which gets a new key; returns how many ended.

    For every change of how somebody proves who they are: what was stolen before is worth nothing after it.
    """
    ours = request is not None and request.user.is_authenticated and request.user.pk == user.pk
    if request is not None and ours:
        request.session.cycle_key()
    keep = request.session.session_key if request is not None and ours else None
    return user.sessions.exclude(session_key=keep or "").delete()[0]


def person_mark(user: User) -> str:
    """Says to a page left open whether the person who logged in again is the same; tells nothing else."""
    return salted_hmac("accounts.sessions.person", str(user.pk)).hexdigest()[:20]


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
