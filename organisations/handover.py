"""The Primary User hands the role over to another user, who accepts it.

At every moment the organisation has exactly one: the roles change hands in one transaction, under the organisation's
lock, and the database refuses a second Primary User and an organisation without one.
"""

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import audit, mails
from accounts.models import Action, User
from organisations.errors import NoSuchOfferError, NotActiveError
from organisations.locking import lock, member, require_primary
from organisations.models import Handover, Membership, Organisation, Role


@transaction.atomic
def offer(*, taker: Membership, by: User) -> Handover:
    """Offer the role; an offer to somebody else that waits is forgotten.

    Raises:
        UserError: `by` is no longer the Primary User, or `taker` cannot take the role.
    """
    organisation = lock(taker.organisation)
    giver = require_primary(organisation, by)
    taker = member(taker)
    if not taker.is_in_force or not taker.user.is_active or taker == giver:
        raise NotActiveError
    Handover.objects.filter(organisation=organisation).delete()
    made = Handover.objects.create(organisation=organisation, giver=giver, taker=taker)
    _record(by, Action.HANDOVER_OFFERED, organisation, taker.user)
    _tell(taker.user, "handover_offered", organisation)
    return made


@transaction.atomic
def end(*, organisation: Organisation, by: User) -> None:
    """The giver withdraws the offer, or the taker declines it.

    Raises:
        UserError: there is none that concerns `by`.
    """
    organisation = lock(organisation)
    waiting = _waiting(organisation)
    if waiting is None or by not in {waiting.giver.user, waiting.taker.user}:
        raise NoSuchOfferError
    other = waiting.taker.user if by == waiting.giver.user else waiting.giver.user
    waiting.delete()
    _record(by, Action.HANDOVER_ENDED, organisation, other)
    _tell(other, "handover_ended", organisation)


@transaction.atomic
def accept(*, organisation: Organisation, by: User) -> None:
    """Take the role that was offered; who gave it becomes an Admin User.  Both are told by mail.

    Raises:
        UserError: the offer no longer stands.
    """
    organisation = lock(organisation)
    waiting = _waiting(organisation)
    if (
        waiting is None
        or waiting.taker.user != by
        or waiting.giver.role != Role.PRIMARY
        or not waiting.taker.is_in_force
    ):
        raise NoSuchOfferError
    giver, taker = waiting.giver, waiting.taker
    waiting.delete()
    giver.role, taker.role = Role.ADMIN, Role.PRIMARY
    giver.save(update_fields=["role"])
    taker.save(update_fields=["role"])
    _record(by, Action.HANDOVER_ACCEPTED, organisation, giver.user)
    for person in (giver.user, taker.user):
        _tell(person, "handover_accepted", organisation, primary=taker.user.get_full_name())


def _waiting(organisation: Organisation) -> Handover | None:
    return Handover.objects.filter(organisation=organisation).select_related("giver__user", "taker__user").first()


def _tell(person: User, mail: str, organisation: Organisation, **words: str) -> None:
    address = f"{settings.PUBLIC_BASE_URL}{reverse('organisations:accept_role')}"
    context = {"organisation": organisation.name, "address": address, **words}
    mails.send(f"organisations/email/{mail}", person.email, context)


def _record(by: User, action: Action, organisation: Organisation, target: User) -> None:
    audit.record(
        actor=audit.user_actor(by), action=action, target=audit.user_actor(target), organisation=str(organisation.pk)
    )
