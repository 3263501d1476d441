"""Counted limits in the database: atomic, shared by all processes, and there when Redis is not."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.models import Throttle


def take(*, kind: str, subject: str, limit: int, window: timedelta, now: datetime) -> datetime | None:
    """Count one use by `subject` (an address, an account) in the window that `now` falls in.

    Returns:
        None while at most `limit` uses were counted; otherwise the moment from which it may be tried again.
    """
    seconds = int(window.total_seconds())
    began = datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, now.tzinfo)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into accounts_throttle (key, ends_at, count) values (%s, %s, 1)
            on conflict (key, ends_at) do update set count = accounts_throttle.count + 1
            returning count
            """,
            [_key(kind, subject), began + window],
        )
        count: int = cursor.fetchone()[0]
    return began + window if count > limit else None


def give_back(*, kind: str, subject: str, now: datetime) -> None:
    """Take back one use that turned out not to count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update accounts_throttle set count = count - 1 where key = %s and ends_at > %s and count > 0",
            [_key(kind, subject), now],
        )


def forget_ended(now: datetime) -> int:
    """Delete counts of windows that have ended; returns how many."""
    return Throttle.objects.filter(ends_at__lt=now).delete()[0]


def _key(kind: str, subject: str) -> bytes:
    return salted_hmac(f"accounts.throttle.{kind}", subject, algorithm="sha256").digest()
