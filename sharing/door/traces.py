"""Who looked, written before anything is handed out."""

import uuid
from datetime import datetime
from typing import Any, Final

from django.db import connection

from sharing.door.rights import RightKind
from sharing.models import Channel

FIRST_OPENED: Final = """
    opened as (
        insert into sharing_candidatenotice (id, candidate_id, type, result_id, share_id, at, state)
        select gen_random_uuid(), claim.candidate_id, 'opened', share.result_id, share.id, %(now)s, 'waiting'
        from sharing_share share join results_claim claim on claim.result_id = share.result_id
        where share.id = any(%(shares)s)
          and not exists (select from sharing_access before where before.share_id = share.id)
        order by share.id
        on conflict do nothing)
    """
"""The candidate is told of the first of all accesses to a share; it goes with the statement that writes the access."""
_COUNT: Final = {
    kind: f"""
        with {FIRST_OPENED}
        insert into sharing_access ({kind}_id, version_id, channel, actor, day, count, first_at, last_at)
        values (%(right)s, %(version)s, %(channel)s, %(actor)s, %(day)s, 1, %(now)s, %(now)s)
        on conflict ({kind}_id, version_id, channel, actor, day)
        do update set count = sharing_access.count + 1, last_at = excluded.last_at
        """  # noqa: S608  (our own column's name)
    for kind in RightKind
}


def count_access(
    *, kind: RightKind, right_id: uuid.UUID, version_id: int, channel: Channel, actor: str, now: datetime
) -> None:
    """One row a day, however often: a nightly export must not bury the candidate."""
    values: dict[str, Any] = {
        "right": right_id,
        "shares": [right_id] if kind is RightKind.SHARE else [],
        "version": version_id,
        "channel": channel,
        "actor": actor,
        "day": now.date(),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT[kind], values)
