"""The tab Security: what the organisation asks of its users."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from organisations import policy
from organisations.errors import UserError
from organisations.forms import PolicyForm
from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import show


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def security(request: MemberRequest) -> HttpResponse:
    members = request.organisation.memberships.in_force()
    context = {
        "now": timezone.now(),
        "users": members.count(),
        "without": members.without_second_step().count(),
    }
    return show(request, "security", "security", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def edit_security(request: MemberRequest) -> HttpResponse:
    form = PolicyForm(request.POST or None, organisation=request.organisation)
    if request.method == "POST" and form.is_valid():
        try:
            policy.change_policy(
                organisation=request.organisation,
                by=request.user,
                mfa_required_from=form.cleaned_data["second_step"],
                session_minutes=form.cleaned_data["session_minutes"],
                own_domains_only=form.cleaned_data["own_domains_only"],
            )
        except UserError as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("The rules have been saved."))
        return redirect("organisations:security")
    return show(request, "security", "edit_security", {"form": form})
