"""What the pages of Your Organisation share."""

import uuid
from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organisations.errors import UserError
from organisations.models import Membership
from organisations.permissions import MemberRequest, Permission, may

TABS: Final = (
    ("details", _("Details")),
    ("exams", _("Exams accepted")),
    ("users", _("Users")),
    ("api", _("API")),
    ("activity", _("Activity")),
    ("security", _("Security")),
)


def show(
    request: MemberRequest, tab: str, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page under one of the tabs."""
    tabs = [{"label": label, "url": reverse(f"organisations:{name}"), "current": name == tab} for name, label in TABS]
    may_do = {permission.value: may(request.membership, permission) for permission in Permission}
    return render(
        request, f"organisations/{template}.html", {"tabs": tabs, "may": may_do, **(context or {})}, status=status
    )


def member(request: MemberRequest, member_id: uuid.UUID) -> Membership:
    """One of the organisation's users, or 404."""
    found = request.organisation.memberships.with_second_step().select_related("user").filter(pk=member_id).first()
    if found is None:
        raise Http404
    return found


def attempt(request: MemberRequest, action: Callable[[], object], done: str | Promise) -> HttpResponse:
    """Do it, and say on the list of users what came of it."""
    try:
        action()
    except UserError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, str(done))
    return redirect("organisations:users")
