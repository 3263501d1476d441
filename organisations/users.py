"""The users of an organisation: how somebody becomes one."""

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.models import Action, User
from organisations import domains, invitations
from organisations.models import Membership, Organisation, Role


class UserError(Exception):
    """Why something cannot be done, in words for the person who asked for it."""

    message: str | Promise = ""

    def __str__(self) -> str:
        return str(self.message)


class AlreadyUserError(UserError):
    message = _("This address belongs to a user of your organisation already")


class ElsewhereError(UserError):
    """Says no more than that: neither where nor who."""

    message = _(
        "This address cannot be added, because it is in use with another organisation. Ask the person for an address "
        "of your organisation, or to be removed over there first. The helpdesk can help."
    )


class ForeignDomainError(UserError):
    message = _("Your organisation allows only users with an address in its own e-mail domains (see Security)")


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
    user = _account(email.strip().lower(), names)
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
    return membership


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
        user=user, role=Role.ADMIN, invited_at__lte=timezone.now() - invitations.GOOD_FOR
    )
    ran_out.exclude(organisation=organisation).delete()
    held = Membership.objects.filter(user=user).first()
    if held:
        raise AlreadyUserError if held.organisation_id == organisation.pk else ElsewhereError
