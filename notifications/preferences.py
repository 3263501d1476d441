"""What users choose to hear of, and what their organisation's Primary User chooses for all of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import Action, User
from notifications.models import Frequency, NamedDigests, Preference, Stream, Subscription
from organisations.locking import lock, require_primary
from organisations.models import Membership, Organisation, Role
from sharing import publishing


class PrimaryHearsError(Exception):
    """The Primary User cannot switch off notices of changes: somebody of the organisation must hear."""


@transaction.atomic
def save(
    *,
    membership: Membership,
    frequencies: Mapping[Stream, Frequency],
    weekday: int,
    hour: int,
    exams: Sequence[str],
    meets_only: bool,
    join_requests: bool,
    now: datetime,
) -> None:
    """Store what a user has chosen.  Whatever they change, nothing is told twice, and nothing is left out.

    Raises:
        PrimaryHearsError: the Primary User would hear nothing of changes.
    """
    membership = Membership.objects.select_for_update(no_key=True).get(pk=membership.pk)  # the role stays as it is
    if membership.role == Role.PRIMARY and frequencies[Stream.CHANGES] == Frequency.OFF:
        raise PrimaryHearsError
    publishing.publish(now)
    wishes = Preference.objects.select_for_update().get(pk=membership.pk)
    moved = (wishes.weekday, wishes.hour) != (weekday, hour)
    wishes.weekday, wishes.hour, wishes.exams = weekday, hour, list(exams)
    wishes.meets_only, wishes.chosen_at = meets_only, now
    wishes.save()
    membership.join_request_mails = join_requests
    membership.save(update_fields=["join_request_mails"])
    for subscription in membership.subscriptions.select_for_update().order_by("pk"):
        _change(subscription, frequencies[Stream(subscription.stream)], moved=moved)
    _record(membership, {stream.value: frequency.value for stream, frequency in frequencies.items()})


def _change(subscription: Subscription, frequency: Frequency, *, moved: bool) -> None:
    """Whoever switches it on hears of what happens from then on; otherwise what waits goes into the next window."""
    by_the_clock = frequency in {Frequency.DAILY, Frequency.WEEKLY}
    if subscription.frequency == frequency and not (moved and by_the_clock):
        return
    if subscription.frequency == Frequency.OFF:
        subscription.position = max(subscription.position, publishing.reached())
    subscription.frequency = frequency
    subscription.due_at, subscription.unscheduled = None, frequency != Frequency.OFF
    subscription.save(update_fields=["frequency", "position", "due_at", "unscheduled"])


def is_untold(membership: Membership) -> bool:
    """Whether they have neither chosen anything nor said that they have read what they get."""
    return Preference.objects.filter(pk=membership.pk, chosen_at=None).exists()


@transaction.atomic
def keep(*, membership: Membership, now: datetime) -> None:
    """The user has read what they get, and is content with it."""
    Preference.objects.filter(pk=membership.pk, chosen_at=None).update(chosen_at=now)


@transaction.atomic
def choose_names(*, organisation: Organisation, by: User, named: bool, now: datetime) -> None:
    """Switch candidates' names in the digests of all users on or off.

    Raises:
        UserError: `by` is no longer the Primary User.
    """
    organisation = lock(organisation)
    require_primary(organisation, by)
    actor = audit.user_actor(by)
    if named:
        _row, changed = NamedDigests.objects.get_or_create(
            organisation=organisation, defaults={"chosen_by": actor, "chosen_at": now}
        )
    else:
        changed = bool(NamedDigests.objects.filter(organisation=organisation).delete()[0])
    if changed:
        audit.record(
            actor=actor,
            action=Action.NAMES_IN_DIGESTS_CHANGED,
            organisation=str(organisation.pk),
            detail={"named": named},
        )


def _record(membership: Membership, detail: Mapping[str, object]) -> None:
    actor = audit.user_actor(membership.user)
    audit.record(
        actor=actor,
        action=Action.NOTIFICATIONS_CHANGED,
        target=actor,
        organisation=str(membership.organisation_id),
        detail=detail,
    )
