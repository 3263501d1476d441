"""Who looked, written before anything is handed out."""

import uuid
from datetime import datetime
from typing import Final

from django.db import connection

from sharing.door.rights import RightKind
from sharing.models import Channel

_COUNT: Final = {
    kind: f"""
        insert into sharing_access ({kind}_id, version_id, channel, actor, day, count, first_at, last_at)
        values (%s, %s, %s, %s, %s, 1, %s, %s)
        on conflict ({kind}_id, version_id, channel, actor, day)
        do update set count = sharing_access.count + 1, last_at = excluded.last_at
        """  # noqa: S608  (our own column's name)
    for kind in RightKind
}


def count_access(
    *, kind: RightKind, right_id: uuid.UUID, version_id: int, channel: Channel, actor: str, now: datetime
) -> None:
    """One row a day, however often: a nightly export must not bury the candidate."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT[kind], [right_id, version_id, channel, actor, now.date(), now, now])
