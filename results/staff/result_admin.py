"""Looking results up: the pages under /admin/results/result/.  A result is never edited; it can be held.

A person's record opens only after a reason, under an address that is good for one member of staff and half an hour.
`sharing/admin.py` registers this page together with what is known of organisations' looks.
"""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import looks
from accounts.admin import ReadOnlyAdmin, actor, reason_page
from accounts.forms import ReasonForm
from accounts.models import Action, RecordLook
from results import holds
from results.models import Result, Status
from results.presentation import full_name
from results.staff import lookup
from results.staff.forms import HoldForm, LookupForm, ReleaseForm
from results.staff.people import names_of

LOOKS_SHOWN = 50


class ResultAdmin(ReadOnlyAdmin):
    """Look up, open with a reason, hold and release."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        form = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("", view(form(self.lookup_view)), name="results_result_changelist"),
            path("held/", view(require_safe(self.held_view)), name="results_result_held"),
            path("open/", view(require_POST(self.open_view)), name="results_result_open"),
            path("<uuid:look_id>/", view(require_safe(self.record_view)), name="results_result_record"),
            path(
                "<uuid:look_id>/photo/<int:number>/", view(require_safe(self.photo_view)), name="results_result_photo"
            ),
            path("<uuid:look_id>/hold/", view(require_POST(self.hold_view)), name="results_result_hold"),
            path("<uuid:look_id>/release/", view(require_POST(self.release_view)), name="results_result_release"),
        ]

    def traces(self, request: HttpRequest, result: Result) -> dict[str, Any]:
        """What else is known of who has seen this result, for the record's page."""
        return {}

    @method_decorator(sensitive_post_parameters())
    def lookup_view(self, request: HttpRequest) -> HttpResponse:
        """The form, and what it found: by POST, so that no name or date of birth stands in an address."""
        self._require(request, "results.view_result")
        form, found = LookupForm(request.POST if request.method == "POST" else None), None
        if request.method == "POST" and form.is_valid():
            found = lookup.search(by=actor(request), **form.cleaned_data)
        return self._page(request, "lookup", title=_("Look a result up"), form=form, found=found, most=lookup.MOST_HITS)

    def held_view(self, request: HttpRequest) -> HttpResponse:
        """The results that staff hold, without names: those are told when a record is opened."""
        self._require(request, "results.view_result")
        return self._page(request, "held", title=_("Results held by staff"), hits=lookup.held())

    def open_view(self, request: HttpRequest) -> HttpResponse:
        """Asks why, remembers it, and leads to the record."""
        self._require(request, "results.view_result")
        text = request.POST.get("result", "")
        if not (text.isascii() and text.isdecimal() and len(text) < 19):
            raise Http404
        result_id, by, now = int(text), actor(request), timezone.now()
        look = looks.running(target=lookup.target(result_id), by=by, now=now)
        if look is None:
            form = ReasonForm(request.POST if "purpose" in request.POST else None)
            if not form.is_valid():
                open_url = reverse("admin:results_result_open")
                return reason_page(self, request, form, open_url=open_url, result=result_id)
            try:
                look = lookup.begin(result_id=result_id, by=by, now=now, **form.cleaned_data)
            except Result.DoesNotExist:
                raise Http404 from None
        return redirect("admin:results_result_record", look.pk)

    def record_view(self, request: HttpRequest, look_id: uuid.UUID) -> HttpResponse:
        """Everything that is known of one result."""
        result = self._look(request, look_id, Action.RECORD_VIEWED)
        if result is None:
            messages.info(request, _("A record stays open for half an hour. Look it up again and say why."))
            return redirect("admin:results_result_changelist")
        current = result.current
        seen = list(RecordLook.objects.at(lookup.target(result.pk))[:LOOKS_SHOWN])
        people = names_of(look.actor for look in seen)
        return self._page(
            request,
            "record",
            title=full_name(current.given_names, current.family_name),
            result=result,
            look_id=look_id,
            hit=lookup.hit(result),
            contents=lookup.contents(current),
            history=lookup.history(result),
            has_photo=bool(current.photo),
            current_number=current.number,
            looks=[(look, people[look.actor]) for look in seen],
            may_hold=request.user.has_perm("results.hold_result"),
            hold_form=HoldForm(),
            release_form=ReleaseForm(),
            **self.traces(request, result),
        )

    def photo_view(self, request: HttpRequest, look_id: uuid.UUID, number: int) -> HttpResponse:
        """The test-day photo of one version."""
        result = self._look(request, look_id, Action.PHOTO_VIEWED, version=number)
        version = result.versions.filter(number=number).exclude(photo="").first() if result else None
        if version is None:
            raise Http404
        with default_storage.open(version.photo) as file:
            return HttpResponse(file.read(), content_type="image/jpeg")

    def hold_view(self, request: HttpRequest, look_id: uuid.UUID) -> HttpResponse:
        """Withhold or cancel until somebody releases it."""
        form = HoldForm(request.POST)
        result = self._to_change(request, look_id, form)
        if result and form.is_valid():
            status, reason = Status(form.cleaned_data["status"]), form.cleaned_data["reason"]
            try:
                holds.hold(result=result, status=status, reason=reason, by=actor(request))
                messages.success(request, _("The result is held."))
            except holds.HoldError as error:
                messages.error(request, str(error))
        return redirect("admin:results_result_record", look_id)

    def release_view(self, request: HttpRequest, look_id: uuid.UUID) -> HttpResponse:
        """Lift the hold: what the results files say is in force again."""
        form = ReleaseForm(request.POST)
        result = self._to_change(request, look_id, form)
        if result and form.is_valid():
            try:
                holds.lift(result=result, reason=form.cleaned_data["reason"], by=actor(request))
                messages.success(request, _("The result is released."))
            except holds.HoldError as error:
                messages.error(request, str(error))
        return redirect("admin:results_result_record", look_id)

    def _to_change(self, request: HttpRequest, look_id: uuid.UUID, form: HoldForm | ReleaseForm) -> Result | None:
        self._require(request, "results.view_result", "results.hold_result")
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return lookup.opened(look_id=look_id, by=actor(request), now=timezone.now())

    def _look(self, request: HttpRequest, look_id: uuid.UUID, action: Action, **detail: Any) -> Result | None:
        self._require(request, "results.view_result")
        return lookup.look(look_id=look_id, by=actor(request), now=timezone.now(), action=action, detail=detail)

    def _require(self, request: HttpRequest, *permissions: str) -> None:
        if not request.user.has_perms(permissions):
            raise PermissionDenied

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        return TemplateResponse(
            request,
            f"admin/results/result/{template}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )
