"""A result that an organisation has a right to: its page, its photo, its Statement of Results."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypedDict, Unpack

from django.core.files.storage import default_storage
from django.db import transaction

from accounts import audit
from accounts.models import Action
from organisations.models import Organisation
from results import codes
from results.models import ResultVersion
from results.presentation import ResultView, describe
from results.statement import Statement, render_statement
from sharing.door.rights import NotAvailableError, Right, RightId, RightKind, held
from sharing.door.traces import count_access
from sharing.models import Channel

AUDIT_ACTIONS = {
    Channel.PAGE: Action.RESULT_VIEWED,
    Channel.STATEMENT: Action.STATEMENT_DOWNLOADED,
    Channel.PHOTO: Action.PHOTO_VIEWED,
}


class How(TypedDict):
    """Who opens something, and for what."""

    organisation: Organisation
    actor: str
    channel: Channel
    now: datetime


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
def open_right(*, organisation: Organisation, right: RightId, actor: str, channel: Channel, now: datetime) -> Opened:
    """The result behind a share or a verification, as it stands today.

    The access is written before anything is handed out.

    Raises:
        NotAvailableError: not this organisation's, withdrawn, expired or over, or the channel has nothing to give: a
            statement or photo of a result that is not released, a photo that is not there or that the candidate keeps
            back.
    """
    return _open(held(organisation=organisation, right=right, now=now), organisation, actor, channel, now)


def open_share(*, share_id: uuid.UUID, **how: Unpack[How]) -> Opened:
    """The result behind a share.  Raises NotAvailableError."""
    return open_right(right=RightId(RightKind.SHARE, share_id), **how)


def open_verification(*, verification_id: uuid.UUID, **how: Unpack[How]) -> Opened:
    """The result behind a verification.  Raises NotAvailableError."""
    return open_right(right=RightId(RightKind.VERIFICATION, verification_id), **how)


def _open(right: Right, organisation: Organisation, actor: str, channel: Channel, now: datetime) -> Opened:
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
