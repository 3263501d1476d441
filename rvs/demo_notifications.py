"""E-mail notifications of the demonstration: somebody who has chosen, and digests to read under /_mail/."""

from datetime import datetime

from django.utils import timezone

from notifications import digests, preferences
from notifications.models import Frequency, Stream, Subscription, Weekday
from organisations.models import Organisation, Role
from sharing import door
from sharing.door import RightId, RightKind


def load(organisation: Organisation) -> None:
    """One Admin User hears of some exams each Monday; all of them have just been told of what was shared so far.

    What has changed is told by the worker, as it happens, some minutes after it has started.
    """
    now = timezone.now()
    chooser = organisation.memberships.filter(role=Role.ADMIN).select_related("user").order_by("user__email")[0]
    preferences.save(
        membership=chooser,
        frequencies={Stream.NEW_RESULTS: Frequency.WEEKLY, Stream.CHANGES: Frequency.DAILY},
        weekday=Weekday.MONDAY,
        hour=9,
        exams=["CAE", "CPE"],
        meets_only=False,
        join_requests=True,
        now=now,
    )
    digests.run(now)
    readers = Subscription.objects.filter(membership__organisation=organisation, stream=Stream.NEW_RESULTS)
    readers.update(due_at=now)
    digests.run(now)
    _acknowledge_one(organisation, now)


def _acknowledge_one(organisation: Organisation, now: datetime) -> None:
    """Of the results that changed since the organisation verified them, somebody has seen one; the others are open."""
    changed = organisation.notices.open().order_by("pk").values("result")
    held = organisation.verifications.filter(result__in=changed).order_by("made_at")[0]
    door.acknowledge(
        organisation=organisation,
        right=RightId(RightKind.VERIFICATION, held.pk),
        up_to=2,  # as imported, and as changed
        by=organisation.memberships.get(role=Role.PRIMARY).user,
        now=now,
    )
