"""The digests of 50,000 users with 500,000 new changes, against one SQL aggregation of the same rows by hand.

The users are of 10,000 organisations, five in each, and every change is news to all five: 2,500,000 pairs are counted.
A tenth of the users wants one exam only, another tenth only what meets the requirement; the limit counts everything.

Computing is all that the engine does but writing the mails: finding and locking who is due, counting with each user's
wishes, the digests' rows, the new positions and the next windows, in transactions of 2,500 users.  Writing the mails,
text and HTML, and putting them into the outbox is measured apart.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest import mock

from django.db import connection, transaction

from accounts.models import User
from bench import Figure
from bench.listing import _VERSIONS
from notifications import digests
from notifications.models import Digest, Frequency, Preference, Stream, Subscription
from organisations.models import AcceptedExam, Membership, Organisation, Role

ORGANISATIONS: Final = 10_000
USERS_OF_EACH: Final = 5
USERS: Final = ORGANISATIONS * USERS_OF_EACH
RESULTS: Final = 100_000
CHANGES: Final = 500_000
ROUNDS: Final = 2
FEW: Final = 5_000
GOAL: Final = 4
GOAL_MEMORY: Final = 1.1
NOW: Final = datetime(2026, 3, 10, 12, tzinfo=UTC)

_RESULTS: Final = f"""
    insert into results_result (id, reference_number, candidate_id, current_id, photo_hidden)
    select n, 'L' || lpad(n::text, 11, '0'), '', n, false from generate_series(1, {RESULTS}) n
"""
_SHARES: Final = f"""
    insert into sharing_share (
        id, organisation_id, result_id, version_shared_id, shared_by, shared_at, applicant_reference, with_photo,
        ending)
    select gen_random_uuid(), (%s::uuid[])[1 + mod(n, {ORGANISATIONS})], 1 + n / {CHANGES // RESULTS},
           1 + n / {CHANGES // RESULTS}, 'system:bench', %s, '', true, ''
    from generate_series(0, {CHANGES - 1}) n
"""
_CHANGES: Final = """
    insert into sharing_change (public_id, position, type, occurred_at, organisation_id, share_id)
    select gen_random_uuid(), row_number() over (order by id), 'share.created', shared_at, organisation_id, id
    from sharing_share
"""
_BY_HAND: Final = """
    select m.user_id, v.exam, count(*)
    from notifications_subscription n
    join organisations_membership m on m.id = n.membership_id
    join sharing_change c on c.organisation_id = m.organisation_id and c.position > n.position
    join sharing_share s on s.id = c.share_id
    join results_result r on r.id = s.result_id
    join results_resultversion v on v.id = r.current_id
    where n.stream = 'new_results' and n.due_at <= %s and c.type = 'share.created' and v.status = 'released'
      and s.ended_at is null and (s.expires_at is null or s.expires_at > %s)
    group by m.user_id, v.exam
"""


def run() -> list[Figure]:
    """Measure in turn; the best round of each side counts."""
    _load()
    limit = min(_time(_by_hand) for _round in range(ROUNDS))
    with _without_mails():
        computing = min(_all_of(USERS) for _round in range(ROUNDS))
    few, _seconds = _peak(FEW)
    many, whole = _peak(USERS)
    note = f"{USERS:,} users, {CHANGES:,} changes; limit: one SQL aggregation of the same rows; "
    return [
        Figure(
            "Digests, computing", computing, limit, computing / limit, GOAL, "s",
            f"{note}with the mails written and queued {whole:.1f} s", at_most=True,
        ),
        Figure(
            "Digests, memory", many, few, many / few, GOAL_MEMORY, "MB",
            f"peak of the process, mails included; limit: the same with {FEW:,} users", at_most=True,
        ),
    ]  # fmt: skip


def _by_hand() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_BY_HAND, [NOW, NOW])
        assert len({user for user, _exam, _count in cursor.fetchall()}) == USERS


def _all_of(users: int) -> float:
    """Seconds for the digests of so many users, who have all been told of nothing."""
    _begin_anew(users)
    seconds = _time(lambda: digests.run(NOW))
    assert Digest.objects.count() == users
    return seconds


def _peak(users: int) -> tuple[float, float]:
    """The process's highest memory in megabytes while it makes so many digests and their mails, and the seconds."""
    Path("/proc/self/clear_refs").write_text("5")  # the mark of the highest begins anew
    seconds = _all_of(users)
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024, seconds


def _nothing(*_words: object) -> None:
    """In the place of writing a mail, and of queueing it."""


@contextmanager
def _without_mails() -> Iterator[None]:
    """Functions and not mocks, which would keep all that they are called with."""
    with (
        mock.patch("notifications.mails.digest", new=_nothing),
        mock.patch.object(digests, "send_all", new=_nothing),
    ):
        yield


def _time(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# --- The data ---------------------------------------------------------------------------------------------------------


def _begin_anew(users: int) -> None:
    due = NOW - timedelta(hours=1)
    with connection.cursor() as cursor:
        cursor.execute("set rvs.allow_truncate = 'on'")
        cursor.execute("truncate notifications_digest")
        cursor.execute("delete from accounts_mail")
        cursor.execute("update notifications_subscription set due_at = null, position = 0, unscheduled = false")
        cursor.execute(
            "update notifications_subscription set due_at = %s where id in (select id from notifications_subscription"
            " where stream = 'new_results' order by id limit %s)",
            [due, users],
        )
        for table in ("notifications_subscription", "notifications_digest", "accounts_mail"):
            cursor.execute(f"vacuum (analyze) {table}")


def _load() -> None:
    """Straight into the tables, without triggers and without the checks of each row's references."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local rvs.allow_truncate = 'on'")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("truncate results_resultversion, results_result, sharing_change, sharing_share cascade")
        cursor.execute(_RESULTS)
        cursor.execute(_VERSIONS.replace("generate_series(1, 400000)", f"generate_series(1, {RESULTS})"))
        cursor.execute(_SHARES, [_people(), NOW - timedelta(days=1)])
        cursor.execute(_CHANGES)
        cursor.execute("update sharing_counter set value = %s", [CHANGES])
        cursor.execute("insert into notifications_progress (id, position) values (1, %s)", [CHANGES])
    with connection.cursor() as cursor:
        cursor.execute("vacuum analyze")
    _begin_anew(USERS)


def _people() -> list[uuid.UUID]:
    """The organisations' ids.  A thousand at a time, so that loading leaves no great mark on the process."""
    return [key for first in range(0, ORGANISATIONS, 1_000) for key in _some_people(range(first, first + 1_000))]


def _some_people(numbers: range) -> list[uuid.UUID]:
    organisations = Organisation.objects.bulk_create(
        Organisation(name=f"Bench {number}", country="GB") for number in numbers
    )
    places = [(each, number) for each in organisations for number in range(USERS_OF_EACH)]
    people = User.objects.bulk_create(
        User(email=f"digest{number}.{organisation.pk}@example.org", given_name="Bench")
        for organisation, number in places
    )
    memberships = Membership.objects.bulk_create(
        Membership(organisation=organisation, user=person, role=Role.ADMIN if number else Role.PRIMARY)
        for (organisation, number), person in zip(places, people, strict=True)
    )
    AcceptedExam.objects.bulk_create(
        AcceptedExam(organisation=each, exam="FCE", minimum_score=160) for each in organisations
    )
    Preference.objects.bulk_create(
        Preference(membership=each, exams=["FCE"] if number % 10 == 3 else [], meets_only=number % 10 == 7)
        for number, each in enumerate(memberships)
    )
    streams = {Stream.NEW_RESULTS: Frequency.DAILY, Stream.CHANGES: Frequency.AS_IT_HAPPENS}
    Subscription.objects.bulk_create(
        Subscription(membership=each, stream=stream, frequency=frequency, unscheduled=False)
        for each in memberships
        for stream, frequency in streams.items()
    )
    return [organisation.pk for organisation in organisations]
