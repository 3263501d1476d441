"""Results taken a set at a time: for data files, and for programs.

One statement looks up which of the shares and verifications are in force, writes who took them, and hands out what
their results say today.  What a result does not show, `describe` would not show either: a test compares the two
(tests/sharing/test_taking.py).
"""

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from psycopg import Cursor

from accounts import audit
from accounts.models import Action
from organisations.models import Organisation
from results import catalogue
from sharing.door.rights import RightId, RightKind
from sharing.door.traces import written
from sharing.models import Channel


class Taken(NamedTuple):
    """What one result says today to an organisation that has a right to it.

    Where it is not released, all that tells of the outcome is empty: from `label` to `certificate_date`.  Components
    are Cambridge English Scale scores, or profile words before the scale, as text; empty where the exam has none.
    `owner` is the candidate's account: results with the same owner are one person's.  `email` is the account's, without
    an account that of the results file [contract: compatibility call].
    """

    kind: str
    right_id: uuid.UUID
    given_at: datetime
    right_until: datetime | None
    applicant_reference: str
    owner: uuid.UUID | None
    reference_number: str
    verification_number: str
    candidate_id: str
    version_id: int
    version_number: int
    changed_at: datetime
    given_names: str
    family_name: str
    date_of_birth: date
    email: str
    exam: str
    session: str
    exam_date: date
    centre_number: str
    centre_name: str
    place_of_entry: str
    country: str
    status: str
    label: str
    score: int | None
    cefr: str
    reading: str
    use_of_english: str
    writing: str
    listening: str
    speaking: str
    reading_and_writing: str
    exempt: bool
    certificate_number: str
    certificate_date: date | None
    has_photo: bool


_KINDS: Final = {kind.value: kind for kind in RightKind}
_OUTCOME: Final = {
    "label": "''",
    "score": "null",
    "cefr": "''",
    "reading": "''",
    "use_of_english": "''",
    "writing": "''",
    "listening": "''",
    "speaking": "''",
    "reading_and_writing": "''",
    "exempt": "false",
    "certificate_number": "''",
    "certificate_date": "null",
}
_SHOWN: Final = ",\n    ".join(
    f"case when v.status = 'released' then v.{name} else {nothing} end as {name}" for name, nothing in _OUTCOME.items()
)
_SAYS: Final = f"""
    c.candidate_id as owner,
    r.reference_number, coalesce(r.verification_number, '') as verification_number, r.candidate_id,
    v.id as version_id, v.number as version_number, v.created_at as changed_at,
    v.given_names, v.family_name, v.date_of_birth, coalesce(u.email, v.email) as email,
    v.exam, v.session, v.exam_date, v.centre_number, v.centre_name, v.place_of_entry, v.country, v.status,
    {_SHOWN},
    {{with_photo}} and v.status = 'released' and v.photo <> '' and not r.photo_hidden and v.exam = any(%(with_photo)s)
        as has_photo
    """
_RESULT: Final = """
    join results_result r on r.id = held.result_id
    join results_resultversion v on v.id = r.current_id
    left join results_claim c on c.result_id = r.id
    left join accounts_user u on u.id = c.candidate_id
    """
_TAKE: Final = f"""
    with taken as materialized (
        select 'share' as kind, held.id as right_id, held.shared_at as given_at, held.expires_at as right_until,
               held.applicant_reference, {_SAYS.format(with_photo="held.with_photo")}
        from sharing_share held {_RESULT}
        where held.id = any(%(shares)s) and held.organisation_id = %(organisation)s
          and held.ended_at is null and (held.expires_at is null or held.expires_at > %(now)s)
        union all
        select 'verification', held.id, held.last_made_at, held.right_until,
               held.applicant_reference, {_SAYS.format(with_photo="true")}
        from sharing_verification held {_RESULT}
        where held.id = any(%(verifications)s) and held.organisation_id = %(organisation)s
          and held.right_until > %(now)s),
    {{traces}}
    select * from taken
    """  # noqa: S608  (our own columns' names)
_TAKE_TRACED: Final = _TAKE.format(
    traces=written(
        shares="select right_id, version_id from taken where kind = 'share'",
        verifications="select right_id, version_id from taken where kind = 'verification'",
    )
)


@transaction.atomic
def take(
    *,
    organisation: Organisation,
    rights: Iterable[RightId],
    actor: str,
    channel: Channel,
    now: datetime,
    purpose: str,
) -> dict[RightId, Taken]:
    """What the results behind these shares and verifications say today, in the order of `rights`.

    Those that are not this organisation's, or not in force any more, are missing.  Each access is written in the same
    transaction; `purpose` is what the audit trail names it by, such as `download:<id>`.  Meant for some thousand rights
    at a time; where there are none nothing is taken, and nothing leaves a trace.
    """
    wanted = list(dict.fromkeys(rights))
    if not wanted:
        return {}
    values: dict[str, Any] = {
        "organisation": organisation.pk,
        "shares": [right.id for right in wanted if right.kind is RightKind.SHARE],
        "verifications": [right.id for right in wanted if right.kind is RightKind.VERIFICATION],
        "with_photo": list(catalogue.WITH_PHOTO),
        "actor": actor,
        "channel": channel.value,
        "day": now.date(),
        "now": now,
    }
    # Straight from the driver, in binary: half the time of a large set is otherwise spent on reading dates.
    connection.ensure_connection()
    with Cursor(connection.connection, row_factory=lambda _cursor: Taken._make) as cursor:
        cursor.execute(_TAKE_TRACED, values, binary=True)
        taken = {RightId(_KINDS[row.kind], row.right_id): row for row in cursor.fetchall()}
    audit.record(
        actor=actor,
        action=Action.RESULTS_TAKEN,
        target=purpose,
        organisation=str(organisation.pk),
        detail={"channel": channel.value, "results": len(taken)},
    )
    return {right: taken[right] for right in wanted if right in taken}
