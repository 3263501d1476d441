"""A candidate shares a result, changes how long for, and takes it back.

Every function writes the ledger's row and the audit trail in its own transaction.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit, doorbell
from accounts.models import Action, User
from accounts.months import months_later
from organisations.models import Organisation, OrganisationState
from results.models import Candidate, Claim, Result
from sharing import expiry, ledger, notices
from sharing.models import ChangeType, Ending, Share
from sharing.tasks import publish_changes

SHORTEST_MONTHS = 1
LONGEST_MONTHS = 24
AUDIT_ACTIONS = {
    ChangeType.SHARE_CREATED: Action.RESULT_SHARED,
    ChangeType.SHARE_UPDATED: Action.SHARE_CHANGED,
    ChangeType.SHARE_WITHDRAWN: Action.SHARE_WITHDRAWN,
}


class ShareError(Exception):
    """What the candidate asked for cannot be; the message is for them to read."""


@transaction.atomic
def share(
    *,
    claim: Claim,
    organisation: Organisation,
    by: User,
    applicant_reference: str = "",
    with_photo: bool,
    expires_at: datetime | None,
    now: datetime,
) -> Share:
    """Let an organisation see a result of the candidate's until `expires_at`, or until they withdraw it.

    Raises:
        ShareError: the result is not theirs (any more), the organisation is not active, the end is not 1 to 24 months
            from now, or the result is shared with this organisation already.
    """
    result = _own_result(claim, by)
    _check_organisation(organisation)
    _check_end(expires_at, now)
    _make_way(result, organisation, now)
    shared = Share.objects.create(
        organisation=organisation,
        result=result,
        version_shared_id=result.current_id,
        shared_by=audit.user_actor(by),
        shared_at=now,
        expires_at=expires_at,
        applicant_reference=applicant_reference,
        with_photo=with_photo,
    )
    _record(ChangeType.SHARE_CREATED, [shared], by=by, now=now)
    return shared


def _own_result(claim: Claim, by: User) -> Result:
    """Locks the claim and its result.

    Whoever shares the same result, moves it or closes the account comes before or after; the version in force is the
    one that is shared, and of every later one the ledger will tell.
    """
    ours = Claim.objects.filter(pk=claim.pk, candidate=by.pk).select_related("result")
    locked = ours.select_for_update(of=("self", "result"), no_key=True).first()
    if locked is None:
        raise ShareError(_("This result is not in your account."))
    return locked.result


def _check_organisation(organisation: Organisation) -> None:
    state = Organisation.objects.values_list("state", flat=True).get(pk=organisation.pk)
    if state != OrganisationState.ACTIVE:
        raise ShareError(_("Results cannot be shared with %(name)s at present.") % {"name": organisation.name})


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    """By the day, so that an end chosen a moment ago still counts."""
    if expires_at is None:
        return
    first, last = months_later(now, SHORTEST_MONTHS).date(), months_later(now, LONGEST_MONTHS).date()
    if not first <= expires_at.date() <= last:
        raise ShareError(_("Choose an end between 1 and 24 months from today."))


def _make_way(result: Result, organisation: Organisation, now: datetime) -> None:
    """An earlier share that has expired is written down as ended first."""
    earlier = Share.objects.select_for_update().filter(result=result, organisation=organisation, ended_at=None).first()
    if earlier and earlier.is_in_force(now):
        raise ShareError(_("You share this result with %(name)s already.") % {"name": organisation.name})
    if earlier:
        expiry.expire([earlier], now=now)


@transaction.atomic
def change_end(*, share: Share, by: User, expires_at: datetime | None, now: datetime) -> Share:
    """Let a share end earlier or later.

    Raises:
        ShareError: the share has ended, or the end is not 1 to 24 months from now.
    """
    _check_end(expires_at, now)
    share = _locked(share, now)
    share.expires_at = expires_at
    share.save(update_fields=["expires_at"])
    notices.forget_end(share)
    _record(ChangeType.SHARE_UPDATED, [share], by=by, now=now)
    return share


@transaction.atomic
def withdraw(*, share: Share, by: User, now: datetime) -> Share:
    """Take a share back: from the commit on nobody of the organisation sees the result through it.

    Raises:
        ShareError: the share has ended already.
    """
    share = _locked(share, now)
    _withdraw([share], by=by, now=now)
    return share


@transaction.atomic
def withdraw_all(*, candidate: Candidate, by: User, now: datetime) -> int:
    """Take back every share of the candidate's results; returns how many.

    Locks the candidate's claims, so that a share that is being made is seen.
    """
    claims = list(candidate.claims.select_for_update().order_by("pk"))
    shares = list(
        Share.objects.in_force(now)
        .filter(result__in=[claim.result_id for claim in claims])
        .select_for_update()
        .order_by("pk")
    )
    _withdraw(shares, by=by, now=now)
    return len(shares)


def _locked(share: Share, now: datetime) -> Share:
    locked = Share.objects.in_force(now).select_for_update().filter(pk=share.pk).first()
    if locked is None:
        raise ShareError(_("This share has ended already."))
    return locked


def _withdraw(shares: list[Share], *, by: User, now: datetime) -> None:
    for share in shares:
        share.ended_at, share.ending = now, Ending.WITHDRAWN
    Share.objects.bulk_update(shares, ["ended_at", "ending"])
    notices.drop(shares, now=now)
    _record(ChangeType.SHARE_WITHDRAWN, shares, by=by, now=now)


def _record(change: ChangeType, shares: list[Share], *, by: User, now: datetime) -> None:
    """In the ledger and the audit trail; the worker is told that the ledger has something new."""
    ledger.record(type=change, shares=shares, at=now)
    for share in shares:
        audit.record(
            actor=audit.user_actor(by),
            action=AUDIT_ACTIONS[change],
            target=f"share:{share.pk}",
            organisation=str(share.organisation_id),
            detail={"expires": share.expires_at and share.expires_at.isoformat()},
        )
    doorbell.ring(publish_changes)
