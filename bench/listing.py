"""Shared Results of an organisation with 200,000 shares inside 2,000,000, against SQL written by hand.

Both sides start from a session's key and end with what the page needs: who asks, the rows with what is new among them,
the total (capped), and the number of new ones for the navigation.  Ours is the whole view as it runs; the limit is one
statement by hand for each of these.  Only the time in the database counts, on both sides.

The shares are of 400,000 results: each result is shared with five of ten organisations.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench import Figure
from organisations.models import Membership, Organisation, Role
from sharing.door import Order, Position
from sharing.shared_results import cursors

ORGANISATIONS: Final = 10
RESULTS: Final = 400_000
SHARES_OF_A_RESULT: Final = 5
DEPTH: Final = 100_000
ROUNDS: Final = 25
MOST_QUERIES: Final = 12
GOAL_VIEW: Final = 1.5
GOAL_DEEP: Final = 1.3
LIST: Final = "/shared-results/"
NAME: Final = ("zsofia", "dvorak")
"""As somebody types it; each of its words is in the names of some 2,000 of the organisation's candidates."""

_NAMES = """
    with parts as (
        select array(select 'Given' || n from generate_series(1, 100) n)
               || array['Zsófia', 'Łukasz', 'Ana María'] given,
               array(select 'Family' || n from generate_series(1, 100) n) || array['Dvořák', 'O’Brien'] family)
"""
_RESULTS = f"""
    insert into results_result (id, reference_number, candidate_id, current_id, photo_hidden)
    select n, 'L' || lpad(n::text, 11, '0'), '', n, false from generate_series(1, {RESULTS}) n
"""
_VERSIONS = f"""
    {_NAMES}
    insert into results_resultversion (
        id, result_id, number, created_at, reason, note, status, issued_status, held, given_names, family_name,
        date_of_birth, email, exam, session, exam_date, centre_number, centre_name, place_of_entry, country,
        label, score, cefr, reading, use_of_english, writing, listening, speaking, reading_and_writing, exempt,
        certificate_number, photo)
    select n, n, 1, now(), 'imported', '', 'released', 'released', false,
           given[1 + mod(n::bigint * 7919, 103)], family[1 + mod(n::bigint * 104729 / 103, 102)],
           date '1990-01-01' + mod(n, 5500), 'person' || n || '@example.org', 'FCE', 'March (FS) 2021',
           date '2021-03-13', 'GB599', 'Fenland Assessment Centre', 'CAMBRIDGE', 'GB', 'Pass at Grade C', 170, 'B2',
           '172', '172', '169', '157', '178', '', false, '', ''
    from generate_series(1, {RESULTS}) n, parts
"""
_SHARES = f"""
    insert into sharing_share (
        id, organisation_id, result_id, version_shared_id, shared_by, shared_at, expires_at, applicant_reference,
        with_photo, ending)
    select gen_random_uuid(), (%s::uuid[])[1 + mod(n + k, {ORGANISATIONS})], n, n, 'system:bench',
           %s - make_interval(secs => mod(n::bigint * 7907, {RESULTS}) * 60 + k), %s + interval '1 year',
           case when mod(n, 2) = 0 then 'A-' || n else '' end, true, ''
    from generate_series(1, {RESULTS}) n, generate_series(0, {SHARES_OF_A_RESULT - 1}) k
"""
_SEEN = """
    insert into sharing_seen (user_id, share_id, version_first_seen_id, first_seen_at)
    select %s, id, version_shared_id, now() from sharing_share
    where organisation_id = %s order by shared_at desc, id offset 20 limit 5000
"""


@dataclass
class Watch:
    """How long the database took, statement by statement."""

    seconds: list[float] = field(default_factory=list)

    def __call__(self, execute: Callable[..., Any], *call: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(*call)
        finally:
            self.seconds.append(time.perf_counter() - start)


@dataclass(frozen=True)
class Stage:
    """What is measured: one page by the view, and the same by hand."""

    name: str
    address: str
    rows: str
    total: str
    values: dict[str, Any]


def run() -> list[Figure]:
    """Measure in turn, several rounds; the best of them counts, for both sides."""
    organisation, user = _load()
    client = _signed_in(user)
    stages = _stages(client, organisation, user)
    ours: dict[str, list[float]] = {stage.name: [] for stage in stages}
    limits: dict[str, list[float]] = {stage.name: [] for stage in stages}
    for _round in range(ROUNDS + 1):
        for stage in stages:
            ours[stage.name].append(_time(lambda stage=stage: _by_view(client, stage)))  # type: ignore[misc]
            limits[stage.name].append(_time(lambda stage=stage: _by_hand(stage)))  # type: ignore[misc]
    figures = [_figure(stage, ours[stage.name][1:], limits[stage.name][1:]) for stage in stages]  # the first warms up
    first, deep = figures[0], figures[1]
    return [
        *figures,
        Figure(
            "Shared Results, deep against first", deep.ours, first.ours, deep.ours / first.ours, GOAL_DEEP, "ms",
            f"the page after {DEPTH:,} shares; limit: the first page", at_most=True,
        ),
        _queries(client, stages),
    ]  # fmt: skip


def _figure(stage: Stage, ours: list[float], limits: list[float]) -> Figure:
    mine, limit = (min(times) * 1_000 for times in (ours, limits))
    note = "database time; limit: the same by hand; 200,000 of 2,000,000 shares of 400,000 results"
    return Figure(f"Shared Results, {stage.name}", mine, limit, mine / limit, GOAL_VIEW, "ms", note, at_most=True)


def _queries(client: Client, stages: list[Stage]) -> Figure:
    counts = []
    for stage in stages:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(stage.address).status_code == 200
        counts.append(len(queries))
    most = max(counts)
    return Figure(
        "Shared Results, queries", most, MOST_QUERIES, most / MOST_QUERIES, 1, "queries", "of the whole view",
        at_most=True,
    )  # fmt: skip


# --- The data ---------------------------------------------------------------------------------------------------------


def _load() -> tuple[Organisation, User]:
    """Rows by the million, straight into the empty tables, without the checks of each row's references."""
    organisations, users = zip(*(_organisation(number) for number in range(ORGANISATIONS)), strict=True)
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local rvs.allow_truncate = 'on'")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("truncate results_resultversion, results_result cascade")
        cursor.execute(_RESULTS)
        cursor.execute(_VERSIONS)
        cursor.execute(_SHARES, [[organisation.pk for organisation in organisations], now, now])
        cursor.execute(_SEEN, [users[0].pk, organisations[0].pk])
    with connection.cursor() as cursor:
        for table in ("results_result", "results_resultversion", "sharing_share", "sharing_seen"):
            cursor.execute(f"vacuum (analyze) {table}")
    return organisations[0], users[0]


def _organisation(number: int) -> tuple[Organisation, User]:
    user = User.objects.create_user(f"listing{number}@example.org", None, given_name="Bench")
    with transaction.atomic():
        organisation = Organisation.objects.create(name=f"Listing {number}", country="GB")
        Membership.objects.create(organisation=organisation, user=user, role=Role.PRIMARY)
    return organisation, user


# --- The two sides ----------------------------------------------------------------------------------------------------

_WHO = """
    select u.*, m.*, o.* from accounts_session s
    join accounts_user u on u.id = s.user_id
    join organisations_membership m on m.user_id = u.id
    join organisations_organisation o on o.id = m.organisation_id
    where s.session_key = %(session)s and s.expire_date > now()
"""
_IN_FORCE = (
    "s.organisation_id = %(organisation)s and s.ended_at is null and (s.expires_at is null or s.expires_at > now())"
)
_OF_A_NAME = "and rvs_name_words(v.given_names, v.family_name) @@ to_tsquery('simple', %(name)s)"
_ROWS = f"""
    select s.*, r.reference_number, v.*,
           not exists (select from sharing_seen x where x.share_id = s.id and x.user_id = %(user)s)
    from sharing_share s join results_result r on r.id = s.result_id join results_resultversion v on v.id = r.current_id
    where {_IN_FORCE} {{and}} order by s.shared_at desc, s.id limit 51
"""
_TOTAL = f"""
    select count(*) from (
        select from sharing_share s
        join results_result r on r.id = s.result_id join results_resultversion v on v.id = r.current_id
        where {_IN_FORCE} {{and}} limit 1001) counted
"""
_TOTAL_OF_ALL = f"select count(*) from (select from sharing_share s where {_IN_FORCE} limit 1001) counted"
_NEW = f"""
    select count(*), count(*) filter (where not exists (
        select from sharing_seen x where x.share_id = recent.id and x.user_id = %(user)s))
    from (select s.id from sharing_share s where {_IN_FORCE} order by s.shared_at desc, s.id limit 1000) recent
"""
_AFTER = "and s.shared_at <= %(shared_at)s and (s.shared_at < %(shared_at)s or s.id > %(share)s)"


def _stages(client: Client, organisation: Organisation, user: User) -> list[Stage]:
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    values: dict[str, Any] = {"organisation": organisation.pk, "user": user.pk, "session": session}
    with connection.cursor() as cursor:
        cursor.execute(
            f"select shared_at, id from sharing_share s where {_IN_FORCE} order by shared_at desc, id "
            f"offset {DEPTH - 1} limit 1",
            values,
        )
        ((shared_at, share),) = cursor.fetchall()
    place = cursors.seal(Position(shared_at, share), Order())
    found = client.post(LIST, {"name": " ".join(NAME)})["Location"]
    name = " & ".join(f"'{word}':*" for word in NAME)
    return [
        Stage("first page", LIST, _ROWS.format_map({"and": ""}), _TOTAL_OF_ALL, values),
        Stage(
            f"page at depth {DEPTH:,}", f"{LIST}?page={place}", _ROWS.format_map({"and": _AFTER}), _TOTAL_OF_ALL,
            {**values, "shared_at": shared_at, "share": share},
        ),
        Stage(
            "name search", found, _ROWS.format_map({"and": _OF_A_NAME}), _TOTAL.format_map({"and": _OF_A_NAME}),
            {**values, "name": name},
        ),
    ]  # fmt: skip


def _by_view(client: Client, stage: Stage) -> None:
    response = client.get(stage.address)
    assert response.status_code == 200
    assert response.content.count(b'name="share"') > 10


def _by_hand(stage: Stage) -> None:
    with connection.cursor() as cursor:
        for statement in (_WHO, stage.rows, stage.total, _NEW):
            cursor.execute(statement, stage.values)
            assert cursor.fetchall()


def _time(work: Callable[[], None]) -> float:
    watch = Watch()
    with connection.execute_wrapper(watch):
        work()
    return sum(watch.seconds)


def _signed_in(user: User) -> Client:
    """In a session that has begun."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    client.get("/help/")
    return client
