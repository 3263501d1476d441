"""The users of an organisation: how somebody becomes one."""

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Action, User
from organisations import domains, invitations
from organisations.errors import AlreadyUserError, ElsewhereError, ForeignDomainError, UserError
from organisations.locking import lock, member, require_primary
from organisations.models import INVITATION_GOOD_FOR, JoinRequest, JoinState, Membership, Organisation, Role

__all__ = ["UserError", "add_user", "change_user"]


@transaction.atomic
def add_user(
    *,
    organisation: Organisation,
    by: str,
    given_name: str,
    family_name: str,
    job_title: str,
    email: str,
    role: Role = Role.ADMIN,
) -> Membership:
    """Make somebody a user, and send the link to set a password; their rights begin when they have used it.

    Somebody who has an account already, as a candidate has, keeps it as it is and only accepts.

    Args:
        by: the audit actor.

    Raises:
        UserError: the address is taken, or the organisation's own rules refuse it.
    """
    if organisation.own_domains_only and not domains.is_own(organisation, email):
        raise ForeignDomainError
    names = {"given_name": given_name, "family_name": family_name, "job_title": job_title}
    email = email.strip().lower()
    asked = list(organisation.join_requests.waiting().filter(email=email).select_for_update())
    user = _account(email, names)
    _make_room(user, organisation)
    membership = Membership.objects.create(
        organisation=organisation, user=user, role=role, invited_at=timezone.now(), **names
    )
    audit.record(
        actor=by,
        action=Action.USER_ADDED,
        target=audit.user_actor(user),
        organisation=str(organisation.pk),
        detail={"role": role.value},
    )
    invitations.send(membership=membership, by=by)
    for request in asked:
        _accept(request, by)
    return membership


@transaction.atomic
def change_user(*, membership: Membership, by: User, given_name: str, family_name: str, job_title: str) -> None:
    """Correct a user's names and job title; of somebody invited, what the organisation calls them.

    Raises:
        UserError: the user is gone, or `by` is no longer the Primary User.
    """
    organisation = lock(membership.organisation)
    require_primary(organisation, by)
    membership = member(membership)
    names = {"given_name": given_name, "family_name": family_name, "job_title": job_title}
    rows: list[Membership | User] = [membership] if membership.is_pending else [membership.user]
    if membership.is_pending and not membership.user.has_usable_password():
        rows.append(membership.user)
    before = {field: getattr(rows[0], field) for field in names}
    for row in rows:
        for field, value in names.items():
            setattr(row, field, value)
        row.save(update_fields=list(names))
    audit.record(
        actor=audit.user_actor(by),
        action=Action.USER_CHANGED,
        target=audit.user_actor(membership.user),
        organisation=str(organisation.pk),
        detail={"fields": [field for field, value in names.items() if before[field] != value]},
    )


def _account(email: str, names: dict[str, str]) -> User:
    """The account with this address, locked; a new one, or one that nobody uses any more, gets the names."""
    User.objects.bulk_create([_unused(User(email=email, **names))], ignore_conflicts=True)
    user = User.objects.select_for_update(of=("self",)).get(email=email)
    if not user.has_usable_password():
        for field, value in names.items():
            setattr(user, field, value)
        user.is_active = True
        user.save(update_fields=[*names, "is_active"])
    return user


def _unused(user: User) -> User:
    user.set_unusable_password()
    return user


def _make_room(user: User, organisation: Organisation) -> None:
    """An invitation of an Admin User that ran out keeps nobody from another organisation."""
    ran_out = Membership.objects.pending().filter(
        user=user, role=Role.ADMIN, invited_at__lte=timezone.now() - INVITATION_GOOD_FOR
    )
    for elsewhere in ran_out.exclude(organisation=organisation):
        elsewhere.delete()
        audit.record(
            actor=audit.system_actor("invitations"),
            action=Action.USER_DELETED,
            target=audit.user_actor(user),
            organisation=str(elsewhere.organisation_id),
        )
    held = Membership.objects.filter(user=user).first()
    if held:
        raise AlreadyUserError if held.organisation_id == organisation.pk else ElsewhereError


def _accept(request: JoinRequest, by: str) -> None:
    """Whoever asked to join, and was added meanwhile, waits for no answer any more."""
    request.state, request.decided_by, request.decided_at = JoinState.ACCEPTED, by, timezone.now()
    request.save(update_fields=["state", "decided_by", "decided_at"])
    organisation = str(request.organisation_id)
    audit.record(actor=by, action=Action.JOIN_ACCEPTED, target=f"join_request:{request.pk}", organisation=organisation)
