"""The limits on checks by number, counted in the database so that parallel requests cannot overrun them.

A known reference number and a cohort's 5,500 days of birth are all that stand between a stranger and a result, so:

(a) five distinct wrong dates for one number by one organisation in 24 hours end its checks of that number for 24
    hours; fifteen over all organisations do so for every organisation that has not matched it before;
(b) an organisation's misses in 24 hours may be 30 plus 5 % of its checks, a user's 30 in an hour; past that, checks
    pause;
(c) a right date for a result that is not released is no miss;
(d) rows of a batch check count in the same way, but for the user's 30 an hour; those still to come count as checks of
    their organisation (sharing/announcements.py).

Every check holds two locks to the end of its transaction, first its organisation's, then its number's, so that the next
one sees what it counted.
"""

import hashlib
import struct
import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts import audit, mails
from accounts.models import Action
from organisations.models import Organisation
from results.models import Result
from sharing.models import Check, Outcome, Pause, Scope
from sharing.querysets import CheckQuerySet

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
DATES_FOR_ONE_ORGANISATION = 5
DATES_FOR_ALL = 15
ORGANISATION_MISSES = 30
ORGANISATION_MISS_SHARE = 0.05
USER_MISSES = 30
KEEP_CHECKS = timedelta(hours=48)
TOLD_TO_STAFF = {Scope.USER, Scope.ORGANISATION, Scope.NUMBER_EVERYWHERE}


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who checks what, as the limits see it: what was typed stands here only as keyed digests.

    `announcement` is the list that a row of a batch check belongs to.
    """

    organisation: Organisation
    actor: str
    result: Result | None
    number_digest: bytes
    date_digest: bytes
    at: datetime
    announcement: uuid.UUID | None = None

    @property
    def counted_as(self) -> str:
        """Under whose name it counts: a list is not its user, who may miss 30 an hour besides."""
        return f"announcement:{self.announcement}" if self.announcement else self.actor


@dataclass(frozen=True, slots=True)
class _Counts:
    """Misses that count now, and the moment of the oldest of them."""

    by_user: int
    by_user_since: datetime | None
    by_organisation: int
    by_organisation_since: datetime | None
    dates_by_organisation: int
    dates_by_all: int


def attempt(
    *,
    organisation: Organisation,
    actor: str,
    number: str,
    result: Result | None,
    date_of_birth: date,
    at: datetime,
    announcement: uuid.UUID | None = None,
) -> Attempt:
    """The attempt to count.

    A result's two numbers count as one.  The date's digest is bound to the number, so that it says nothing by itself.
    """
    counted = result.reference_number if result else number
    return Attempt(
        organisation=organisation,
        actor=actor,
        result=result,
        number_digest=_digest("number", counted),
        date_digest=_digest("date", f"{counted} {date_of_birth.isoformat()}"),
        at=at,
        announcement=announcement,
    )


def _digest(kind: str, value: str) -> bytes:
    return salted_hmac(f"sharing.limits.{kind}", value, algorithm="sha256").digest()


def refusal(attempt: Attempt) -> Pause | None:
    """The pause that ends this check, begun here if a limit has just been reached; None when the check may go on.

    Locks the organisation's and the number's counts until the caller's transaction ends.
    """
    _lock(attempt)
    running = Pause.objects.running(attempt.at).touching(
        organisation=attempt.organisation, actor=attempt.counted_as, number_digest=attempt.number_digest
    )
    scopes = {pause.scope: pause for pause in running.order_by("until")}
    everywhere = scopes.pop(Scope.NUMBER_EVERYWHERE, None)
    if scopes:
        return max(scopes.values(), key=lambda pause: pause.until)
    return _begin_where_reached(attempt, everywhere)


def _lock(attempt: Attempt) -> None:
    """Always the organisation first: two checks can then never wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(%s), pg_advisory_xact_lock(%s)",
            [_lock_key(attempt.organisation.pk.bytes), _lock_key(attempt.number_digest)],
        )


def hold(organisation: Organisation) -> None:
    """Lock the organisation's counts until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [_lock_key(organisation.pk.bytes)])


def _lock_key(value: bytes) -> int:
    key: int = struct.unpack(">q", hashlib.sha256(b"sharing.limits" + value).digest()[:8])[0]
    return key


def _begin_where_reached(attempt: Attempt, everywhere: Pause | None) -> Pause | None:
    counts = _count(attempt)
    if counts.by_user >= USER_MISSES and counts.by_user_since and not attempt.announcement:
        return _begin(attempt, Scope.USER, counts.by_user, counts.by_user_since + HOUR)
    if _allowance_used_up(attempt, counts.by_organisation) and counts.by_organisation_since:
        return _begin(attempt, Scope.ORGANISATION, counts.by_organisation, counts.by_organisation_since + DAY)
    if counts.dates_by_organisation >= DATES_FOR_ONE_ORGANISATION:
        return _begin(attempt, Scope.NUMBER, counts.dates_by_organisation, attempt.at + DAY)
    if everywhere or counts.dates_by_all >= DATES_FOR_ALL:
        everywhere = everywhere or _begin(attempt, Scope.NUMBER_EVERYWHERE, counts.dates_by_all, attempt.at + DAY)
        return None if _matched_before(attempt) else everywhere
    return None


def _count(attempt: Attempt) -> _Counts:
    ours = Q(organisation=attempt.organisation)
    number = Q(number_digest=attempt.number_digest)
    mine = Q(actor=attempt.counted_as, at__gt=attempt.at - HOUR)
    return _Counts(
        **Check.objects.misses_since(attempt.at - DAY)
        .filter(ours | number)
        .aggregate(
            by_user=Count("id", filter=mine),
            by_user_since=Min("at", filter=mine),
            by_organisation=Count("id", filter=ours),
            by_organisation_since=Min("at", filter=ours),
            dates_by_organisation=Count("date_digest", filter=ours & number, distinct=True),
            dates_by_all=Count("date_digest", filter=number, distinct=True),
        )
    )


def _allowance_used_up(attempt: Attempt, misses: int) -> bool:
    """Whether one more miss would go past 30 plus 5 % of the organisation's checks, this and all to come included."""
    if misses < ORGANISATION_MISSES:
        return False
    checks = attempt.organisation.checks.filter(at__gt=attempt.at - DAY).count()
    to_come = attempt.organisation.announcements.to_come()
    this = 0 if attempt.announcement else 1  # what was announced is among those to come
    return misses + 1 > ORGANISATION_MISSES + ORGANISATION_MISS_SHARE * (checks + to_come + this)


def _matched_before(attempt: Attempt) -> bool:
    return bool(attempt.result) and attempt.organisation.verifications.filter(result=attempt.result).exists()


def _begin(attempt: Attempt, scope: Scope, misses: int, until: datetime) -> Pause:
    about_a_number = scope in {Scope.NUMBER, Scope.NUMBER_EVERYWHERE}
    pause = Pause.objects.create(
        scope=scope,
        organisation=None if scope == Scope.NUMBER_EVERYWHERE else attempt.organisation,
        actor=attempt.actor,
        number_digest=attempt.number_digest if about_a_number else None,
        began_at=attempt.at,
        until=until,
        misses=misses,
    )
    audit.record(
        actor=attempt.actor,
        action=Action.CHECKS_PAUSED,
        target=f"pause:{pause.pk}",
        organisation=str(attempt.organisation.pk),
        detail={"scope": scope.value, "misses": misses},
    )
    if scope in TOLD_TO_STAFF:
        _tell_staff(pause)
    return pause


def _tell_staff(pause: Pause) -> None:
    address = f"{settings.PUBLIC_BASE_URL}{reverse('admin:sharing_pause_change', args=[pause.pk])}"
    mails.send("sharing/email/checks_paused", settings.HELPDESK_EMAIL, {"pause": pause, "address": address})


def count(attempt: Attempt, outcome: Outcome) -> None:
    """Store what a check came to, in the transaction that `refusal` began to lock."""
    Check.objects.create(
        organisation=attempt.organisation,
        actor=attempt.counted_as,
        number_digest=attempt.number_digest,
        date_digest=attempt.date_digest,
        outcome=outcome,
        at=attempt.at,
    )


@transaction.atomic
def lift(*, pause: Pause, by: str, reason: str, now: datetime) -> Pause:
    """End a pause early; the misses that led to it no longer count.

    Raises:
        ValueError: no reason is given, or the pause is over.
    """
    pause = Pause.objects.select_for_update().get(pk=pause.pk)
    if not reason.strip():
        raise ValueError(_("Say why the pause is lifted."))
    if pause.lifted_at or pause.until <= now:
        raise ValueError(_("This pause is over."))
    pause.lifted_at, pause.lifted_by, pause.lift_reason = now, by, reason.strip()
    pause.save(update_fields=["lifted_at", "lifted_by", "lift_reason"])
    _counted_for(pause).update(outcome=Outcome.FORGIVEN)
    audit.record(
        actor=by,
        action=Action.PAUSE_LIFTED,
        target=f"pause:{pause.pk}",
        organisation=str(pause.organisation_id or ""),
        detail={"reason": pause.lift_reason},
    )
    return pause


def _counted_for(pause: Pause) -> CheckQuerySet:
    misses = Check.objects.misses_since(pause.began_at - DAY)
    match Scope(pause.scope):
        case Scope.USER:
            return misses.filter(actor=pause.actor)
        case Scope.ORGANISATION:
            return misses.filter(organisation=pause.organisation)
        case Scope.NUMBER:
            return misses.filter(organisation=pause.organisation, number_digest=pause.number_digest)
        case Scope.NUMBER_EVERYWHERE:
            return misses.filter(number_digest=pause.number_digest)


def forget_old_checks(now: datetime) -> int:
    """Delete checks that no limit looks at any more; returns how many."""
    return Check.objects.filter(at__lt=now - KEEP_CHECKS).delete()[0]
