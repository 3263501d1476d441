"""Organisations that have an account: the list, and one organisation with what staff can do."""

import uuid
from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit, mfa
from accounts.models import User
from organisations import invitations, supervision
from organisations.api_clients import clients
from organisations.errors import UserError
from organisations.models import Membership, Organisation, Role
from organisations.staff.forms import HandPrimaryForm, LeakForm, OrganisationForm, ReasonForm
from organisations.staff.pages import StaffPages, history, viewed

SUPERVISE = "organisations.supervise_organisation"


class OrganisationAdmin(StaffPages):
    """The list is Django's; each step on the page of one organisation is a service of organisations/supervision.py."""

    templates = "admin/organisations/organisation"
    list_display = ("name", "type", "country", "website", "state", "created_at")
    list_filter = ("state", "type", "country")
    search_fields = ("name", "website", "former_names__name", "email_domains__domain")
    search_help_text = "Name, also a former one; website; e-mail domain"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        form = require_http_methods(["GET", "HEAD", "POST"])
        page = "organisations_organisation"
        return [
            path("", view(self.changelist_view), name=f"{page}_changelist"),
            path("<uuid:organisation_id>/", view(require_safe(self.organisation_view)), name=f"{page}_change"),
            path("<uuid:organisation_id>/edit/", view(form(self.edit_view)), name=f"{page}_edit"),
            path("<uuid:organisation_id>/suspend/", view(form(self.suspend_view)), name=f"{page}_suspend"),
            path("<uuid:organisation_id>/reinstate/", view(form(self.reinstate_view)), name=f"{page}_reinstate"),
            path("<uuid:organisation_id>/primary/", view(form(self.primary_view)), name=f"{page}_primary"),
            path(
                "<uuid:organisation_id>/clients/<uuid:client_id>/revoke/",
                view(form(self.revoke_view)),
                name=f"{page}_revoke_client",
            ),
            path(
                "<uuid:organisation_id>/users/<uuid:membership_id>/resend/",
                view(require_POST(self.resend_view)),
                name=f"{page}_resend",
            ),
        ]

    def organisation_view(self, request: HttpRequest, organisation_id: uuid.UUID) -> HttpResponse:
        """What it says of itself, who its users are, what happened to it."""
        person = self.require(request, "organisations.view_organisation")
        organisation = _get(organisation_id)
        target = supervision.target(organisation)
        viewed(person, target)
        return self.page(
            request,
            "organisation",
            title=organisation.name,
            organisation=organisation,
            registration=getattr(organisation, "registration", None),
            members=_members(organisation),
            clients=organisation.api_clients.live(timezone.now()),
            history=history(target),
            name_changes=organisation.name_changes.waiting(),
            join_requests=organisation.join_requests.waiting().count(),
            may_supervise=request.user.has_perm(SUPERVISE),
        )

    def edit_view(self, request: HttpRequest, organisation_id: uuid.UUID) -> HttpResponse:
        """Name, website, domains and so on."""
        person = self.require(request, "organisations.view_organisation", SUPERVISE)
        organisation = _get(organisation_id)
        form = OrganisationForm(request.POST or None, instance=organisation)
        if request.method == "POST" and form.is_valid():
            values = dict(form.cleaned_data)
            domains = values.pop("domains")
            changed = supervision.edit(organisation=organisation, by=person, values=values, domains=domains)
            messages.success(request, _("The changes are saved.") if changed else _("Nothing was changed."))
            return redirect("admin:organisations_organisation_change", organisation_id)
        return self.page(
            request, "edit", title=_("Edit the organisation"), organisation=_get(organisation_id), form=form
        )

    def suspend_view(self, request: HttpRequest, organisation_id: uuid.UUID) -> HttpResponse:
        """Asks for the reason, and shuts the organisation out."""

        def suspend(organisation: Organisation, person: User, data: dict[str, Any]) -> str:
            supervision.suspend(organisation=organisation, by=person, reason=data["reason"])
            return _("The organisation is suspended. Its users are refused from their next page on.")

        return self._step(request, organisation_id, "suspend", _("Suspend this organisation?"), suspend)

    def reinstate_view(self, request: HttpRequest, organisation_id: uuid.UUID) -> HttpResponse:
        """Asks for the reason, and lets the organisation in again."""

        def reinstate(organisation: Organisation, person: User, data: dict[str, Any]) -> str:
            supervision.reinstate(organisation=organisation, by=person, reason=data["reason"])
            return _("The organisation is reinstated. Its users can work again.")

        return self._step(request, organisation_id, "reinstate", _("Reinstate this organisation?"), reinstate)

    def primary_view(self, request: HttpRequest, organisation_id: uuid.UUID) -> HttpResponse:
        """Asks who takes the Primary role over, and gives it to them."""
        takers = [each for each in _takers(organisation_id) if each.user.is_active]

        def hand(organisation: Organisation, person: User, data: dict[str, Any]) -> str:
            to = next(each for each in takers if str(each.pk) == data["to"])
            supervision.hand_primary(
                organisation=organisation, to=to, keep_former=data["former"] == "keep", by=person, reason=data["reason"]
            )
            return _("%(person)s is the Primary User now.") % {"person": to.user}

        form = HandPrimaryForm(request.POST if request.method == "POST" else None, members=takers)
        title = _("Give the Primary role to another user")
        return self._step(request, organisation_id, "primary", title, hand, form=form, takers=takers)

    def revoke_view(self, request: HttpRequest, organisation_id: uuid.UUID, client_id: uuid.UUID) -> HttpResponse:
        """Asks for the reason, and shuts one program out, such as one whose secret has leaked."""
        client = _get(organisation_id).api_clients.filter(pk=client_id).first()
        if client is None:
            raise Http404

        def revoke(_organisation: Organisation, person: User, data: dict[str, Any]) -> str:
            clients.revoke_by_staff(client=client, by=person, reason=data["reason"])
            return _("The client “%(name)s” is revoked; the Primary User is told.") % {"name": client.name}

        form = LeakForm(request.POST if request.method == "POST" else None)
        title = _("Revoke this client of the API?")
        return self._step(request, organisation_id, "revoke_client", title, revoke, form=form, client=client)

    def resend_view(self, request: HttpRequest, organisation_id: uuid.UUID, membership_id: uuid.UUID) -> HttpResponse:
        """Sends an invited user the link to set a password once more."""
        person = self.require(request, "organisations.view_organisation", SUPERVISE)
        membership = _get(organisation_id).memberships.filter(pk=membership_id).first()
        if membership is None:
            raise Http404
        try:
            invitations.send(membership=membership, by=audit.user_actor(person))
            messages.success(request, _("The link was sent again. An earlier one works no more."))
        except ValueError:
            messages.error(request, _("This user needs no link: the password is set, or the user is deactivated."))
        return redirect("admin:organisations_organisation_change", organisation_id)

    def _step(
        self,
        request: HttpRequest,
        organisation_id: uuid.UUID,
        name: str,
        title: str,
        take: Callable[[Organisation, User, dict[str, Any]], str],
        *,
        form: forms.Form | None = None,
        **context: Any,
    ) -> HttpResponse:
        """A page that says what follows and asks for a reason, and what it sends."""
        person = self.require(request, "organisations.view_organisation", SUPERVISE)
        organisation = _get(organisation_id)
        form = form or ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, take(organisation, person, form.cleaned_data))
            except (supervision.SupervisionError, UserError) as error:
                messages.error(request, str(error))
            return redirect("admin:organisations_organisation_change", organisation_id)
        return self.page(request, name, title=title, organisation=organisation, form=form, **context)


def _get(organisation_id: uuid.UUID) -> Organisation:
    organisation = Organisation.objects.filter(pk=organisation_id).select_related("registration").first()
    if organisation is None:
        raise Http404
    return organisation


def _members(organisation: Organisation) -> list[dict[str, object]]:
    """Each user with their state and whether they have a second step of log-in."""
    members = list(organisation.memberships.in_order())
    people = [each.user_id for each in members]
    steps = Authenticator.objects.filter(user__in=people, type__in=mfa.STEPS)
    with_second_step = set(steps.values_list("user_id", flat=True))
    return [{"member": each, "second_step": each.user_id in with_second_step} for each in members]


def _takers(organisation_id: uuid.UUID) -> list[Membership]:
    found = Membership.objects.in_force().filter(organisation=organisation_id).exclude(role=Role.PRIMARY)
    return list(found.select_related("user").order_by("user__family_name"))
