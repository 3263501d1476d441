"""Lists of checks that an organisation announces before it makes them: the rows of a batch check.

Its allowance of misses, 30 plus 5 %, is reckoned from all the rows at once, so that a list may begin with its bad rows.
What keeps that from being a licence to guess: an organisation's lists of 24 hours have 10,000 checks together, those
still to come included, so that it never has more than 530 misses a day by them; and when a list ends early, the checks
that were not made no longer count.
"""

import uuid
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F

from organisations.models import Organisation
from sharing import limits
from sharing.models import Announcement

CHECKS_A_DAY: Final = 10_000


class TooManyError(Exception):
    """The list is longer than what the organisation may still check by lists today: `left`."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left


@transaction.atomic
def announce(*, organisation: Organisation, announcement_id: uuid.UUID, checks: int, now: datetime) -> None:
    """Let so many checks count from now on.  Raises TooManyError."""
    limits.hold(organisation)
    left = left_today(organisation, now)
    if checks > left:
        raise TooManyError(left)
    organisation.announcements.create(pk=announcement_id, to_come=checks, announced_at=now)


def left_today(organisation: Organisation, now: datetime) -> int:
    """How many checks the organisation may announce now."""
    return max(0, CHECKS_A_DAY - organisation.announcements.counting(now - limits.DAY))


def one_made(announcement_id: uuid.UUID, now: datetime) -> None:
    """One check of the list was made, or refused for good; in the transaction that made it.

    Raises ValueError when the list has ended: the check must not have been made either.
    """
    of_the_list = Announcement.objects.filter(pk=announcement_id)
    if of_the_list.filter(to_come__gt=1).update(to_come=F("to_come") - 1, made=F("made") + 1):
        return
    if not of_the_list.filter(to_come=1).update(to_come=0, made=F("made") + 1, ended_at=now):
        raise ValueError("The list has ended.")


@transaction.atomic
def end(*, organisation: Organisation, announcement_id: uuid.UUID, now: datetime) -> None:
    """The rest of the list is not going to be checked; safe to do again."""
    limits.hold(organisation)
    organisation.announcements.filter(pk=announcement_id, ended_at=None).update(to_come=0, ended_at=now)


def forget_old(now: datetime) -> None:
    """Delete lists that no limit looks at any more."""
    Announcement.objects.filter(ended_at__lt=now - limits.KEEP_CHECKS).delete()
