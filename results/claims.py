"""Whose result is whose: candidates prove it with their numbers, and a result belongs to one account only."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from accounts import audit, throttle
from accounts.models import Action, User
from results.models import Candidate, Claim, Result
from results.numbers import secret_matches
from results.querysets import ClaimQuerySet

WRONG_TRIES: Final = 3
LOCKED_FOR: Final = timedelta(minutes=30)
YOUNGEST: Final = 13
"""Years of age from which somebody may have an account of their own."""
_KIND: Final = "claim candidate id"
_NOBODYS: Final = bytes(32)


class NotMatchedError(Exception):
    """No result that can be added has these numbers and this date; nobody is told which of them is wrong."""


class LockedError(Exception):
    """The candidate ID number cannot be tried at present, whether it exists or not."""

    def __init__(self, until: datetime) -> None:
        super().__init__("locked")
        self.until = until


def prove(
    *, candidate_id: str, secret_number: str, date_of_birth: date, candidate: User | None, now: datetime
) -> list[Result]:
    """The results that these numbers open for this person (both normalised; `candidate` None for a newcomer).

    An unknown ID, a wrong secret number, a wrong date and a result that another account has are one and the same
    answer, after the same work; each of them counts, and the third locks the ID.

    Raises:
        NotMatchedError: nothing to add.
        LockedError: three wrong tries in the last half hour.
    """
    until = throttle.strike(kind=_KIND, subject=candidate_id, limit=WRONG_TRIES, window=LOCKED_FOR, now=now)
    if until:
        raise LockedError(until)
    found = list(Result.objects.of_candidate_id(candidate_id)[:100])
    proofs = [secret_matches(result.secret_digest or _NOBODYS, candidate_id, secret_number) for result in found]
    if not found:
        secret_matches(_NOBODYS, candidate_id, secret_number)  # the same work
    opened = [
        result
        for result, proved in zip(found, proofs, strict=True)
        if proved and result.current.date_of_birth == date_of_birth and _is_free(result, candidate)
    ]
    if not opened:
        actor = audit.user_actor(candidate) if candidate else audit.system_actor("registration")
        audit.record(actor=actor, action=Action.CLAIM_REFUSED)
        raise NotMatchedError
    throttle.forgive(kind=_KIND, subject=candidate_id)
    return opened


def _is_free(result: Result, candidate: User | None) -> bool:
    claim: Claim | None = getattr(result, "claim", None)
    return claim is None or (candidate is not None and claim.candidate_id == candidate.pk)


@transaction.atomic
def claim(*, user: User, results: Iterable[Result]) -> list[Claim]:
    """Give the person those of the results that no account has; returns what is new.  Call `prove` first."""
    candidate, _made = Candidate.objects.get_or_create(user=user)
    wanted = [Claim(result=result, candidate=candidate) for result in results]
    # Whoever comes second in a race finds the place taken; nothing is overwritten.
    Claim.objects.bulk_create(wanted, ignore_conflicts=True)
    made = list(Claim.objects.filter(pk__in=[each.pk for each in wanted]))
    for each in made:
        _record(user, Action.RESULT_CLAIMED, each)
    return made


def of(user: User) -> ClaimQuerySet:
    """The person's results: their claims, with the results."""
    return Claim.objects.of(user).with_results()


@transaction.atomic
def hide_photo(*, claim: Claim, hidden: bool, by: User) -> None:
    """Hide the test-day photo of a result from every organisation on every channel, or show it again."""
    changed = Result.objects.filter(pk=claim.result_id, photo_hidden=not hidden).update(photo_hidden=hidden)
    if changed:
        _record(by, Action.PHOTO_HIDDEN if hidden else Action.PHOTO_UNHIDDEN, claim)


@transaction.atomic
def move(*, claim: Claim, to: User, by: str, reason: str) -> Claim:
    """Staff move a result to another account.  Its shares are the caller's to end (sharing/ownership.py)."""
    candidate, _made = Candidate.objects.get_or_create(user=to)
    audit.record(
        actor=by,
        action=Action.CLAIM_MOVED,
        target=f"claim:{claim.pk}",
        detail={"reason": reason, "from": str(claim.candidate_id), "to": str(to.pk)},
    )
    claim.candidate = candidate
    claim.save(update_fields=["candidate"])
    return claim


def is_old_enough(date_of_birth: date, today: date) -> bool:
    """Whether somebody may have an account of their own."""
    return age_on(today, date_of_birth) >= YOUNGEST


def age_on(day: date, date_of_birth: date) -> int:
    """Years of age; whoever was born on 29 February is a year older on 1 March of other years."""
    return day.year - date_of_birth.year - ((day.month, day.day) < (date_of_birth.month, date_of_birth.day))


def _record(by: User, action: Action, claim: Claim) -> None:
    audit.record(actor=audit.user_actor(by), action=action, target=f"claim:{claim.pk}")
