"""What lets an organisation see a result today."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from organisations.models import Organisation
from results.models import Result


class NotAvailableError(Exception):
    """The organisation has no right to this, or there is no such thing; nobody is told which."""


class RightKind(StrEnum):
    """An organisation may hold both for one result: each is a right of its own."""

    SHARE = "share"
    VERIFICATION = "verification"


class RightId(NamedTuple):
    """Names a share or a verification; whether it is in force is found out when something is taken by it."""

    kind: RightKind
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Right:
    """A share or a verification that is in force."""

    kind: RightKind
    id: uuid.UUID
    result: Result
    version_seen_id: int
    applicant_reference: str
    given_at: datetime
    until: datetime | None
    with_photo: bool


def held(*, organisation: Organisation, right: RightId, now: datetime) -> Right:
    """Raises NotAvailableError when this organisation has no such right, or it has ended."""
    return (_by_share if right.kind is RightKind.SHARE else _by_verification)(organisation, right.id, now)


def _by_share(organisation: Organisation, share_id: uuid.UUID, now: datetime) -> Right:
    share = organisation.shares.in_force(now).select_related("result__current").filter(pk=share_id).first()
    if share is None:
        raise NotAvailableError
    return Right(
        kind=RightKind.SHARE,
        id=share.pk,
        result=share.result,
        version_seen_id=share.version_shared_id,
        applicant_reference=share.applicant_reference,
        given_at=share.shared_at,
        until=share.expires_at,
        with_photo=share.with_photo and not share.result.photo_hidden,
    )


def _by_verification(organisation: Organisation, verification_id: uuid.UUID, now: datetime) -> Right:
    verification = (
        organisation.verifications.in_force(now).select_related("result__current").filter(pk=verification_id).first()
    )
    if verification is None:
        raise NotAvailableError
    return Right(
        kind=RightKind.VERIFICATION,
        id=verification.pk,
        result=verification.result,
        version_seen_id=verification.version_seen_id,
        applicant_reference=verification.applicant_reference,
        given_at=verification.last_made_at,
        until=verification.right_until,
        with_photo=not verification.result.photo_hidden,
    )
