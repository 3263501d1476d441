"""Which shares and verifications somebody takes away: what is new to them, or of some exams only."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from sharing.door.criteria import RELEASED
from sharing.models import Access, Channel
from sharing.querysets import ShareQuerySet, VerificationQuerySet


def new_or_changed(shares: ShareQuerySet, *, actor: str, channel: Channel) -> ShareQuerySet:
    """Those of which this actor has not taken today's version through this channel, as far as it gives something."""
    taken = Access.objects.filter(
        share=OuterRef("pk"), version=OuterRef("result__current"), channel=channel, actor=actor
    )
    fresh = shares.filter(~Exists(taken))
    return fresh.filter(RELEASED) if channel == Channel.STATEMENT else fresh


def of_exams(
    rights: ShareQuerySet | VerificationQuerySet, exams: Iterable[str]
) -> ShareQuerySet | VerificationQuerySet:
    """Those of results of these exams."""
    return rights.filter(result__current__exam__in=list(exams))
