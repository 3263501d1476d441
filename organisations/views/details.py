"""The tab Details: what the organisation says of itself, and its link for candidates."""

import io
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from organisations import applicant_references, profile
from organisations.errors import UserError
from organisations.forms import DetailsForm, NameChangeForm
from organisations.models import Organisation
from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import show


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def details(request: MemberRequest) -> HttpResponse:
    organisation = request.organisation
    context = {
        "domains": organisation.email_domains.all(),
        "waiting_name": profile.waiting_name(organisation),
        "share_link": share_link(organisation),
        "example": applicant_references.example(organisation.applicant_reference_pattern),
    }
    return show(request, "details", "details", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def edit_details(request: MemberRequest) -> HttpResponse:
    # The form fills in its own copy: the service compares with what is stored.
    form = DetailsForm(request.POST or None, instance=request.organisation)
    if request.method == "POST" and form.is_valid():
        values: dict[str, Any] = dict(form.cleaned_data)
        email_domains = values.pop("email_domains")
        try:
            profile.change_details(
                organisation=request.organisation, by=request.user, values=values, email_domains=email_domains
            )
        except UserError as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("The details have been saved."))
        return redirect("organisations:details")
    return show(request, "details", "edit_details", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def ask_for_name(request: MemberRequest) -> HttpResponse:
    form = NameChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            profile.ask_for_name(organisation=request.organisation, by=request.user, **form.cleaned_data)
        except UserError as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("We have received your wish. The name stays as it is until staff have agreed."))
        return redirect("organisations:details")
    return show(request, "details", "name_change", {"form": form})


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def share_code(request: MemberRequest) -> HttpResponse:
    """The QR code of the organisation's link for candidates."""
    picture = io.BytesIO()
    segno.make(share_link(request.organisation), error="m").save(picture, kind="svg", scale=6, border=4, light="white")
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


def share_link(organisation: Organisation) -> str:
    """Where candidates share their results with this organisation."""
    return f"{settings.PUBLIC_BASE_URL}/candidate/share/{organisation.slug}"
