"""What candidates are told of their results and shares: rows that wait (sharing.CandidateNotice) become mails.

Mail and row are settled in one transaction, and the mail has the row's id: none is lost, and none is sent twice but for
a mail server's last word, by which its Message-ID is the same.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import mails
from accounts.mails import Letter
from accounts.models import MailKind
from results import own
from results.own import Own
from sharing.candidate import wishes
from sharing.door import Kind, kinds_of
from sharing.models import CandidateNotice, NoticeState, NoticeType

AT_ONCE: Final = 200
_Kinds = Mapping[int, tuple[Kind, ...]]


def tell_due(now: datetime) -> int:
    """Queue a mail for every notice that waits and still holds; returns how many.  Safe to run in many workers."""
    told = 0
    while (handled := _tell_some(now)) is not None:
        told += handled
    return told


@transaction.atomic
def _tell_some(now: datetime) -> int | None:
    """Returns how many mails; None if nothing waits."""
    waiting = CandidateNotice.objects.waiting().select_for_update(of=("self",), skip_locked=True)
    rows = list(waiting.select_related("candidate__user", "candidate__wishes", "share__organisation")[:AT_ONCE])
    if not rows:
        return None
    kinds = kinds_of(row.version_id for row in rows if row.version_id)
    letters = [letter for row in rows if (letter := _letter(row, kinds, now))]
    mails.send_all(letters)
    told = {letter.pk for letter in letters}
    for row in rows:
        row.state, row.settled_at = (NoticeState.TOLD if row.pk in told else NoticeState.DROPPED), now
    CandidateNotice.objects.bulk_update(rows, ["state", "settled_at"])
    return len(letters)


def _letter(row: CandidateNotice, kinds: _Kinds, now: datetime) -> Letter | None:
    """None if there is nothing to tell any more: the share has ended, the result is elsewhere, or it is not wanted."""
    user, kind = row.candidate.user, NoticeType(row.type)
    result = next((each for each in own.results_of(user) if each.claim.result_id == row.result_id), None)
    if result is None or not user.is_active or not _is_wanted(row, kind) or not _holds(row, result, now):
        return None
    stop_url = wishes.stop_address(user, kind) if kind in wishes.OPTIONAL else ""
    with timezone.override(ZoneInfo(user.time_zone)):
        return mails.write(
            f"notifications/email/candidate_{kind.value}",
            user.email,
            {**_words(row, result, kinds), "unsubscribe_url": stop_url},
            kind=MailKind.NOTICE,
            pk=row.pk,
        )


def _is_wanted(row: CandidateNotice, kind: NoticeType) -> bool:
    return kind is NoticeType.CHANGED or bool(getattr(wishes.of_candidate(row.candidate), kind.value))


def _holds(row: CandidateNotice, result: Own, now: datetime) -> bool:
    if row.share is None:
        return row.type == NoticeType.CHANGED or result.view.shows_result
    return row.share.is_in_force(now) and row.ends_at in {None, row.share.expires_at}


def _words(row: CandidateNotice, result: Own, kinds: _Kinds) -> dict[str, Any]:
    """The organisation and the exam by name; nothing of the outcome, and nobody of the organisation."""
    page = reverse("candidate:share", args=[row.share_id]) if row.share_id else None
    page = page or reverse("candidate:result", args=[result.claim_id])
    return {
        "exam": result.view.display_name,
        "organisation": row.share.organisation.name if row.share else "",
        "kinds": [kind.label for kind in kinds.get(row.version_id or 0, ())],
        "at": row.at,
        "ends_at": row.ends_at,
        "address": f"{settings.PUBLIC_BASE_URL}{page}",
        "settings_url": f"{settings.PUBLIC_BASE_URL}{reverse('candidate:notices')}",
    }
