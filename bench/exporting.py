"""Data files of 100,000 results, against raw COPY (query) TO STDOUT of the same rows and columns.

Ours is the whole path: the results are taken through the one door, a set at a time, with an access event for each, and
written to a file with everything in it.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from django.db import connection, transaction

from accounts.models import User
from bench import Figure
from downloads.columns import EVERYTHING
from downloads.exporters import export
from downloads.models import Format
from downloads.options import Options
from organisations.models import Membership, Organisation, Role
from sharing.door import RightId, RightKind, Taken, take
from sharing.models import Channel

ROWS: Final = 100_000
AT_A_TIME: Final = 2_000
ROUNDS: Final = 3
GOALS: Final = {Format.CSV: 0.35, Format.XLSX: 0.15}

_VERSIONS: Final = f"""
    insert into results_resultversion (
        id, result_id, number, created_at, reason, note, status, issued_status, held, given_names, family_name,
        date_of_birth, email, exam, session, exam_date, centre_number, centre_name, place_of_entry, country,
        label, score, cefr, reading, use_of_english, writing, listening, speaking, reading_and_writing, exempt,
        certificate_number, certificate_date, photo)
    select n, n, 1, now() - n * interval '1 second', 'imported', '', 'released', 'released', false,
           'Given' || mod(n, 997), 'Family' || mod(n, 9973), date '1990-01-01' + mod(n, 5500),
           'person' || n || '@example.org', 'FCE', 'March (FS) 2021', date '2021-03-13', 'GB599',
           'Fenland Assessment Centre', 'CAMBRIDGE', 'GB', 'Pass at Grade C', 170, 'B2', '172', '172', '169', '157',
           '178', '', false, lpad(n::text, 10, '0'), date '2021-05-01', ''
    from generate_series(1, {ROWS}) n
"""
_RESULTS: Final = f"""
    insert into results_result (id, reference_number, candidate_id, current_id, photo_hidden)
    select n, 'E' || lpad(n::text, 11, '0'), '', n, false from generate_series(1, {ROWS}) n
"""
_SHARES: Final = f"""
    insert into sharing_share (
        id, organisation_id, result_id, version_shared_id, shared_by, shared_at, expires_at, applicant_reference,
        with_photo, ending)
    select gen_random_uuid(), %s, n, n, 'system:bench', %s - n * interval '1 minute', %s + interval '1 year',
           case when mod(n, 2) = 0 then 'A-' || n else '' end, true, ''
    from generate_series(1, {ROWS}) n
"""
_COPY: Final = """
    copy (
        select 'share', s.id, s.shared_at, s.expires_at, s.applicant_reference, c.candidate_id,
               r.reference_number, coalesce(r.verification_number, ''), r.candidate_id, v.id, v.number, v.created_at,
               v.given_names, v.family_name, v.date_of_birth, coalesce(u.email, v.email), v.exam, v.session,
               v.exam_date, v.centre_number, v.centre_name, v.place_of_entry, v.country, v.status, v.label, v.score,
               v.cefr, v.reading, v.use_of_english, v.writing, v.listening, v.speaking, v.reading_and_writing, v.exempt,
               v.certificate_number, v.certificate_date, v.photo <> ''
        from sharing_share s
        join results_result r on r.id = s.result_id join results_resultversion v on v.id = r.current_id
        left join results_claim c on c.result_id = r.id left join accounts_user u on u.id = c.candidate_id
        where s.organisation_id = %s and s.ended_at is null and (s.expires_at is null or s.expires_at > now())
        order by s.shared_at desc, s.id) to stdout with (format csv, header)
"""


def run() -> list[Figure]:
    """Measure in turn, several rounds; the best of them counts, for both sides."""
    organisation = _load()
    shares = organisation.shares.order_by("-shared_at").values_list("pk", flat=True)
    rights = [RightId(RightKind.SHARE, pk) for pk in shares]
    limit = _best(lambda: _copy(organisation))
    taking = _best(lambda: sum(map(len, _batches(organisation, rights))))
    note = (
        f"{ROWS:,} rows of {len(EVERYTHING)} columns; of our time {taking:.1f} s are taking them with their"
        " access events; limit: raw COPY TO STDOUT"
    )
    figures = []
    for form, goal in GOALS.items():
        ours = _best(lambda form=form: _export(organisation, rights, form))  # type: ignore[misc]
        figures.append(Figure(f"data file, {form}", ROWS / ours, ROWS / limit, limit / ours, goal, "rows/s", note))
    return figures


def _export(organisation: Organisation, rights: Sequence[RightId], form: Format) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = export(
            options=Options(format=form), batches=_batches(organisation, rights), folder=Path(folder), name="bench"
        )
        assert made.rows == ROWS


def _batches(organisation: Organisation, rights: Sequence[RightId]) -> Iterator[list[Taken]]:
    for start in range(0, len(rights), AT_A_TIME):
        found = take(
            organisation=organisation,
            rights=rights[start : start + AT_A_TIME],
            actor="system:bench",
            channel=Channel.EXPORT,
            now=datetime.now(UTC),
            purpose="bench",
        )
        yield list(found.values())


def _copy(organisation: Organisation) -> None:
    with connection.cursor() as cursor, cursor.copy(_COPY, [organisation.pk]) as copied:
        assert sum(len(block) for block in copied) > ROWS * 100


def _best(work: Callable[[], object]) -> float:
    times = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _load() -> Organisation:
    """Rows straight into the empty tables, without the checks of each row's references."""
    user = User.objects.create_user("exporting@example.org", None, given_name="Bench")
    now = datetime.now(UTC)
    with transaction.atomic(), connection.cursor() as cursor:
        organisation = Organisation.objects.create(name="Exporting", country="GB")
        Membership.objects.create(organisation=organisation, user=user, role=Role.PRIMARY)
        cursor.execute("set local rvs.allow_truncate = 'on'")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("truncate results_resultversion, results_result cascade")
        cursor.execute(_RESULTS)
        cursor.execute(_VERSIONS)
        cursor.execute(_SHARES, [organisation.pk, now, now])
    with connection.cursor() as cursor:
        for table in ("results_result", "results_resultversion", "sharing_share"):
            cursor.execute(f"vacuum (analyze) {table}")
    return organisation
