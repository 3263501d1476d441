"""What candidates are to be told of their shares, and what they are not to be told any more.

The rows of first openings come from the door (sharing/door/traces.py), those of changes from sharing/publishing.py.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from sharing.models import CandidateNotice, NoticeState, NoticeType, Share
from sharing.querysets import CandidateNoticeQuerySet

BEFORE_THE_END: Final = timedelta(days=14)
_REMIND: Final = """
    insert into sharing_candidatenotice (id, candidate_id, type, result_id, share_id, ends_at, at, state)
    select gen_random_uuid(), claim.candidate_id, 'expiring', share.result_id, share.id, share.expires_at, %(now)s,
           'waiting'
    from sharing_share share join results_claim claim on claim.result_id = share.result_id
         left join sharing_candidatewishes wishes on wishes.candidate_id = claim.candidate_id
    where share.ended_at is null and share.expires_at > %(now)s and share.expires_at <= %(soon)s
      and coalesce(wishes.expiring, true)
    on conflict do nothing
    """


def remind(now: datetime) -> None:
    """Of shares that end within 14 days: once before each end that a share is given."""
    with connection.cursor() as cursor:
        cursor.execute(_REMIND, {"now": now, "soon": now + BEFORE_THE_END})


def drop(shares: Iterable[Share], *, now: datetime) -> None:
    """These shares have ended: nothing of them is told any more."""
    _drop(CandidateNotice.objects.filter(share__in=[share.pk for share in shares]).waiting(), now)


def forget_end(share: Share) -> None:
    """It ends at another time; before that one there is another notice, also if it is this end again."""
    CandidateNotice.objects.filter(share=share, type=NoticeType.EXPIRING).waiting().order_by().delete()


def drop_of_result(result_id: int, *, now: datetime) -> None:
    """The result leaves the account: what its owner was to be told is not theirs any more."""
    _drop(CandidateNotice.objects.filter(result=result_id).waiting(), now)


def _drop(waiting: CandidateNoticeQuerySet, now: datetime) -> None:
    waiting.order_by().update(state=NoticeState.DROPPED, settled_at=now)
