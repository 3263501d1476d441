"""Who may do what, on one screen."""

from collections.abc import Callable
from enum import StrEnum, auto
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.models import User
from organisations.models import Membership, Organisation, OrganisationState, Role


class Permission(StrEnum):
    VERIFY = auto()
    VIEW_ORGANISATION = auto()
    """Its details, users, exams accepted and rules; of the activity, one's own."""
    VIEW_ALL_ACTIVITY = auto()
    MANAGE_ORGANISATION = auto()
    """Details, exams accepted, rules for its users."""
    MANAGE_USERS = auto()
    MANAGE_API = auto()
    """Create, change and revoke clients of the API; everybody sees that they exist."""


EVERYBODYS = frozenset({Permission.VERIFY, Permission.VIEW_ORGANISATION})
ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.PRIMARY: EVERYBODYS
    | {
        Permission.VIEW_ALL_ACTIVITY,
        Permission.MANAGE_ORGANISATION,
        Permission.MANAGE_USERS,
        Permission.MANAGE_API,
    },
    Role.ADMIN: EVERYBODYS,
}


class MemberRequest(HttpRequest):
    """A request whose sender was found to be a member of an active organisation."""

    user: User
    organisation: Organisation
    membership: Membership


P = ParamSpec("P")
MemberView = Callable[Concatenate[MemberRequest, P], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def requires(permission: Permission) -> Callable[[MemberView[P]], View[P]]:
    """Let only members whose role has `permission` pass; others see the 403 page.

    A suspended organisation has no permissions at all; its members are told so, and whom to write to.
    """

    def decorate(view: MemberView[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            membership: Membership | None = getattr(request, "membership", None)
            if membership and membership.organisation.state == OrganisationState.SUSPENDED:
                return render(request, "organisations/suspended.html", status=403)
            if membership is None or not may(membership, permission):
                raise PermissionDenied
            return view(cast("MemberRequest", request), *args, **kwargs)

        return cast("View[P]", guarded)

    return decorate


def is_user_today(organisation: Organisation, user: User | None) -> bool:
    """Whether this person is a user of the organisation, and the organisation is active; for work that was asked for
    earlier.
    """
    active = organisation.state == OrganisationState.ACTIVE
    return active and user is not None and organisation.memberships.in_force().filter(user=user).exists()


def may(membership: Membership, permission: Permission) -> bool:
    """Whether this member has `permission` today."""
    active = membership.organisation.state == OrganisationState.ACTIVE
    return active and permission in ROLE_PERMISSIONS[membership.role]
