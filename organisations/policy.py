"""What an organisation asks of its own users: a second step of log-in, shorter sessions, its own e-mail domains."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import audit, mfa
from accounts.models import Action, User
from accounts.policy import Policy
from organisations import domains
from organisations.errors import OutsideError
from organisations.locking import lock, require_primary
from organisations.models import Membership, Organisation


class MemberPolicy(Policy):
    def longest_idle(self, user: User) -> timedelta | None:
        membership: Membership | None = getattr(user, "membership", None)
        if membership is None or not membership.is_in_force or membership.organisation.session_minutes is None:
            return None
        return timedelta(minutes=membership.organisation.session_minutes)

    def refuses_email(self, user: User, email: str) -> str | Promise:
        membership: Membership | None = getattr(user, "membership", None)
        if membership is None or not membership.organisation.own_domains_only:
            return ""
        if domains.is_own(membership.organisation, email):
            return ""
        return _("Your organisation allows only addresses in its own e-mail domains")


def second_step_due(membership: Membership) -> datetime | None:
    """Until when this user has time to set up a second step; None if they have one, or none is asked for."""
    required_from = membership.organisation.mfa_required_from
    if required_from is None or required_from <= timezone.now() or mfa.has_second_step(membership.user):
        return None
    return required_from


def must_set_up(membership: Membership) -> bool:
    """Whether this user must set up a second step before anything else."""
    required_from = membership.organisation.mfa_required_from
    return required_from is not None and required_from <= timezone.now() and not mfa.has_second_step(membership.user)


@transaction.atomic
def change_policy(
    *,
    organisation: Organisation,
    by: User,
    mfa_required_from: datetime | None,
    session_minutes: int | None,
    own_domains_only: bool,
) -> None:
    """Change what the organisation asks of its users; it holds from their next request on.

    Raises:
        UserError: a user's address lies outside the domains, or `by` is no longer the Primary User.
    """
    organisation = lock(organisation)
    require_primary(organisation, by)
    if own_domains_only and domains.members_outside(organisation, domains.own(organisation)):
        raise OutsideError
    rules = {
        "mfa_required_from": mfa_required_from,
        "session_minutes": session_minutes,
        "own_domains_only": own_domains_only,
    }
    changed = [name for name, value in rules.items() if getattr(organisation, name) != value]
    for name, value in rules.items():
        setattr(organisation, name, value)
    organisation.save(update_fields=list(rules))
    if changed:
        audit.record(
            actor=audit.user_actor(by),
            action=Action.POLICY_CHANGED,
            organisation=str(organisation.pk),
            detail={name: str(rules[name]) for name in changed},
        )
