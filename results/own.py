"""A candidate's own door: what they see of results that their account has, just as organisations see them."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.core.files.storage import default_storage
from django.db import transaction

from accounts import audit
from accounts.models import Action, User
from results import claims, codes
from results.models import Claim, ResultVersion
from results.presentation import ResultView, describe
from results.statement import Statement, render_statement


class NotOwnError(Exception):
    """Not this person's result, or nothing to give: no statement, no photo."""


@dataclass(frozen=True, slots=True)
class Own:
    """A result of the candidate's account.  `view` is what organisations see: without a photo that is hidden."""

    claim: Claim
    reference_number: str
    date_of_birth: date
    view: ResultView
    photo_exists: bool
    photo_hidden: bool
    _version: ResultVersion

    @property
    def claim_id(self) -> uuid.UUID:
        return self.claim.pk


def results_of(user: User) -> list[Own]:
    """Every result of the person's account, the latest exam first."""
    return [_own(claim) for claim in claims.of(user)]


@transaction.atomic
def open_own(*, user: User, claim_id: uuid.UUID, action: Action = Action.RESULT_VIEWED) -> Own:
    """One of the person's own results, as it stands today; that they looked is written down.

    Raises:
        NotOwnError: not theirs, or it has no statement or photo to give at present.
    """
    claim = claims.of(user).filter(pk=claim_id).first()
    if claim is None:
        raise NotOwnError
    own = _own(claim)
    if action == Action.STATEMENT_DOWNLOADED and not own.view.shows_result:
        raise NotOwnError
    if action == Action.PHOTO_VIEWED and not own.photo_exists:
        raise NotOwnError
    audit.record(
        actor=audit.user_actor(user),
        action=action,
        target=f"claim:{claim.pk}",
        detail={"version": own.view.version_number},
    )
    return own


def photo(own: Own) -> bytes:
    """The test-day photo (JPEG); its owner sees it also while it is hidden from others."""
    with default_storage.open(own._version.photo) as file:  # noqa: SLF001  (behind the door)
        picture: bytes = file.read()
    return picture


def statement(own: Own, *, now: datetime) -> bytes:
    """The Statement of Results (PDF), without a photo that is hidden."""
    code = codes.code_of(own._version)  # noqa: SLF001  (behind the door)
    return render_statement(
        Statement(
            view=own.view,
            reference_number=own.reference_number,
            code=codes.grouped(code),
            check_url=codes.check_address(code),
            issued_at=now,
            photo=photo(own) if own.view.has_photo else None,
        )
    )


def _own(claim: Claim) -> Own:
    result = claim.result
    view = describe(result.current)
    return Own(
        claim=claim,
        reference_number=result.reference_number,
        date_of_birth=result.current.date_of_birth,
        view=replace(view, has_photo=view.has_photo and not result.photo_hidden),
        photo_exists=view.has_photo,
        photo_hidden=result.photo_hidden,
        _version=result.current,
    )
