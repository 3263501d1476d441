"""The organisation’s details."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organisations.permissions import MemberRequest, Permission, requires


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def details(request: MemberRequest) -> HttpResponse:
    members = request.organisation.memberships.select_related("user").order_by("-role", "user__family_name")
    return render(request, "organisations/details.html", {"members": members})
