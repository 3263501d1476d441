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

TABS: Final = {
    "details": ("organisations:details", _("Details")),
    "exams": ("organisations:exams", _("Exams accepted")),
    "users": ("organisations:users", _("Users")),
    "api": ("organisations:api", _("API")),
    "webhooks": ("notifications:webhooks", _("Webhooks")),
    "activity": ("organisations:activity", _("Activity")),
    "security": ("organisations:security", _("Security")),
}
"""Each with the name of its address; some are another app's."""


def show(
    request: MemberRequest,
    tab: str,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    folder: str = "organisations",
    status: int = 200,
) -> HttpResponse:
    """A page under one of the tabs."""
    tabs = [{"label": label, "url": reverse(name), "current": key == tab} for key, (name, label) in TABS.items()]
    may_do = {permission.value: may(request.membership, permission) for permission in Permission}
    return render(request, f"{folder}/{template}.html", {"tabs": tabs, "may": may_do, **(context or {})}, status=status)


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
