"""The one door to a result: whatever an organisation gets of a result, it gets through these functions.

They check the organisation's right today, and write who looked in the same transaction.  A test shows that no other
code hands a result to an organisation (tests/test_architecture.py).
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection, transaction

from accounts import audit
from accounts.models import Action
from organisations.models import Organisation
from results import codes
from results.models import Result, ResultVersion, Status
from results.numbers import normalise
from results.presentation import ResultView, describe
from results.statement import Statement, render_statement
from sharing import limits
from sharing.models import Channel, Outcome, Pause

RIGHT_LASTS = timedelta(days=365)
MATCHING_STATUSES = {Status.RELEASED, Status.CANCELLED}
"""A check by number tells of these; the others answer like an unknown number."""

AUDIT_ACTIONS = {
    Channel.PAGE: Action.RESULT_VIEWED,
    Channel.STATEMENT: Action.STATEMENT_DOWNLOADED,
    Channel.PHOTO: Action.PHOTO_VIEWED,
}


class NotAvailableError(Exception):
    """The organisation has no right to this, or there is no such thing; nobody is told which."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A result as its organisation may see it now; the version itself stays behind the door."""

    verification_id: uuid.UUID
    applicant_reference: str
    last_made_at: datetime
    right_until: datetime
    changed_since_seen: bool
    reference_number: str
    date_of_birth: date
    view: ResultView
    _version: ResultVersion


@dataclass(frozen=True, slots=True)
class Recent:
    """One line of the list of recent verifications."""

    verification_id: uuid.UUID
    candidate_name: str
    exam: str
    status: str
    applicant_reference: str
    last_made_at: datetime


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
    with transaction.atomic():
        result = Result.objects.with_number(normalise(number)).first()
        attempt = limits.attempt(
            organisation=organisation,
            actor=actor,
            number=normalise(number),
            result=result,
            date_of_birth=date_of_birth,
            at=now,
        )
        if pause := limits.refusal(attempt):
            _record(attempt, Action.CHECK_REFUSED, f"pause:{pause.pk}")
            return pause
        outcome = _outcome(result, date_of_birth)
        limits.count(attempt, outcome)
        if result is None or outcome != Outcome.MATCH:
            _record(attempt, Action.CHECK_NOT_MATCHED)
            return None
        verification_id = _verify(attempt, result, applicant_reference)
        _count_access(verification_id, result.current_id, Channel.SEARCH, actor, now)
        _record(attempt, Action.CHECK_MATCHED, f"verification:{verification_id}")
        return verification_id


def _outcome(result: Result | None, date_of_birth: date) -> Outcome:
    if result is None or result.current.date_of_birth != date_of_birth:
        return Outcome.MISS
    return Outcome.MATCH if result.current.status in MATCHING_STATUSES else Outcome.NOT_RELEASED


def _verify(attempt: limits.Attempt, result: Result, applicant_reference: str) -> uuid.UUID:
    """The id of the organisation's verification of this result, made or renewed in one statement."""
    values: dict[str, Any] = {
        "id": uuid.uuid4(),
        "organisation": attempt.organisation.pk,
        "result": result.pk,
        "version": result.current_id,
        "actor": attempt.actor,
        "reference": applicant_reference,
        "now": attempt.at,
        "until": attempt.at + RIGHT_LASTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into sharing_verification
                (id, organisation_id, result_id, version_seen_id, made_by, applicant_reference,
                 made_at, last_made_at, right_until)
            values (%(id)s, %(organisation)s, %(result)s, %(version)s, %(actor)s, %(reference)s,
                    %(now)s, %(now)s, %(until)s)
            on conflict (organisation_id, result_id) do update set
                version_seen_id = excluded.version_seen_id,
                made_by = excluded.made_by,
                applicant_reference = coalesce(
                    nullif(excluded.applicant_reference, ''), sharing_verification.applicant_reference),
                last_made_at = excluded.last_made_at,
                right_until = excluded.right_until
            returning id
            """,
            values,
        )
        verification_id: uuid.UUID = cursor.fetchone()[0]
    return verification_id


@transaction.atomic
def open_verification(
    *, organisation: Organisation, verification_id: uuid.UUID, actor: str, channel: Channel, now: datetime
) -> Opened:
    """The result behind a verification, as it stands today; the access is written before anything is handed out.

    Raises:
        NotAvailableError: not this organisation's, its right has ended, or the channel has nothing to give: a statement
            or photo of a result that is not released, or a photo that does not exist.
    """
    verification = (
        organisation.verifications.in_force(now).select_related("result__current").filter(pk=verification_id).first()
    )
    if verification is None:
        raise NotAvailableError
    version = verification.result.current
    view = describe(version)
    if channel == Channel.STATEMENT and not view.shows_result:
        raise NotAvailableError
    if channel == Channel.PHOTO and not view.has_photo:
        raise NotAvailableError
    _count_access(verification.pk, version.pk, channel, actor, now)
    audit.record(
        actor=actor,
        action=AUDIT_ACTIONS[channel],
        target=f"verification:{verification.pk}",
        organisation=str(organisation.pk),
        detail={"version": view.version_number},
    )
    return Opened(
        verification_id=verification.pk,
        applicant_reference=verification.applicant_reference,
        last_made_at=verification.last_made_at,
        right_until=verification.right_until,
        changed_since_seen=verification.version_seen_id != version.pk,
        reference_number=verification.result.reference_number,
        date_of_birth=version.date_of_birth,
        view=view,
        _version=version,
    )


def recent_verifications(*, organisation: Organisation, now: datetime) -> list[Recent]:
    """The organisation's latest verifications: enough to find one again, nothing of the outcome."""
    return [
        Recent(
            verification_id=verification.pk,
            candidate_name=view.candidate_name,
            exam=view.display_name,
            status=view.status,
            applicant_reference=verification.applicant_reference,
            last_made_at=verification.last_made_at,
        )
        for verification in organisation.verifications.recent(now)
        for view in [describe(verification.result.current)]
    ]


def photo(opened: Opened) -> bytes | None:
    """The test-day photo (JPEG) of a result that was just opened; None where there is none."""
    if not opened.view.has_photo:
        return None
    with default_storage.open(opened._version.photo) as file:  # noqa: SLF001  (behind the door)
        picture: bytes = file.read()
    return picture


def statement(opened: Opened, *, now: datetime, address_of: Callable[[str], str]) -> bytes:
    """The Statement of Results (PDF) of a result that was opened for it."""
    code = codes.code_of(opened._version)  # noqa: SLF001  (behind the door)
    return render_statement(
        Statement(
            view=opened.view,
            reference_number=opened.reference_number,
            code=codes.grouped(code),
            check_url=address_of(code),
            issued_at=now,
            photo=photo(opened),
        )
    )


def _record(attempt: limits.Attempt, action: Action, target: str = "") -> None:
    audit.record(actor=attempt.actor, action=action, target=target, organisation=str(attempt.organisation.pk))


def _count_access(verification_id: uuid.UUID, version_id: int, channel: Channel, actor: str, now: datetime) -> None:
    """One row a day, however often: a nightly export must not bury the candidate."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into sharing_access
                (verification_id, version_id, channel, actor, day, count, first_at, last_at)
            values (%s, %s, %s, %s, %s, 1, %s, %s)
            on conflict (verification_id, version_id, channel, actor, day)
            do update set count = sharing_access.count + 1, last_at = excluded.last_at
            """,
            [verification_id, version_id, channel, actor, now.date(), now, now],
        )
