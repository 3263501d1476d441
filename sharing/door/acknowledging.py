"""Somebody of an organisation says that they have seen that a result changed."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from accounts import audit
from accounts.models import Action, User
from organisations.models import Organisation
from sharing.door.rights import RightId, held

MOST_WAITING: Final = 10_000
_WAITING: Final = """
    with waiting as (
        select result_id, max(version_id) as version_id from sharing_organisationnotice
        where organisation_id = %(organisation)s and acknowledged_at is null
        group by result_id limit %(most)s)
    select (select count(*) from waiting join sharing_share held using (result_id)
            where held.organisation_id = %(organisation)s and held.ended_at is null
              and (held.expires_at is null or held.expires_at > %(now)s)
              and held.version_shared_id < waiting.version_id),
           (select count(*) from waiting join sharing_verification held using (result_id)
            where held.organisation_id = %(organisation)s and held.right_until > %(now)s
              and held.version_seen_id < waiting.version_id)
    """


class Waiting(NamedTuple):
    """How many of an organisation's shares and verifications have a change that nobody has acknowledged."""

    shares: int
    verifications: int


def waiting(*, organisation: Organisation, now: datetime) -> Waiting:
    """One query, quick when there are none, and bounded when there are many."""
    values: dict[str, Any] = {"organisation": organisation.pk, "now": now, "most": MOST_WAITING}
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, values)
        ((shares, verifications),) = cursor.fetchall()
    return Waiting(shares, verifications)


@transaction.atomic
def acknowledge(*, organisation: Organisation, right: RightId, up_to: int, by: User, now: datetime) -> int:
    """Acknowledge the changes of a result up to version number `up_to`, for the whole organisation.

    For a share and a verification of the same result at once.  Returns how many changes had been open: of two people at
    the same moment one has acknowledged them.

    Raises:
        NotAvailableError: not this organisation's, or the right has ended.
    """
    result = held(organisation=organisation, right=right, now=now).result
    seen = result.versions.filter(number__lte=up_to)
    # Without a join: whoever waits for another one's update then sees that nothing is open any more.
    still_open = organisation.notices.open().filter(result=result, version__in=seen.values("pk"))
    count = still_open.update(acknowledged_at=now, acknowledged_by=audit.user_actor(by))
    if count:
        audit.record(
            actor=audit.user_actor(by),
            action=Action.CHANGE_ACKNOWLEDGED,
            target=f"{right.kind}:{right.id}",
            organisation=str(organisation.pk),
            detail={"changes": count, "version": up_to},
        )
    return count
