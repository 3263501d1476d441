"""The tab Users: the list, and what the Primary User does with it."""

import uuid
from functools import partial
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits, refused
from accounts.audit import user_actor
from organisations import domains, invitations, leaving, users
from organisations.errors import AlreadyUserError, ElsewhereError, ForeignDomainError
from organisations.forms import AddUserForm, NamesForm, SearchForm
from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import attempt, member, show

ON_A_PAGE: Final = 50
OF_THE_ADDRESS: Final = (AlreadyUserError, ElsewhereError, ForeignDomainError)


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def user_list(request: MemberRequest) -> HttpResponse:
    search = SearchForm(request.GET)
    words = search.cleaned_data["q"] if search.is_valid() else ""
    found = request.organisation.memberships.matching(words).with_second_step().with_mail_state().in_order()
    confirmed = domains.own(request.organisation, confirmed=True)
    context = {
        "search": search,
        "words": words,
        "page": Paginator(found, ON_A_PAGE).get_page(request.GET.get("page")),
        "asked": [
            {"request": asked, "is_from_elsewhere": not domains.is_within(asked.email, confirmed)}
            for asked in request.organisation.join_requests.waiting()
        ],
        "handover": getattr(request.organisation, "handover", None),
    }
    return show(request, "users", "users", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_USERS)
def add_user(request: MemberRequest) -> HttpResponse:
    form = AddUserForm(request.POST or None, organisation=request.organisation)
    if request.method == "POST" and form.is_valid():
        names = {name: form.cleaned_data[name] for name in ("given_name", "family_name", "job_title", "email")}
        limits.new_user(request, str(request.organisation.pk), names["email"])
        try:
            users.add_user(organisation=request.organisation, by=user_actor(request.user), **names)
        except OF_THE_ADDRESS as problem:
            form.add_error("email", str(problem))
        else:
            text = _("%(email)s has been sent an e-mail with a link to set a password. The link works for seven days.")
            messages.success(request, text % names)
            return redirect("organisations:users")
    return show(request, "users", "add_user", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_USERS)
def edit_user(request: MemberRequest, member_id: uuid.UUID) -> HttpResponse:
    found = member(request, member_id)
    source = found if found.is_pending else found.user
    names = {name: getattr(source, name) for name in ("given_name", "family_name", "job_title")}
    form = NamesForm(request.POST or None, initial=names)
    if request.method == "POST" and form.is_valid():
        change = partial(users.change_user, membership=found, by=request.user, **form.cleaned_data)
        return attempt(request, change, _("The user’s details have been saved."))
    context = {"form": form, "member": found, "mail_comes_back": refused.is_suspended(found.user.email)}
    return show(request, "users", "edit_user", context)


@require_POST
@requires(Permission.MANAGE_USERS)
def resend(request: MemberRequest, member_id: uuid.UUID) -> HttpResponse:
    found = member(request, member_id)
    limits.new_user(request, str(request.organisation.pk), found.user.email)
    send = partial(invitations.resend, membership=found, by=request.user)
    text = _("%(email)s has been sent a new link. The earlier one no longer works.")
    return attempt(request, send, text % {"email": found.user.email})


@require_POST
@requires(Permission.MANAGE_USERS)
def deactivate(request: MemberRequest, member_id: uuid.UUID) -> HttpResponse:
    found = member(request, member_id)
    text = _("%(name)s has been deactivated and can no longer use the service for your organisation.")
    action = partial(leaving.deactivate, membership=found, by=request.user)
    return attempt(request, action, text % {"name": found.shown_name})


@require_POST
@requires(Permission.MANAGE_USERS)
def reactivate(request: MemberRequest, member_id: uuid.UUID) -> HttpResponse:
    found = member(request, member_id)
    action = partial(leaving.reactivate, membership=found, by=request.user)
    return attempt(request, action, _("%(name)s is active again.") % {"name": found.shown_name})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_USERS)
def delete_user(request: MemberRequest, member_id: uuid.UUID) -> HttpResponse:
    """A page that says what follows, with the button."""
    found = member(request, member_id)
    if request.method == "POST":
        action = partial(leaving.delete, membership=found, by=request.user)
        return attempt(request, action, _("%(name)s has been deleted.") % {"name": found.shown_name})
    return show(request, "users", "delete_user", {"member": found})
