"""How a user of an organisation ceases to be one, at once: for a while, or for good."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from accounts import audit, closing
from accounts.models import Action, User
from organisations import domains
from organisations.api_clients import clients
from organisations.errors import ForeignDomainError, PrimaryStaysError
from organisations.locking import lock, member, require_primary
from organisations.models import Handover, Membership, Role


@transaction.atomic
def deactivate(*, membership: Membership, by: User) -> None:
    """Take a user's rights; they keep their place, and can be let in again.

    Raises:
        UserError: it is the Primary User, the user is gone, or `by` is no longer the Primary User.
    """
    membership = _locked(membership, by)
    take_access(membership)
    _record(by, Action.USER_DEACTIVATED, membership)


def take_access(membership: Membership) -> None:
    """Everything that a user has of the organisation ends; the caller holds its lock, and says in the trail why."""
    membership.is_active = False
    if membership.is_pending:
        membership.invited_at = timezone.now()  # the link that was sent is worth nothing any more
    membership.save(update_fields=["is_active", "invited_at"])
    Handover.objects.filter(taker=membership).delete()
    _end(membership, closing.close)
    clients.tell_of_leaver(membership.organisation, membership.user)


@transaction.atomic
def reactivate(*, membership: Membership, by: User) -> None:
    """Let a deactivated user in again, with the password they had.

    Raises:
        UserError: the organisation's rules refuse the address, the user is gone, or `by` is no longer the Primary User.
    """
    membership = _locked(membership, by)
    if membership.organisation.own_domains_only and not domains.is_own(membership.organisation, membership.user.email):
        raise ForeignDomainError
    membership.is_active = membership.user.is_active = True
    membership.save(update_fields=["is_active"])
    membership.user.save(update_fields=["is_active"])
    _record(by, Action.USER_REACTIVATED, membership)


@transaction.atomic
def delete(*, membership: Membership, by: User) -> None:
    """Remove a user; nothing that they had of the organisation opens anything any more.

    The account's row stays, for the names in the audit trail.  Nobody can log in to it, unless its owner is a candidate
    or of staff as well: then that side of it stays open.

    Raises:
        UserError: it is the Primary User, the user is gone, or `by` is no longer the Primary User.
    """
    membership = _locked(membership, by)
    _record(by, Action.USER_DELETED, membership)
    membership.delete()
    _end(membership, closing.give_up)
    if membership.is_active:  # otherwise the Primary User was told when it was deactivated
        clients.tell_of_leaver(membership.organisation, membership.user)


def has_another_role(user: User) -> bool:
    """Whether the person uses the account for more than an organisation."""
    return user.is_staff or hasattr(user, "candidate")


def _end(membership: Membership, close: Callable[[User], None]) -> None:
    """What the person has an account for besides stays open; whoever never accepted is not even logged out of it."""
    if not has_another_role(membership.user):
        close(membership.user)
    elif not membership.is_pending:
        closing.shut_out(membership.user)


def _locked(membership: Membership, by: User) -> Membership:
    require_primary(lock(membership.organisation), by)
    membership = member(membership)
    if membership.role == Role.PRIMARY:
        raise PrimaryStaysError
    return membership


def _record(by: User, action: Action, membership: Membership) -> None:
    audit.record(
        actor=audit.user_actor(by),
        action=action,
        target=audit.user_actor(membership.user),
        organisation=str(membership.organisation_id),
    )
