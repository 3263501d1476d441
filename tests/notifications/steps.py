"""What the tests of notifications share: a subscription, what was sent, and the moved clock."""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import Mail, User
from notifications import digests
from notifications.models import Digest, Frequency, Stream, Subscription
from notifications.preferences import save
from notifications.windows import BUNDLE

TICK = timedelta(seconds=30)


def of(user: User, stream: Stream = Stream.NEW_RESULTS) -> Subscription:
    return Subscription.objects.get(membership__user=user, stream=stream)


def choose(user: User, *, now: datetime, **wishes: Any) -> None:
    """Change some of what the user has chosen."""
    membership = user.membership
    preference = membership.notification_preference
    frequencies = {stream: Frequency(of(user, stream).frequency) for stream in Stream}
    frequencies |= {stream: wishes.pop(stream.value) for stream in Stream if stream.value in wishes}
    preference.refresh_from_db()
    chosen: dict[str, Any] = {name: getattr(preference, name) for name in ("weekday", "hour", "exams", "meets_only")}
    chosen |= {"join_requests": membership.join_request_mails, **wishes}
    save(membership=membership, frequencies=frequencies, now=now, **chosen)


def run_until(start: datetime, end: datetime, step: timedelta = timedelta(minutes=5)) -> datetime:
    """Let the engine run again and again; returns the last time it ran."""
    now = start
    while now <= end:
        digests.run(now)
        now += step
    return now - step


def bundle_over(now: datetime) -> datetime:
    """When what has just been seen is told to those who hear as it happens."""
    return now + BUNDLE


def told(user: User, stream: Stream = Stream.NEW_RESULTS) -> list[int]:
    """How many results each digest of the user told of, the oldest first."""
    return list(Digest.objects.filter(user=user, stream=stream).order_by("made_at").values_list("results", flat=True))


def mails_to(user: User) -> list[Mail]:
    return list(Mail.objects.filter(recipient=user.email, pk__in=Digest.objects.values("pk")).order_by("created_at"))
