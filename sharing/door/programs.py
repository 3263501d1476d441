"""What programs ask for by the page: which shares come next, and whose results were shared or changed in a time.

Both only name shares; what their results say is then taken a set at a time (sharing/door/taking.py).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models import Q

from accounts import audit
from accounts.models import Action
from organisations.models import Organisation
from results import catalogue
from sharing.door.traces import written
from sharing.models import Channel


class Place(NamedTuple):
    """A share, and where it stands among its organisation's: by the time of sharing, oldest first."""

    shared_at: datetime
    share_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which shares a program asks for; the earlier end of the time counts, the later does not."""

    exam: str = ""
    shared_from: datetime | None = None
    shared_before: datetime | None = None


def next_shares(
    *, organisation: Organisation, after: Place | None, limit: int, narrowing: Narrowing, now: datetime
) -> tuple[list[uuid.UUID], Place | None]:
    """The next shares in force after a place, or the first; and the place where they go on, if they do.

    A page costs the same at any depth.
    """
    shares = organisation.shares.in_force(now)
    if narrowing.exam:
        shares = shares.filter(result__current__exam=narrowing.exam)
    if narrowing.shared_from:
        shares = shares.filter(shared_at__gte=narrowing.shared_from)
    if narrowing.shared_before:
        shares = shares.filter(shared_at__lt=narrowing.shared_before)
    if after:
        # Not a plain OR, which would make the database read the list from its beginning.
        later = Q(shared_at__gt=after.shared_at) | Q(pk__lt=after.share_id)
        shares = shares.filter(later, shared_at__gte=after.shared_at)
    found = list(shares.order_by("shared_at", "-pk").values_list("pk", flat=True)[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], Place(organisation.shares.values_list("shared_at", flat=True).get(pk=last), last)


class Person(NamedTuple):
    """One candidate's shares, the newest first, each with the time that it is listed by."""

    shares: tuple[uuid.UUID, ...]
    times: tuple[datetime, ...]


_ONE_ELEMENT_A_PERSON: Final = """
    select array_agg(id order by heard_at desc, exam_date desc, id),
           array_agg(heard_at order by heard_at desc, exam_date desc, id)
    from (
        select s.id, v.exam_date, {heard_at} as heard_at,
               coalesce(c.candidate_id::text, concat_ws(E'\\x1f', v.given_names, v.family_name, v.date_of_birth)) as who
        from sharing_share s
        join results_result r on r.id = s.result_id
        join results_resultversion v on v.id = r.current_id
        left join results_claim c on c.result_id = r.id
        {changed}
        where s.organisation_id = %(organisation)s and s.ended_at is null
          and (s.expires_at is null or s.expires_at > %(now)s) and {listed}
    ) listed
    group by who
    order by max(heard_at), min(id::text)
    limit %(limit)s offset %(offset)s
    """
_IN_TIME: Final = _ONE_ELEMENT_A_PERSON.format(
    heard_at="case when s.shared_at between %(start)s and %(end)s then s.shared_at else changed.at end",
    changed="""
        left join (select share_id, max(occurred_at) as at from sharing_change
                   where organisation_id = %(organisation)s and occurred_at between %(start)s and %(end)s
                     and type in ('share.updated', 'result.changed') and share_id is not null
                   group by share_id) changed on changed.share_id = s.id
        """,
    listed="(s.shared_at between %(start)s and %(end)s or changed.at is not null)",
)
_BY_NUMBER: Final = _ONE_ELEMENT_A_PERSON.format(
    heard_at="s.shared_at", changed="", listed="(r.reference_number = %(number)s or r.verification_number = %(number)s)"
)


def people_between(
    *, organisation: Organisation, start: datetime, end: datetime, limit: int, offset: int, now: datetime
) -> list[Person]:
    """Who shared a result from `start` to `end`, or had a shared one changed; by the time, the oldest first.

    People are told apart by their account, without one by names and date of birth [contract: compatibility call].
    """
    return _people(_IN_TIME, organisation, now, start=start, end=end, limit=limit, offset=offset)


def people_with_number(*, organisation: Organisation, number: str, now: datetime) -> list[Person]:
    """Whoever shared the result with this reference or verification number (normalised): one person, or nobody."""
    return _people(_BY_NUMBER, organisation, now, number=number, limit=1, offset=0)


def _people(statement: str, organisation: Organisation, now: datetime, **values: Any) -> list[Person]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organisation": organisation.pk, "now": now, **values})
        return [Person(tuple(shares), tuple(times)) for shares, times in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Picture:
    """A test-day photo that may be handed out; where it is kept stays behind the door."""

    _name: str

    def read(self) -> bytes:
        """As JPEG."""
        with default_storage.open(self._name) as file:
            picture: bytes = file.read()
        return picture


_PICTURES: Final = f"""
    with shown as materialized (
        select s.id as right_id, v.id as version_id, v.photo
        from sharing_share s
        join results_result r on r.id = s.result_id
        join results_resultversion v on v.id = r.current_id
        where s.id = any(%(shares)s) and s.organisation_id = %(organisation)s and s.ended_at is null
          and (s.expires_at is null or s.expires_at > %(now)s)
          and s.with_photo and not r.photo_hidden and v.status = 'released' and v.photo <> ''
          and v.exam = any(%(with_photo)s)),
    {written(shares="select right_id, version_id from shown")}
    select right_id, photo from shown
    """  # noqa: S608  (our own columns' names)


@transaction.atomic
def pictures(
    *, organisation: Organisation, shares: Sequence[uuid.UUID], actor: str, now: datetime, purpose: str
) -> dict[uuid.UUID, Picture]:
    """The photos of these shares' results, without those that have none or whose candidate keeps it back.

    Each access is written in the same transaction; the trail names `purpose`.
    """
    if not shares:
        return {}
    values: dict[str, Any] = {
        "shares": list(shares),
        "organisation": organisation.pk,
        "with_photo": list(catalogue.WITH_PHOTO),
        "channel": Channel.PHOTO.value,
        "actor": actor,
        "day": now.date(),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PICTURES, values)
        found = {share_id: Picture(name) for share_id, name in cursor.fetchall()}
    audit.record(
        actor=actor,
        action=Action.RESULTS_TAKEN,
        target=purpose,
        organisation=str(organisation.pk),
        detail={"channel": Channel.PHOTO.value, "results": len(found)},
    )
    return found
