"""A result that an organisation has a right to: its page, its photo, its Statement of Results."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.core.files.storage import default_storage
from django.db import transaction

from accounts import audit
from accounts.models import Action
from organisations.models import Organisation
from results import codes
from results.models import ResultVersion
from results.presentation import ResultView, describe
from results.statement import Statement, render_statement
from sharing.door.rights import NotAvailableError, Right, RightKind, by_share, by_verification
from sharing.door.traces import count_access
from sharing.models import Channel

AUDIT_ACTIONS = {
    Channel.PAGE: Action.RESULT_VIEWED,
    Channel.STATEMENT: Action.STATEMENT_DOWNLOADED,
    Channel.PHOTO: Action.PHOTO_VIEWED,
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A result as its organisation may see it now; the version itself stays behind the door.

    `given_at` is when it was shared, or last checked by number; `changed_since_seen` compares with the version of then.
    """

    kind: RightKind
    right_id: uuid.UUID
    applicant_reference: str
    given_at: datetime
    right_until: datetime | None
    changed_since_seen: bool
    reference_number: str
    date_of_birth: date
    view: ResultView
    _version: ResultVersion
    _version_seen_id: int

    @property
    def version_id(self) -> int:
        return self._version.pk


@transaction.atomic
def open_share(
    *, organisation: Organisation, share_id: uuid.UUID, actor: str, channel: Channel, now: datetime
) -> Opened:
    """The result behind a share, as it stands today; the access is written before anything is handed out.

    Raises:
        NotAvailableError: not this organisation's, withdrawn or expired, or the channel has nothing to give: a
            statement or photo of a result that is not released, a photo that is not there or that the candidate keeps
            back.
    """
    right = by_share(organisation=organisation, share_id=share_id, now=now)
    return _open(right, organisation=organisation, actor=actor, channel=channel, now=now)


@transaction.atomic
def open_verification(
    *, organisation: Organisation, verification_id: uuid.UUID, actor: str, channel: Channel, now: datetime
) -> Opened:
    """The result behind a verification, in the same manner.

    Raises:
        NotAvailableError: not this organisation's, its right has ended, or the channel has nothing to give.
    """
    right = by_verification(organisation=organisation, verification_id=verification_id, now=now)
    return _open(right, organisation=organisation, actor=actor, channel=channel, now=now)


def _open(right: Right, *, organisation: Organisation, actor: str, channel: Channel, now: datetime) -> Opened:
    version = right.result.current
    view = describe(version)
    view = replace(view, has_photo=view.has_photo and right.with_photo)
    if channel == Channel.STATEMENT and not view.shows_result:
        raise NotAvailableError
    if channel == Channel.PHOTO and not view.has_photo:
        raise NotAvailableError
    count_access(kind=right.kind, right_id=right.id, version_id=version.pk, channel=channel, actor=actor, now=now)
    audit.record(
        actor=actor,
        action=AUDIT_ACTIONS[channel],
        target=f"{right.kind}:{right.id}",
        organisation=str(organisation.pk),
        detail={"version": view.version_number},
    )
    return Opened(
        kind=right.kind,
        right_id=right.id,
        applicant_reference=right.applicant_reference,
        given_at=right.given_at,
        right_until=right.until,
        changed_since_seen=right.version_seen_id != version.pk,
        reference_number=right.result.reference_number,
        date_of_birth=version.date_of_birth,
        view=view,
        _version=version,
        _version_seen_id=right.version_seen_id,
    )


def photo(opened: Opened) -> bytes | None:
    """The test-day photo (JPEG) of a result that was just opened; None where there is none."""
    if not opened.view.has_photo:
        return None
    with default_storage.open(opened._version.photo) as file:  # noqa: SLF001  (behind the door)
        picture: bytes = file.read()
    return picture


def statement(opened: Opened, *, now: datetime) -> bytes:
    """The Statement of Results (PDF) of a result that was opened for it."""
    code = codes.code_of(opened._version)  # noqa: SLF001  (behind the door)
    return render_statement(
        Statement(
            view=opened.view,
            reference_number=opened.reference_number,
            code=codes.grouped(code),
            check_url=codes.check_address(code),
            issued_at=now,
            photo=photo(opened),
        )
    )
