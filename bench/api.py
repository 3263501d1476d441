"""The API through the server: pages of 500 against the same JSON out of one SQL statement, and a whole synchronisation.

The limit is a bare view of the same server (bench/urls.py): no proof of who asks, no right that is checked, no trace
that is written, only one statement that makes the whole text.  Ours does all of that, and each page is one that nobody
took before, so that every trace is a new row.
"""

import base64
import http.client
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction

from accounts.models import User
from bench import Figure
from bench.searching import server
from organisations.api_clients import secrets
from organisations.models import ApiClient, Membership, Organisation, Role

SHARES: Final = 200_000
PAGE: Final = 500
ROUNDS: Final = 40
ENDS: Final = 40
GOAL_PAGE: Final = 0.3
GOAL_DEEP: Final = 1.2
GOAL_MEMORY: Final = 1.1

_RESULTS: Final = f"""
    insert into results_result (id, reference_number, candidate_id, current_id, photo_hidden)
    select n, 'A' || lpad(n::text, 11, '0'), '', n, false from generate_series(1, {SHARES}) n
"""
_VERSIONS: Final = f"""
    insert into results_resultversion (
        id, result_id, number, created_at, reason, note, status, issued_status, held, given_names, family_name,
        date_of_birth, email, exam, session, exam_date, centre_number, centre_name, place_of_entry, country,
        label, score, cefr, reading, use_of_english, writing, listening, speaking, reading_and_writing, exempt,
        certificate_number, photo)
    select n, n, 1, now(), 'imported', '', 'released', 'released', false, 'Zsófia ' || n, 'Dvořák',
           date '1990-01-01' + mod(n, 5500), 'person' || n || '@example.org', 'FCE', 'March (FS) 2021',
           date '2021-03-13', 'GB599', 'Fenland Assessment Centre', 'CAMBRIDGE', 'GB', 'Pass at Grade C', 170, 'B2',
           '172', '172', '169', '157', '178', '', false, '', ''
    from generate_series(1, {SHARES}) n
"""
_SHARES: Final = f"""
    insert into sharing_share (
        id, organisation_id, result_id, version_shared_id, shared_by, shared_at, expires_at, applicant_reference,
        with_photo, ending)
    select gen_random_uuid(), %s, n, n, 'system:bench', now() - make_interval(secs => {SHARES} - n),
           now() + interval '1 year', 'A-' || n, true, ''
    from generate_series(1, {SHARES}) n
"""
_CHANGES: Final = """
    insert into sharing_change (public_id, position, type, occurred_at, organisation_id, share_id)
    select gen_random_uuid(), row_number() over (order by shared_at), 'share.created', shared_at, organisation_id, id
    from sharing_share where organisation_id = %s
"""

SHARE_AS_JSON: Final = """
    json_build_object(
        'id', s.id, 'status', 'active', 'shared_at', s.shared_at, 'expires_at', s.expires_at,
        'applicant_reference', s.applicant_reference,
        'candidate', json_build_object('given_names', v.given_names, 'family_name', v.family_name,
                                       'date_of_birth', v.date_of_birth, 'email', coalesce(u.email, v.email)),
        'result', json_build_object(
            'reference_number', r.reference_number, 'version', v.number, 'status', v.status,
            'exam', json_build_object('code', v.exam, 'name', 'B2 First'), 'session', v.session,
            'exam_date', v.exam_date, 'centre_number', v.centre_number, 'result', v.label, 'score', v.score,
            'cefr_level', v.cefr,
            'components', json_build_array(
                json_build_object('name', 'Reading', 'score', v.reading::int),
                json_build_object('name', 'Use of English', 'score', v.use_of_english::int),
                json_build_object('name', 'Writing', 'score', v.writing::int),
                json_build_object('name', 'Listening', 'score', v.listening::int),
                json_build_object('name', 'Speaking', 'score', v.speaking::int)),
            'changed_at', v.created_at))
"""
_SAYS: Final = """
    join results_result r on r.id = s.result_id
    join results_resultversion v on v.id = r.current_id
    left join results_claim c on c.result_id = r.id
    left join accounts_user u on u.id = c.candidate_id
"""
BARE: Final = {
    "shares": f"""
        select json_build_object('items', json_agg(item), 'next_cursor', 'x')::text from (
            select {SHARE_AS_JSON} as item from sharing_share s {_SAYS}
            where s.organisation_id = %(organisation)s and s.ended_at is null
              and (s.expires_at is null or s.expires_at > now())
              and s.shared_at > (select shared_at from sharing_change c join sharing_share s on s.id = c.share_id
                                 where c.position = greatest(%(after)s, 1)) - case when %(after)s = 0
                                 then interval '1 second' else interval '0' end
            order by s.shared_at, s.id desc limit {PAGE}) page
    """,
    "changes": f"""
        select json_build_object('items', json_agg(item), 'next_cursor', 'x')::text from (
            select json_build_object('id', k.public_id, 'type', k.type, 'occurred_at', k.occurred_at,
                                     'share_id', k.share_id, 'share', {SHARE_AS_JSON}) as item
            from sharing_change k join sharing_share s on s.id = k.share_id {_SAYS}
            where k.organisation_id = %(organisation)s and k.position > %(after)s
            order by k.position limit {PAGE}) page
    """,
}


class Line:
    """A connection to the server, and what a client sends on it."""

    def __init__(self, port: int, organisation: Organisation) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        now, secret = datetime.now(UTC), secrets.new_secret()
        client = ApiClient.objects.create(
            organisation=organisation,
            name=uuid.uuid4().hex,
            secret_digest=secrets.digest(secret),
            scopes=["results:read"],
            created_by="system:bench",
            expires_at=now + timedelta(days=300),
        )
        self.id, self.secret = str(client.pk), secret
        proof = base64.b64encode(f"{client.pk}:{secret}".encode()).decode()
        self.headers = {"Authorization": f"Basic {proof}"}

    def get(self, address: str) -> tuple[float, dict[str, Any]]:
        """How long it took, until the whole text is there, and what it says."""
        start = time.perf_counter()
        self.connection.request("GET", address, headers=self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        seconds = time.perf_counter() - start
        assert answer.status == 200, text
        return seconds, json.loads(text)

    def pages(self, name: str) -> Iterator[tuple[float, dict[str, Any]]]:
        cursor = None
        while True:
            seconds, page = self.get(f"/api/v1/{name}?limit={PAGE}" + (f"&cursor={cursor}" if cursor else ""))
            cursor = page["next_cursor"]
            if page["items"]:
                yield seconds, page
            if cursor is None or not page["items"]:
                return


def run() -> list[Figure]:
    organisation = _load()
    with server(workers=1) as (port, process):
        figures = [figure for name in ("changes", "shares") for figure in _pages(port, organisation, name)]
        figures += [figure for name in ("changes", "shares") for figure in _whole(port, process, organisation, name)]
        figures.append(_client(port, organisation))
    return figures


def _pages(port: int, organisation: Organisation, name: str) -> Iterator[Figure]:
    """In turn, page after page; the medians count."""
    ours, limits = [], []
    line, bare = Line(port, organisation), Line(port, organisation)
    for number, (seconds, page) in enumerate(line.pages(name)):
        took, same = bare.get(f"/bench/json/{name}?organisation={organisation.pk}&after={number * PAGE}")
        assert [_told(one) for one in same["items"]] == [_told(one) for one in page["items"]]
        ours.append(seconds)
        limits.append(took)
        if number == ROUNDS:
            break
    mine, limit = (PAGE / statistics.median(times[1:]) for times in (ours, limits))  # the first one warms up
    note = "pages of 500, traces written; limit: one SQL statement in a bare view of the same server"
    yield Figure(f"API, /{name}", mine, limit, mine / limit, GOAL_PAGE, "items/s", note)


def _told(item: dict[str, Any]) -> str:
    """Without times, which PostgreSQL writes in another form."""
    share = item.get("share", item)
    return json.dumps({**share, "shared_at": "", "expires_at": "", "result": {**share["result"], "changed_at": ""}})


def _whole(port: int, process: int, organisation: Organisation, name: str) -> Iterator[Figure]:
    """Everything from the first page to the last, and what the server needed for it; then both ends in turn."""
    seconds, count, early = 0.0, 0, 0.0
    cursors: list[str | None] = [None]
    for number, (took, page) in enumerate(Line(port, organisation).pages(name)):
        seconds += took
        count += len(page["items"])
        cursors.append(page["next_cursor"])
        if number == ENDS:
            early = _peak(process)
    late = _peak(process)
    assert count == SHARES
    pages = cursors[: SHARES // PAGE]
    again, times = Line(port, organisation), tuple[list[float], list[float]](([], []))
    for ends in zip(pages[1:ENDS], pages[-ENDS:], strict=False):
        for cursor, measured in zip(ends, times, strict=True):
            measured.append(again.get(f"/api/v1/{name}?limit={PAGE}&cursor={cursor}")[0] * 1_000)
    first, last = map(statistics.median, times)
    yield Figure(
        f"API, whole /{name}: last pages against first", last, first, last / first, GOAL_DEEP, "ms",
        f"{SHARES:,} shares in {len(pages)} pages, {seconds:.0f} s; then the first and the last {ENDS} in turn",
        at_most=True,
    )  # fmt: skip
    yield Figure(
        f"API, whole /{name}: memory of the server", late, early, late / early, GOAL_MEMORY, "MB",
        f"peak at the end against that after {ENDS} pages", at_most=True,
    )  # fmt: skip


def _peak(process: int) -> float:
    """MB that the server's processes together have held at most."""
    family = [process, *(int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split())]
    said = [Path(f"/proc/{one}/status").read_text().split("VmHWM:")[1].split()[0] for one in family]
    return sum(map(int, said)) / 1024


def _client(port: int, organisation: Organisation) -> Figure:
    """The example client in a process of its own, into SQLite."""
    line = Line(port, organisation)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "shares.sqlite3")
        program = (
            "import runpy, sys; sys.argv = sys.argv[1:]\n"
            "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
            "finally: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"
        )
        start = time.perf_counter()
        said = subprocess.run(
            [sys.executable, "-c", program, "docs/examples/sync_client.py", f"http://127.0.0.1:{port}", str(file)],
            env={**os.environ, "RVS_CLIENT_ID": line.id, "RVS_CLIENT_SECRET": line.secret},
            cwd=settings.BASE_DIR, check=True, capture_output=True, text=True,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        with closing(sqlite3.connect(file)) as database:
            (held,) = database.execute("select count(*) from share").fetchone()
    assert held == SHARES
    memory = int(said.stdout.split()[-1]) / 1024
    note = f"docs/examples/sync_client.py takes {SHARES:,} shares into SQLite, {seconds:.0f} s"
    return Figure("API, example client: memory", memory, 100, memory / 100, 1, "MB", note, at_most=True)


def _load() -> Organisation:
    """Rows straight into the empty tables, without the checks of each row's references."""
    user = User.objects.create_user("api-bench@example.org", None, given_name="Bench")
    with transaction.atomic():
        organisation = Organisation.objects.create(name="API bench", country="GB")
        Membership.objects.create(organisation=organisation, user=user, role=Role.PRIMARY)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local rvs.allow_truncate = 'on'")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("truncate results_resultversion, results_result, sharing_change cascade")
        cursor.execute(_RESULTS)
        cursor.execute(_VERSIONS)
        cursor.execute(_SHARES, [organisation.pk])
        cursor.execute(_CHANGES, [organisation.pk])
        cursor.execute(
            "insert into sharing_counter (id, value) values (1, %s)"
            " on conflict (id) do update set value = excluded.value",
            [SHARES],
        )
    with connection.cursor() as cursor:
        for table in ("results_result", "results_resultversion", "sharing_share", "sharing_change", "sharing_access"):
            cursor.execute(f"vacuum (analyze) {table}")
    return organisation
