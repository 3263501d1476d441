"""What somebody has not taken away yet, in the version that is in force."""

from django.db.models import Exists, OuterRef

from sharing.door.criteria import RELEASED
from sharing.models import Access, Channel
from sharing.querysets import ShareQuerySet


def new_or_changed(shares: ShareQuerySet, *, actor: str, channel: Channel) -> ShareQuerySet:
    """Those of which this actor has not taken today's version through this channel, as far as it gives something."""
    taken = Access.objects.filter(
        share=OuterRef("pk"), version=OuterRef("result__current"), channel=channel, actor=actor
    )
    fresh = shares.filter(~Exists(taken))
    return fresh.filter(RELEASED) if channel == Channel.STATEMENT else fresh
