"""Who looked, written before anything is handed out."""

import uuid
from datetime import datetime
from typing import Any, Final

from django.db import connection

from sharing.door.rights import RightKind
from sharing.models import Channel


def written(*, shares: str = "", verifications: str = "") -> str:
    """The parts of a statement (`with ...`) that write accesses to what these queries give: right_id and version_id.

    One row a day, however often: a nightly export must not bury the candidate, who is told of the first of all accesses
    to a share.  The statement has the values channel, actor, day and now.
    """
    parts = [_counted(kind, query) for kind, query in (("share", shares), ("verification", verifications)) if query]
    return ",".join([_first_opened(shares), *parts] if shares else parts)


def _counted(kind: str, query: str) -> str:
    return f"""
    traced_{kind} as (
        insert into sharing_access ({kind}_id, version_id, channel, actor, day, count, first_at, last_at)
        select right_id, version_id, %(channel)s, %(actor)s, %(day)s, 1, %(now)s, %(now)s
        from ({query}) accessed order by right_id
        on conflict ({kind}_id, version_id, channel, actor, day)
        do update set count = sharing_access.count + 1, last_at = excluded.last_at)
    """  # noqa: S608  (our own column's name)


def _first_opened(query: str) -> str:
    return f"""
    opened as (
        insert into sharing_candidatenotice (id, candidate_id, type, result_id, share_id, at, state)
        select gen_random_uuid(), claim.candidate_id, 'opened', share.result_id, share.id, %(now)s, 'waiting'
        from sharing_share share join results_claim claim on claim.result_id = share.result_id
        where share.id = any(array(select right_id from ({query}) accessed))
          and not exists (select from sharing_access before where before.share_id = share.id)
        order by share.id
        on conflict do nothing)
    """  # noqa: S608


_ONE: Final = "select %(right)s::uuid as right_id, %(version)s::bigint as version_id"
_COUNT: Final = {
    RightKind.SHARE: f"with {written(shares=_ONE)} select",
    RightKind.VERIFICATION: f"with {written(verifications=_ONE)} select",
}


def count_access(
    *, kind: RightKind, right_id: uuid.UUID, version_id: int, channel: Channel, actor: str, now: datetime
) -> None:
    """Write one access."""
    values: dict[str, Any] = {
        "right": right_id,
        "version": version_id,
        "channel": channel,
        "actor": actor,
        "day": now.date(),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT[kind], values)
