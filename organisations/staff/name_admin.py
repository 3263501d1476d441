"""Other names that Primary Users ask for."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from organisations import supervision
from organisations.models import NameChange
from organisations.staff.forms import AnswerForm, ReasonForm
from organisations.staff.pages import StaffPages
from results.staff.people import names_of


class NameChangeAdmin(StaffPages):
    """Other names that Primary Users ask for."""

    templates = "admin/organisations/namechange"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        form = require_http_methods(["GET", "HEAD", "POST"])
        page = "organisations_namechange"
        return [
            path("", view(require_safe(self.list_view)), name=f"{page}_changelist"),
            path("<uuid:change_id>/grant/", view(form(self.grant_view)), name=f"{page}_grant"),
            path("<uuid:change_id>/refuse/", view(form(self.refuse_view)), name=f"{page}_refuse"),
        ]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        self.list_viewed(self.require(request, "organisations.view_namechange"))
        changes = list(NameChange.objects.waiting().select_related("organisation"))
        people = names_of(change.asked_by for change in changes)
        rows = [{"change": change, "person": people[change.asked_by]} for change in changes]
        may_decide = request.user.has_perm("organisations.decide_namechange")
        return self.page(request, "list", title=_("Changes of name"), rows=rows, may_decide=may_decide)

    def grant_view(self, request: HttpRequest, change_id: uuid.UUID) -> HttpResponse:
        """Gives the organisation its new name; the present one stays a former name."""
        form = ReasonForm(request.POST if request.method == "POST" else None)
        return self._decide(request, change_id, granted=True, title=_("Grant this name?"), form=form)

    def refuse_view(self, request: HttpRequest, change_id: uuid.UUID) -> HttpResponse:
        """Refuses with a reason that the Primary User reads."""
        form = AnswerForm(request.POST if request.method == "POST" else None)
        return self._decide(request, change_id, granted=False, title=_("Refuse this name?"), form=form)

    def _decide(
        self, request: HttpRequest, change_id: uuid.UUID, *, granted: bool, title: str, form: Any
    ) -> HttpResponse:
        person = self.require(request, "organisations.view_namechange", "organisations.decide_namechange")
        change = NameChange.objects.select_related("organisation").filter(pk=change_id).first()
        if change is None:
            raise Http404
        if request.method == "POST" and form.is_valid():
            answer = next(iter(form.cleaned_data.values()))
            try:
                supervision.decide_name_change(change=change, granted=granted, by=person, answer=answer)
                messages.success(request, _("The new name is in force.") if granted else _("The request is refused."))
            except supervision.SupervisionError as error:
                messages.error(request, str(error))
            return redirect("admin:organisations_namechange_changelist")
        return self.page(request, "decide", title=title, change=change, granted=granted, form=form)
