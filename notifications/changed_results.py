"""For staff: who was told of a changed result, and when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from sharing.models import OrganisationNotice

_TOLD: Final = """
    select notice.id, person.given_name, person.family_name, mail.state, mail.created_at, mail.sent_at
    from unnest(%(notices)s::bigint[]) wanted (id)
    join sharing_organisationnotice notice on notice.id = wanted.id
    join notifications_digest digest on digest.organisation_id = notice.organisation_id and digest.stream = 'changes'
        and exists (select from sharing_change change
                        left join sharing_share share on share.id = change.share_id
                        left join sharing_verification verification on verification.id = change.verification_id
                    where change.version_id = notice.version_id and change.type = 'result.changed'
                      and change.organisation_id = notice.organisation_id
                      and change.position > digest.position_from and change.position <= digest.position_to
                      and (least(share.ended_at, share.expires_at, 'infinity') > digest.made_at and share.id is not null
                           or verification.right_until > digest.made_at))
    join accounts_user person on person.id = digest.user_id
    left join accounts_mail mail on mail.id = digest.id
    order by notice.id, digest.made_at, person.family_name
    """


@dataclass(frozen=True, slots=True)
class Told:
    """A user of an organisation whose digest told of a change; `sent_at` is empty until the mail server took it.

    `state` is the mail's; empty when its record is older than records are kept.
    """

    notice_id: int
    name: str
    state: str
    written_at: datetime | None
    sent_at: datetime | None


def told_of(notices: Iterable[OrganisationNotice]) -> dict[int, list[Told]]:
    """Who was told, by the notice's id; one query.

    A digest tells only of what the organisation still held when it was made.
    """
    found: dict[int, list[Told]] = {notice.pk: [] for notice in notices}
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, {"notices": list(found)})
        for told in _rows(cursor.fetchall()):
            found[told.notice_id].append(told)
    return found


def _rows(rows: Iterable[tuple[int, str, str, str | None, datetime | None, datetime | None]]) -> Iterator[Told]:
    for notice, given, family, state, written, sent in rows:
        yield Told(notice, f"{given} {family}".strip(), state or "", written, sent)
