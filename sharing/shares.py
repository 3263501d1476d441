"""A candidate shares a result, changes how long for, and takes it back.

Every function writes the ledger's row and the audit trail in its own transaction.
"""

from calendar import monthrange
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Action, User
from organisations.models import Organisation, OrganisationState
from results.models import Candidate, Claim, Result
from sharing import ledger
from sharing.models import ChangeType, Ending, Share

SHORTEST_MONTHS = 1
LONGEST_MONTHS = 24
EXPIRY = audit.system_actor("expiry")
EXPIRED_AT_ONCE = 1000


class ShareError(Exception):
    """What the candidate asked for cannot be; the message is for them to read."""


def months_later(moment: datetime, months: int) -> datetime:
    """The same day of a later month, or that month's last day."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


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
    ledger.record(type=ChangeType.SHARE_CREATED, shares=[shared], at=now)
    _record(Action.RESULT_SHARED, shared, by=audit.user_actor(by))
    return shared


def _own_result(claim: Claim, by: User) -> Result:
    """Locks the claim: whoever shares the same result, moves it or closes the account comes before or after."""
    locked = Claim.objects.select_for_update(of=("self",)).select_related("result").filter(pk=claim.pk).first()
    if locked is None or locked.candidate_id != by.pk:
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
        _expire([earlier], now=now)


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
    ledger.record(type=ChangeType.SHARE_UPDATED, shares=[share], at=now)
    _record(Action.SHARE_CHANGED, share, by=audit.user_actor(by))
    return share


@transaction.atomic
def withdraw(*, share: Share, by: User, now: datetime) -> Share:
    """Take a share back: from the commit on nobody of the organisation sees the result through it.

    Raises:
        ShareError: the share has ended already.
    """
    share = _locked(share, now)
    _withdraw([share], by=audit.user_actor(by), now=now)
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
    _withdraw(shares, by=audit.user_actor(by), now=now)
    return len(shares)


def expire_due(now: datetime) -> int:
    """Write down which shares have ended because their time is over; returns how many.

    They gave no right any more from that time on, whether or not this has run.
    """
    expired = 0
    while batch := _expire_some(now):
        expired += batch
    return expired


@transaction.atomic
def _expire_some(now: datetime) -> int:
    due = Share.objects.due(now).select_for_update(skip_locked=True).order_by("expires_at")[:EXPIRED_AT_ONCE]
    return _expire(list(due), now=now)


def _locked(share: Share, now: datetime) -> Share:
    locked = Share.objects.in_force(now).select_for_update().filter(pk=share.pk).first()
    if locked is None:
        raise ShareError(_("This share has ended already."))
    return locked


def _withdraw(shares: list[Share], *, by: str, now: datetime) -> None:
    for share in shares:
        share.ended_at, share.ending = now, Ending.WITHDRAWN
    Share.objects.bulk_update(shares, ["ended_at", "ending"])
    ledger.record(type=ChangeType.SHARE_WITHDRAWN, shares=shares, at=now)
    for share in shares:
        _record(Action.SHARE_WITHDRAWN, share, by=by)


def _expire(shares: list[Share], *, now: datetime) -> int:
    for share in shares:
        share.ended_at, share.ending = share.expires_at, Ending.EXPIRED
    Share.objects.bulk_update(shares, ["ended_at", "ending"])
    ledger.record(type=ChangeType.SHARE_EXPIRED, shares=shares, at=now)
    for share in shares:
        _record(Action.SHARE_EXPIRED, share, by=EXPIRY)
    return len(shares)


def _record(action: Action, share: Share, *, by: str) -> None:
    detail = {"expires": share.expires_at.isoformat() if share.expires_at else None}
    audit.record(
        actor=by, action=action, target=f"share:{share.pk}", organisation=str(share.organisation_id), detail=detail
    )
