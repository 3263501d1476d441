"""Checks by number: an organisation proves that it knows a result's number and date of birth."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, Value

from accounts import audit
from accounts.models import Action
from organisations.models import Organisation
from results.models import Result, ResultVersion, Status
from results.numbers import normalise
from results.presentation import describe
from sharing import announcements, limits
from sharing.door.history import changed_since
from sharing.door.rights import RightKind
from sharing.door.traces import count_access
from sharing.models import Channel, OrganisationNotice, Outcome, Pause, Scope
from sharing.querysets import VerificationQuerySet

RIGHT_LASTS = timedelta(days=365)
MOST_CHANGED: Final = 100
CHANGED: Final = Exists(OrganisationNotice.objects.since("version_seen"))
MATCHING_STATUSES = {Status.RELEASED, Status.CANCELLED}
"""A check by number tells of these; the others answer like an unknown number."""


@dataclass(frozen=True, slots=True)
class Recent:
    """One line of the list of recent verifications."""

    verification_id: uuid.UUID
    candidate_name: str
    exam: str
    status: str
    applicant_reference: str
    last_made_at: datetime
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """What a match of a list tells; the rest is behind the verification.

    `changed` names what the result says differently since the organisation checked it before.
    """

    verification_id: uuid.UUID
    given_names: str
    family_name: str
    cancelled: bool
    changed: tuple[str, ...]


class _Verified(NamedTuple):
    """A verification as it was just written, and the version that its organisation saw before, if it did."""

    verification_id: uuid.UUID
    version_id: int
    seen_before_id: int | None


def check_by_number(
    *,
    organisation: Organisation,
    actor: str,
    number: str,
    date_of_birth: date,
    applicant_reference: str = "",
    now: datetime,
) -> uuid.UUID | Pause | None:
    """Check a reference or verification number with a date of birth.

    Returns:
        The verification's id on a match (also of a cancelled result), the pause when a limit ends the check, or None:
        no match, whatever the cause.  The three causes of None take the same queries.
    """
    found = _check(
        organisation=organisation,
        actor=actor,
        number=number,
        date_of_birth=date_of_birth,
        applicant_reference=applicant_reference,
        now=now,
    )
    return found if isinstance(found, Pause | None) else found.verification_id


@transaction.atomic
def check_announced(
    *,
    announcement: uuid.UUID,
    organisation: Organisation,
    actor: str,
    number: str,
    date_of_birth: date,
    applicant_reference: str,
    now: datetime,
) -> Matched | Pause | None:
    """A check of a list that was announced (sharing/announcements.py), counted as one of those to come.

    Returns:
        In the manner of `check_by_number`.  A pause of the whole organisation leaves the check to come; any other is
        about this number alone, and the list goes on without it.
    """
    found = _check(
        organisation=organisation,
        actor=actor,
        number=number,
        date_of_birth=date_of_birth,
        applicant_reference=applicant_reference,
        now=now,
        announcement=announcement,
    )
    if isinstance(found, Pause) and found.scope == Scope.ORGANISATION:
        return found
    announcements.one_made(announcement, now)
    if isinstance(found, Pause | None):
        return found
    version = ResultVersion.objects.select_related("result").get(pk=found.version_id)
    seen_before = found.seen_before_id not in {None, version.pk}
    return Matched(
        verification_id=found.verification_id,
        given_names=version.given_names,
        family_name=version.family_name,
        cancelled=version.status == Status.CANCELLED,
        changed=changed_since(version=version, seen_id=found.seen_before_id or 0) if seen_before else (),
    )


@transaction.atomic
def _check(
    *,
    organisation: Organisation,
    actor: str,
    number: str,
    date_of_birth: date,
    applicant_reference: str,
    now: datetime,
    announcement: uuid.UUID | None = None,
) -> _Verified | Pause | None:
    result = Result.objects.with_number(normalise(number)).first()
    attempt = limits.attempt(
        organisation=organisation,
        actor=actor,
        number=normalise(number),
        result=result,
        date_of_birth=date_of_birth,
        at=now,
        announcement=announcement,
    )
    if pause := limits.refusal(attempt):
        _record(attempt, Action.CHECK_REFUSED, f"pause:{pause.pk}")
        return pause
    outcome = _outcome(result, date_of_birth)
    limits.count(attempt, outcome)
    if result is None or outcome != Outcome.MATCH:
        _record(attempt, Action.CHECK_NOT_MATCHED)
        return None
    verified = _verify(attempt, result, applicant_reference)
    count_access(
        kind=RightKind.VERIFICATION,
        right_id=verified.verification_id,
        version_id=verified.version_id,
        channel=Channel.SEARCH,
        actor=actor,
        now=now,
    )
    _record(attempt, Action.CHECK_MATCHED, f"verification:{verified.verification_id}")
    return verified


def _outcome(result: Result | None, date_of_birth: date) -> Outcome:
    if result is None or result.current.date_of_birth != date_of_birth:
        return Outcome.MISS
    return Outcome.MATCH if result.current.status in MATCHING_STATUSES else Outcome.NOT_RELEASED


def _verify(attempt: limits.Attempt, result: Result, applicant_reference: str) -> _Verified:
    """The organisation's verification of this result, made or renewed in one statement, and the versions it saw.

    With the result locked, so that this is the version in force: of every later one the ledger will tell.
    """
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "organisation": attempt.organisation.pk,
        "result": result.pk,
        "actor": attempt.actor,
        "reference": applicant_reference,
        "now": attempt.at,
        "until": attempt.at + RIGHT_LASTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with before as (
                select version_seen_id from sharing_verification
                where organisation_id = %(organisation)s and result_id = %(result)s)
            insert into sharing_verification
                (id, organisation_id, result_id, version_seen_id, made_by, applicant_reference,
                 made_at, last_made_at, right_until)
            select %(id)s, %(organisation)s, r.id, r.current_id, %(actor)s, %(reference)s, %(now)s, %(now)s, %(until)s
            from (select id, current_id from results_result where id = %(result)s for key share) r
            on conflict (organisation_id, result_id) do update set
                version_seen_id = excluded.version_seen_id,
                made_by = excluded.made_by,
                applicant_reference = coalesce(
                    nullif(excluded.applicant_reference, ''), sharing_verification.applicant_reference),
                last_made_at = excluded.last_made_at,
                right_until = excluded.right_until
            returning id, version_seen_id, (select version_seen_id from before)
            """,
            values,
        )
        (row,) = cursor.fetchall()
    return _Verified._make(row)


def recent_verifications(*, organisation: Organisation, now: datetime) -> list[Recent]:
    """The organisation's latest verifications: enough to find one again, nothing of the outcome."""
    return _lines(organisation.verifications.annotate(changed=CHANGED).recent(now))


def changed_verifications(*, organisation: Organisation, now: datetime) -> list[Recent]:
    """Those whose result has changed since, and nobody of the organisation has acknowledged it; the latest first."""
    changed = organisation.verifications.filter(CHANGED, result__in=organisation.notices.open().values("result"))
    return _lines(changed.annotate(changed=Value(value=True)).recent(now, MOST_CHANGED))


def _lines(verifications: VerificationQuerySet) -> list[Recent]:
    return [
        Recent(
            verification_id=verification.pk,
            candidate_name=view.candidate_name,
            exam=view.display_name,
            status=view.status,
            applicant_reference=verification.applicant_reference,
            last_made_at=verification.last_made_at,
            is_changed=verification.changed,  # type: ignore[attr-defined]  # an annotation
        )
        for verification in verifications
        for view in [describe(verification.result.current)]
    ]


def _record(attempt: limits.Attempt, action: Action, target: str = "") -> None:
    audit.record(actor=attempt.actor, action=action, target=target, organisation=str(attempt.organisation.pk))
