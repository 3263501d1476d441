"""Counted limits in the database: atomic, shared by all processes, and there when Redis is not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.models import Throttle


def take(*, kind: str, subject: str, limit: int, window: timedelta, now: datetime) -> datetime | None:
    """Count one use by `subject` (an address, an account), unless it had `limit` of them within the last `window`.

    Returns:
        None if it was counted; otherwise the moment from which it may be tried again.
    """
    key = _key(kind, subject)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into accounts_throttle as kept (key, uses, ends_at) values (%(key)s, array[%(now)s], %(end)s)
            on conflict (key) do update
            set uses = array(select used from unnest(kept.uses) used where used > %(since)s) || excluded.uses,
                ends_at = excluded.ends_at
            where (select count(*) from unnest(kept.uses) used where used > %(since)s) < %(limit)s
            returning true
            """,
            {"key": key, "now": now, "since": now - window, "end": now + window, "limit": limit},
        )
        if cursor.fetchone():
            return None
        cursor.execute("select uses[cardinality(uses) + 1 - %s] from accounts_throttle where key = %s", [limit, key])
        oldest: datetime | None = (cursor.fetchone() or (None,))[0]
    return oldest + window if oldest else now  # now: one was given back meanwhile


def give_back(*, kind: str, subject: str, now: datetime) -> None:
    """Take back the use that was counted at `now`, because it turned out not to count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update accounts_throttle set uses = array_remove(uses, %s) where key = %s", [now, _key(kind, subject)]
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """What is left of a steady allowance; times in seconds.  `wait` is 0 where the use was counted."""

    left: int
    until_full: float
    wait: float


def flow(*, kind: str, subject: str, limit: int, window: timedelta, now: datetime) -> Flow:
    """Count one use of an allowance of `limit`, which fills up again steadily, within `window` when it was used up.

    One moment a subject is kept, however much it uses: when its allowance will be full again.
    """
    each = window / limit
    key = _key(kind, subject)
    values: dict[str, Any] = {"key": key, "now": now, "each": each, "window": window}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into accounts_throttle as kept (key, uses, ends_at) values (%(key)s, '{}', %(now)s + %(each)s)
            on conflict (key) do update set ends_at = greatest(kept.ends_at, %(now)s) + %(each)s
            where greatest(kept.ends_at, %(now)s) + %(each)s <= %(now)s + %(window)s
            returning ends_at
            """,
            values,
        )
        if counted := cursor.fetchone():
            return Flow(int((now + window - counted[0]) / each), (counted[0] - now).total_seconds(), 0)
        cursor.execute("select ends_at from accounts_throttle where key = %s", [key])
        full: datetime = (cursor.fetchone() or (now,))[0]
    return Flow(0, (full - now).total_seconds(), max((full + each - now - window).total_seconds(), 0.001))


def strike(*, kind: str, subject: str, limit: int, window: timedelta, now: datetime) -> datetime | None:
    """Count a try that may turn out wrong; after `limit` of them none is let through until `window` after the last.

    `forgive` when the try was right.

    Returns:
        None if the try may be made; otherwise the moment from which it may be made again.
    """
    key = _key(kind, subject)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into accounts_throttle as kept (key, uses, ends_at) values (%(key)s, array[%(now)s], %(end)s)
            on conflict (key) do update
            set uses = case when kept.ends_at <= %(now)s then excluded.uses else kept.uses || excluded.uses end,
                ends_at = excluded.ends_at
            where kept.ends_at <= %(now)s or cardinality(kept.uses) < %(limit)s
            returning true
            """,
            {"key": key, "now": now, "end": now + window, "limit": limit},
        )
        if cursor.fetchone():
            return None
        cursor.execute("select ends_at from accounts_throttle where key = %s", [key])
        until: datetime | None = (cursor.fetchone() or (None,))[0]
    return until or now  # now: forgiven meanwhile


def forgive(*, kind: str, subject: str) -> None:
    """Forget the strikes: whoever they were counted for is found to be right."""
    Throttle.objects.filter(key=_key(kind, subject)).delete()


def forget_ended(now: datetime) -> int:
    """Delete what counts no longer; returns how many rows."""
    return Throttle.objects.filter(ends_at__lte=now).delete()[0]


def _key(kind: str, subject: str) -> bytes:
    return salted_hmac(f"accounts.throttle.{kind}", subject, algorithm="sha256").digest()
