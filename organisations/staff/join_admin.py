"""Requests to join an organisation whose Primary User does not answer."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from organisations import join_requests
from organisations.errors import UserError
from organisations.models import JoinRequest
from organisations.querysets import JoinRequestQuerySet
from organisations.staff.forms import ReasonForm
from organisations.staff.pages import StaffPages, viewed
from organisations.working_days import uk_date


class JoinRequestAdmin(StaffPages):
    """Only what is overdue: until then a request is the Primary User's affair alone."""

    templates = "admin/organisations/joinrequest"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        form = require_http_methods(["GET", "HEAD", "POST"])
        page = "organisations_joinrequest"
        return [
            path("", view(require_safe(self.list_view)), name=f"{page}_changelist"),
            path("<uuid:join_id>/accept/", view(form(self.accept_view)), name=f"{page}_accept"),
            path("<uuid:join_id>/decline/", view(form(self.decline_view)), name=f"{page}_decline"),
        ]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        person = self.require(request, "organisations.view_joinrequest")
        rows = _overdue()
        self.list_viewed(person)
        may_decide = request.user.has_perm("organisations.decide_joinrequest")
        return self.page(request, "list", title=_("Requests to join"), rows=rows, may_decide=may_decide)

    def accept_view(self, request: HttpRequest, join_id: uuid.UUID) -> HttpResponse:
        """Makes the person an Admin User, in place of a Primary User who does not answer."""

        def accept(wish: JoinRequest, person: User, reason: str) -> str:
            join_requests.accept(request=wish, by=person, reason=reason)
            return _("The person was sent the link to set a password.")

        return self._decide(request, join_id, "accept", _("Accept this request?"), accept)

    def decline_view(self, request: HttpRequest, join_id: uuid.UUID) -> HttpResponse:
        """Refuses the request."""

        def decline(wish: JoinRequest, person: User, reason: str) -> str:
            join_requests.decline(request=wish, by=person, reason=reason)
            return _("The request is declined. The person was told.")

        return self._decide(request, join_id, "decline", _("Decline this request?"), decline)

    def _decide(
        self,
        request: HttpRequest,
        join_id: uuid.UUID,
        step: str,
        title: str,
        take: Callable[[JoinRequest, User, str], str],
    ) -> HttpResponse:
        person = self.require(request, "organisations.view_joinrequest", "organisations.decide_joinrequest")
        wish = _overdue().filter(pk=join_id).first()
        if wish is None:
            messages.error(request, _("This request does not wait for staff: it was answered, or is not overdue."))
            return redirect("admin:organisations_joinrequest_changelist")
        viewed(person, f"join_request:{wish.pk}")
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, take(wish, person, form.cleaned_data["reason"]))
            except UserError as error:
                messages.error(request, str(error))
            return redirect("admin:organisations_joinrequest_changelist")
        return self.page(request, "decide", title=title, step=step, wish=wish, form=form)


def _overdue() -> JoinRequestQuerySet:
    return JoinRequest.objects.overdue(uk_date(timezone.now())).select_related("organisation")
