"""The digests: one mechanism for every stream, with the ledger and a position per user in PostgreSQL as the truth.

Whoever runs it, and however often: a window's digest, its mail in the outbox and the user's new position are one
transaction, under locks that a second worker skips.  See docs/adr/0012-notifications.md.
"""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from accounts.mails import send_all
from notifications import mails
from notifications.due import Due, lock_due
from notifications.models import Digest, Frequency, NamedDigests, Progress, Stream, Subscription
from notifications.windows import BUNDLE, LONGEST, next_end
from sharing import door, publishing
from sharing.door import Follower

AT_ONCE: Final = 2_500
"""Users in one transaction."""
MOST_NAMES: Final = 20
_OPENING: Final = 20_050_107
"""The advisory lock's number: any, as long as nothing else locks it."""


def run(now: datetime) -> int:
    """Everything that is to be done now; returns how many digests were made."""
    publishing.publish(now)
    put_right(now)
    open_windows(now)
    while schedule(now):
        pass
    made = 0
    while (handled := make_some(now)) is not None:
        made += handled
    return made


def put_right(now: datetime) -> None:
    """Windows that a wrong clock put too far into the future are given out anew; no window is told of twice."""
    for frequency, longest in LONGEST.items():
        far_off = Subscription.objects.filter(frequency=frequency, due_at__gt=now + longest)
        far_off.update(due_at=None, unscheduled=True)


@transaction.atomic
def open_windows(now: datetime) -> None:
    """For those who hear as it happens: the first news since their last mail opens a window.

    No digest is made meanwhile: it would close a window that this has just seen open.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_OPENING])
        progress, _made = Progress.objects.get_or_create()
        upto = publishing.reached()
        if upto <= progress.position:
            return
        cursor.execute(
            """
            update notifications_subscription s set due_at = %(due)s
            from organisations_membership m,
                 (select distinct organisation_id, type from sharing_change
                  where position > %(after)s and position <= %(upto)s) news
            where m.id = s.membership_id and m.organisation_id = news.organisation_id
              and s.frequency = 'as_it_happens' and s.due_at is null and not s.unscheduled
              and news.type = case s.stream when 'new_results' then 'share.created' else 'result.changed' end
            """,
            {"due": now + BUNDLE, "after": progress.position, "upto": upto},
        )
        progress.position = upto
        progress.save(update_fields=["position"])


@transaction.atomic
def schedule(now: datetime) -> int:
    """Give those who are new, or have chosen anew, their first window; returns how many."""
    waiting = Subscription.objects.filter(unscheduled=True).order_by("pk").select_for_update(skip_locked=True)
    keys = list(waiting.values_list("pk", flat=True)[:AT_ONCE])
    if keys:
        _give_windows(keys, now)
        Subscription.objects.filter(pk__in=keys).update(unscheduled=False)
    return len(keys)


@transaction.atomic
def make_some(now: datetime) -> int | None:
    """Make the digests of some users whose windows are over; returns how many had news, None if nobody was due."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock_shared(%s)", [_OPENING])
    upto = publishing.reached()
    due = lock_due(now, most=AT_ONCE)
    if not due:
        return None
    told = _told_before(due)
    due_now = [each for each in due if each.digest_id not in told]
    made = _make(due_now, upto=upto, now=now)
    Subscription.objects.filter(pk__in=[each.key for each in due_now]).update(position=upto)
    _give_windows([each.key for each in due], now)
    return made


def _told_before(due: Sequence[Due]) -> set[uuid.UUID]:
    """Windows that have a digest: a clock went back.  What is new since waits for the next window."""
    return set(Digest.objects.filter(pk__in=[each.digest_id for each in due]).values_list("pk", flat=True))


def _make(due: Sequence[Due], *, upto: int, now: datetime) -> int:
    digests, letters = [], []
    for stream in Stream:
        followers = {each.key: _follower(each) for each in due if each.stream == stream}
        counts = _COUNT[stream](followers.values(), upto=upto, now=now)
        names = _names(followers, upto=upto, now=now) if stream == Stream.NEW_RESULTS else {}
        for each in due:
            if each.key in counts:
                digests.append(_digest(each, results=counts[each.key].total, upto=upto, now=now))
                letters.append(mails.digest(each, counts[each.key], names.get(each.key, [])))
    _store(digests)
    send_all(letters)
    return len(digests)


_COUNT: Final = {Stream.NEW_RESULTS: door.new_results, Stream.CHANGES: door.changed_results}


def _follower(due: Due) -> Follower:
    if due.stream != Stream.NEW_RESULTS:
        return Follower(due.key, due.organisation, due.position)
    return Follower(due.key, due.organisation, due.position, due.exams, due.meets_only)


def _names(followers: dict[int, Follower], *, upto: int, now: datetime) -> dict[int, list[str]]:
    """Of those whose organisation wants names in its digests."""
    organisations = {follower.organisation for follower in followers.values()}
    named = set(NamedDigests.objects.filter(pk__in=organisations).values_list("pk", flat=True))
    wanted = [follower for follower in followers.values() if follower.organisation in named]
    return door.names(wanted, upto=upto, now=now, most=MOST_NAMES) if wanted else {}


_Row = tuple[uuid.UUID, uuid.UUID, uuid.UUID, str, datetime, int, int, int, datetime]
_STORE: Final = """
    copy notifications_digest
        (id, user_id, organisation_id, stream, "window", position_from, position_to, results, made_at)
    from stdin
    """


def _digest(due: Due, *, results: int, upto: int, now: datetime) -> _Row:
    return (due.digest_id, due.user, due.organisation, due.stream, due.window, due.position, upto, results, now)


def _store(rows: Sequence[_Row]) -> None:
    """A fifth of the time of `bulk_create`."""
    with connection.cursor() as cursor, cursor.copy(_STORE) as copy:
        for row in rows:
            copy.write_row(row)


def _give_windows(keys: Collection[int], now: datetime) -> None:
    """Open the next window of each; as it happens, the next news does.

    Few different hours and time zones are worked out, however many users there are.
    """
    wishes = Subscription.objects.filter(pk__in=keys).values_list(
        "pk",
        "frequency",
        "unscheduled",
        "membership__notification_preference__weekday",
        "membership__notification_preference__hour",
        "membership__user__time_zone",
    )
    by_end: dict[datetime | None, list[int]] = {}
    ends: dict[tuple[str, bool, int, int, str], datetime | None] = {}
    for key, frequency, unscheduled, weekday, hour, time_zone in wishes:
        wish = (frequency, unscheduled, weekday, hour, time_zone)
        if wish not in ends:
            ends[wish] = _end(*wish, now=now)
        by_end.setdefault(ends[wish], []).append(key)
    for end, those in by_end.items():
        Subscription.objects.filter(pk__in=those).update(due_at=end)


def _end(
    frequency: str,
    unscheduled: bool,  # noqa: FBT001  (a column of the row)
    weekday: int,
    hour: int,
    time_zone: str,
    *,
    now: datetime,
) -> datetime | None:
    if frequency == Frequency.OFF or (frequency == Frequency.AS_IT_HAPPENS and not unscheduled):
        return None
    return next_end(frequency=frequency, weekday=weekday, hour=hour, time_zone=time_zone, after=now)
