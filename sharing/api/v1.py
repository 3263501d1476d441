"""The calls of API v1 [contract: API v1]."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NoReturn

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router

from organisations.api_clients.refusals import Refused
from organisations.models import Scope
from results.models import Status
from sharing import door, publishing
from sharing.api import cursors, representation
from sharing.api.answers import as_json, unless_known
from sharing.api.gate import Gate, ProgramRequest
from sharing.api.representation import News
from sharing.api.schemas import (
    ChangePage,
    Check,
    ListQuery,
    Match,
    NoMatch,
    Problem,
    Share,
    SharePage,
    SharesQuery,
)
from sharing.api.taking import take
from sharing.door import NotAvailableError, Opened, RightId, RightKind
from sharing.door.programs import Narrowing, next_shares
from sharing.models import Channel, Pause
from sharing.responses import jpeg, pdf

router = Router()

PDF: Final = "application/pdf"
JPEG: Final = "image/jpeg"
ALWAYS: Final = (401, 403, 406, 422, 429)
"""Why any call may not be served."""


def refusals(*more: int) -> dict[int, Any]:
    return dict.fromkeys(sorted({*ALWAYS, *more}), Problem)


def file(media: str) -> dict[str, Any]:
    """For the OpenAPI document: the answer is such a file."""
    content = {media: {"schema": {"type": "string", "contentMediaType": media}}}
    return {"responses": {200: {"description": "The file.", "content": content}}}


# --- Shares -----------------------------------------------------------------------------------------------------------


@router.get(
    "/shares",
    auth=Gate(Scope.READ, SharesQuery.model_fields),
    response={200: SharePage, **refusals(400)},
    operation_id="list_shares",
    summary="Every active share",
    tags=["Shares"],
)
def list_shares(request: ProgramRequest, query: Query[SharesQuery]) -> HttpResponse:
    """Shares in the order in which they were made, the oldest first.

    What is shared while you go through the pages comes on a later page. To keep a copy in step use the changes, not
    this list again.
    """
    organisation, now = request.auth.organisation, timezone.now()
    narrowing = Narrowing(query.exam.value if query.exam else "", query.shared_from, query.shared_to)
    after = cursors.unseal_place(query.cursor, organisation, repr(narrowing)) if query.cursor else None
    share_ids, place = next_shares(
        organisation=organisation, after=after, limit=query.limit, narrowing=narrowing, now=now
    )
    taken = take(request.auth, _by_share(share_ids), "shares", now)
    return as_json(
        {
            "items": [representation.share(one) for one in taken.values()],
            "next_cursor": cursors.seal_place(place, organisation, repr(narrowing)) if place else None,
        }
    )


@router.get(
    "/shares/{uuid:share_id}",
    auth=Gate(Scope.READ),
    response={200: Share, 304: None, **refusals(404, 410)},
    operation_id="get_share",
    summary="One share",
    tags=["Shares"],
)
def get_share(request: ProgramRequest, share_id: uuid.UUID) -> HttpResponse:
    """The share as it is now. 410 once it is withdrawn or has expired."""
    taken = take(request.auth, _by_share([share_id]), f"share:{share_id}", timezone.now())
    if not taken:
        _no_share(request, share_id)
    (one,) = taken.values()
    return unless_known(request, as_json(representation.share(one)))


@router.get(
    "/shares/{uuid:share_id}/statement.pdf",
    auth=Gate(Scope.READ, media=PDF),
    response={200: None, **refusals(404, 410)},
    operation_id="get_share_statement",
    summary="The Statement of Results of a share",
    tags=["Shares"],
    openapi_extra=file(PDF),
)
def get_share_statement(request: ProgramRequest, share_id: uuid.UUID) -> HttpResponse:
    """The signed PDF of today’s version. 404 while the result is not released."""
    opened = _open_share(request, share_id, Channel.STATEMENT)
    return pdf(door.statement(opened, now=timezone.now()), opened.reference_number)


@router.get(
    "/shares/{uuid:share_id}/photo",
    auth=Gate(Scope.READ, media=JPEG),
    response={200: None, 304: None, **refusals(404, 410)},
    operation_id="get_share_photo",
    summary="The test-day photo of a share",
    tags=["Shares"],
    openapi_extra=file(JPEG),
)
def get_share_photo(request: ProgramRequest, share_id: uuid.UUID) -> HttpResponse:
    """404 where there is none: the exam has no photo, the candidate hides it, or the result is not released."""
    return unless_known(request, jpeg(door.photo(_open_share(request, share_id, Channel.PHOTO))))


# --- What has changed -------------------------------------------------------------------------------------------------


@router.get(
    "/changes",
    auth=Gate(Scope.READ, ListQuery.model_fields),
    response={200: ChangePage, **refusals(400)},
    operation_id="list_changes",
    summary="What has happened since you last asked",
    tags=["Changes"],
)
def list_changes(request: ProgramRequest, query: Query[ListQuery]) -> HttpResponse:
    """Everything that happened to what your organisation holds, oldest first, each with the share as it is now.

    Store next_cursor together with the rows that came with it, and ask again with it: nothing is missed, and nothing
    comes twice. Without a cursor the feed starts at the first row, so that a new copy needs this call alone. A cursor
    does not expire.
    """
    organisation, now = request.auth.organisation, timezone.now()
    after = cursors.unseal_position(query.cursor, organisation) if query.cursor else 0
    publishing.publish(now)
    rows = organisation.changes.after(after).values_list(*News._fields)[: query.limit]
    news = [News._make(row) for row in rows]
    taken = take(request.auth, _by_share(one.share_id for one in news if one.share_id), "changes", now)
    return as_json(
        {
            "items": [
                representation.change(one, taken.get(RightId(RightKind.SHARE, one.share_id)) if one.share_id else None)
                for one in news
            ],
            "next_cursor": cursors.seal_position(news[-1].position if news else after, organisation),
        }
    )


# --- Checks by number -------------------------------------------------------------------------------------------------


@router.post(
    "/verifications",
    auth=Gate(Scope.VERIFY, with_body=True),
    response={200: Match | NoMatch, **refusals(400, 413, 415)},
    operation_id="verify",
    summary="Check a result by its number and the date of birth",
    tags=["Verifications"],
)
def verify(request: ProgramRequest, check: Check) -> HttpResponse:
    """The same as Candidate Search, with the same limits: too many checks that do not match pause further ones (429).

    A cancelled result is a match that says so. An unknown number, a wrong date of birth and a result that is not
    released are one answer: no match.
    """
    caller, now = request.auth, timezone.now()
    found = door.check_by_number(
        organisation=caller.organisation,
        actor=caller.actor,
        number=check.reference_number,
        date_of_birth=check.date_of_birth,
        applicant_reference=check.applicant_reference or "",
        now=now,
    )
    if isinstance(found, Pause):
        raise _paused(found, now)
    taken = take(request.auth, [RightId(RightKind.VERIFICATION, found)], f"verification:{found}", now) if found else {}
    for one in taken.values():
        if one.status in {Status.RELEASED, Status.CANCELLED}:  # as it was a moment ago
            return as_json(representation.verification(one))
    return as_json({"outcome": "no_match"})


@router.get(
    "/verifications/{uuid:verification_id}",
    auth=Gate(Scope.VERIFY),
    response={200: Match, 304: None, **refusals(404, 410)},
    operation_id="get_verification",
    summary="A verification again",
    tags=["Verifications"],
)
def get_verification(request: ProgramRequest, verification_id: uuid.UUID) -> HttpResponse:
    """With what the result says today. 410 once its twelve months are over."""
    right = RightId(RightKind.VERIFICATION, verification_id)
    taken = take(request.auth, [right], f"verification:{verification_id}", timezone.now())
    if not taken:
        _no_verification(request, verification_id)
    return unless_known(request, as_json(representation.verification(taken[right])))


@router.get(
    "/verifications/{uuid:verification_id}/statement.pdf",
    auth=Gate(Scope.VERIFY, media=PDF),
    response={200: None, **refusals(404, 410)},
    operation_id="get_verification_statement",
    summary="The Statement of Results of a verification",
    tags=["Verifications"],
    openapi_extra=file(PDF),
)
def get_verification_statement(request: ProgramRequest, verification_id: uuid.UUID) -> HttpResponse:
    """The signed PDF of today’s version. 404 while the result is not released."""
    caller, now = request.auth, timezone.now()
    try:
        opened = door.open_verification(
            organisation=caller.organisation,
            verification_id=verification_id,
            actor=caller.actor,
            channel=Channel.STATEMENT,
            now=now,
        )
    except NotAvailableError:
        _no_verification(request, verification_id)
    return pdf(door.statement(opened, now=now), opened.reference_number)


# --- Through the door -------------------------------------------------------------------------------------------------


def _by_share(share_ids: Iterable[uuid.UUID]) -> list[RightId]:
    return [RightId(RightKind.SHARE, share_id) for share_id in share_ids]


def _open_share(request: ProgramRequest, share_id: uuid.UUID, channel: Channel) -> Opened:
    caller = request.auth
    try:
        return door.open_share(
            organisation=caller.organisation,
            share_id=share_id,
            actor=caller.actor,
            channel=channel,
            now=timezone.now(),
        )
    except NotAvailableError:
        _no_share(request, share_id)


def _no_share(request: ProgramRequest, share_id: uuid.UUID) -> NoReturn:
    share = request.auth.organisation.shares.filter(pk=share_id).first()
    if share and not share.is_in_force(timezone.now()):
        raise Refused(410, "gone", _("Gone"), _("This share was withdrawn or has expired. Remove your copy."))
    raise _not_there()


def _no_verification(request: ProgramRequest, verification_id: uuid.UUID) -> NoReturn:
    verifications = request.auth.organisation.verifications.filter(pk=verification_id)
    if verifications.exists() and not verifications.in_force(timezone.now()).exists():
        text = _("The right to this result has ended, twelve months after the last check. Check it again.")
        raise Refused(410, "gone", _("Gone"), text)
    raise _not_there()


def _not_there() -> Refused:
    return Refused(
        404, "not-found", _("Not found"), _("Your organisation has nothing like this, or there is none now.")
    )


def _paused(pause: Pause, now: datetime) -> Refused:
    wait = str(max(1, int((pause.until - now).total_seconds()) + 1))
    text = _("Too many checks did not match. Checks go on after the time that Retry-After says, in seconds.")
    return Refused(429, "checks-paused", _("Checks are paused"), text, Retry_After=wait)
