"""What is new reaches the ledger, and what is in the ledger gets its position.  See docs/adr/0009-ledger.md.

Both steps begin with a lock, in a statement of its own: the next statement then sees all that was committed before it,
and two that run at once do the work one after the other.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from sharing.door import changes
from sharing.models import Counter

# Any two numbers will do, as long as nothing else locks them.
_PASSING_ON = 20_050_102
_NUMBERING = 20_050_103


def publish(now: datetime) -> None:
    """Pass on the new versions of results, and number the rows that have been committed; quick when there are none."""
    if _something_waits():
        pass_on_versions(now)
        number_rows()


def _something_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select exists (select from results_versionoutbox)
                or exists (select from sharing_change where position is null)
            """
        )
        ((waits,),) = cursor.fetchall()
    return bool(waits)


_SHOWN_ANYWAY: Final = ("status", *changes.NAME, *changes.FACTS)


def _row(table: str, names: Iterable[str]) -> str:
    return f"({', '.join(f'{table}.{name}' for name in names)})"


_PASS_ON: Final = f"""
    with news as (delete from results_versionoutbox returning version_id),
         versions as materialized (
             select v.id, v.result_id, v.created_at,
                    v.status = 'released' and not exists (
                        select from results_resultversion e
                        where e.result_id = v.result_id and e.number < v.number and e.status = 'released') as is_first
             from news join results_resultversion v on v.id = news.version_id
                  left join results_resultversion p on p.result_id = v.result_id and p.number = v.number - 1
             where p.id is null or v.status = 'released'
                or {_row("v", _SHOWN_ANYWAY)} is distinct from {_row("p", _SHOWN_ANYWAY)}),
         told as materialized (
             select s.organisation_id, s.id as share_id, null::uuid as verification_id,
                    versions.id as version_id, versions.result_id, versions.created_at
             from versions join sharing_share s using (result_id)
             where s.ended_at is null and (s.expires_at is null or s.expires_at > %(now)s)
             union all
             select r.organisation_id, null, r.id, versions.id, versions.result_id, versions.created_at
             from versions join sharing_verification r using (result_id)
             where r.right_until > %(now)s),
         candidates as (
             insert into sharing_candidatenotice (id, candidate_id, type, result_id, version_id, at, state)
             select gen_random_uuid(), claim.candidate_id,
                    case when versions.is_first
                              and not exists (select from told where told.version_id = versions.id)
                         then 'released' else 'changed' end,
                    versions.result_id, versions.id, versions.created_at, 'waiting'
             from versions join results_claim claim using (result_id)
             on conflict do nothing),
         organisations as (
             insert into sharing_organisationnotice (organisation_id, result_id, version_id, at, acknowledged_by)
             select distinct organisation_id, result_id, version_id, created_at, '' from told order by version_id
             on conflict do nothing)
    insert into sharing_change
        (public_id, type, occurred_at, organisation_id, share_id, verification_id, version_id)
    select gen_random_uuid(), 'result.changed', created_at, organisation_id, share_id, verification_id, version_id
    from told order by version_id
    on conflict do nothing
    """  # noqa: S608  (our own columns' names)


@transaction.atomic
def pass_on_versions(now: datetime) -> None:
    """Tell everybody who relies on a result of its new versions, in one statement: all of them, or nobody.

    A row of the ledger for each share and verification in force, a notice for each organisation, which somebody of it
    has to acknowledge, and one for the candidate, so that nobody hears without them.  A version that shows the same as
    the one before it (a file speaks of a result that staff withhold) is no news.  The versions leave the outbox in the
    same transaction.  Whoever gets the right later sees the new version at once, and needs no row.
    """
    with connection.cursor() as cursor:
        _lock(cursor, _PASSING_ON)
        cursor.execute(_PASS_ON, {"now": now})


@transaction.atomic
def number_rows() -> None:
    """Give the rows that have been committed the next positions, without gaps, in an order that readers can trust.

    An id is taken when a row is written and seen when it is committed, so that a reader by id would skip rows.
    """
    with connection.cursor() as cursor:
        _lock(cursor, _NUMBERING)
        cursor.execute(
            """
            with todo as (select id, row_number() over (order by id) as n from sharing_change where position is null),
                 last as (insert into sharing_counter (id, value) select 1, count(*) from todo
                          on conflict (id) do update set value = sharing_counter.value + excluded.value
                          returning value - (select count(*) from todo) as base)
            update sharing_change c set position = last.base + todo.n from todo, last where c.id = todo.id
            """
        )


def reached() -> int:
    """Everything up to this position has been committed, and can be seen by the statements that follow."""
    return Counter.objects.values_list("value", flat=True).first() or 0


def _lock(cursor: CursorWrapper, key: int) -> None:
    cursor.execute("select pg_advisory_xact_lock(%s)", [key])
