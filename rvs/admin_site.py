"""The admin as staff meet it: its start page shows what waits for them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import Mail, MailState
from organisations.models import JoinRequest, NameChange, Registration
from organisations.working_days import uk_date
from results.models import ImportJob, Result
from results.staff.models import ImportState
from sharing.models import Pause


class Waiting(NamedTuple):
    """Something that waits: how many of it, and where it is."""

    label: str | Promise
    number: int
    url: str


class _Kind(NamedTuple):
    permission: str
    label: str | Promise
    how_many: Callable[[], int]
    view: str
    query: str


_KINDS = (
    _Kind(
        "organisations.view_registration",
        _("Applications that wait for a decision"),
        lambda: Registration.objects.waiting().count(),
        "admin:organisations_registration_changelist",
        "",
    ),
    _Kind(
        "organisations.view_registration",
        _("Applications that are overdue"),
        lambda: Registration.objects.overdue(uk_date(timezone.now())).count(),
        "admin:organisations_registration_changelist",
        "?list=overdue",
    ),
    _Kind(
        "organisations.view_joinrequest",
        _("Requests to join that are overdue"),
        lambda: JoinRequest.objects.overdue(uk_date(timezone.now())).count(),
        "admin:organisations_joinrequest_changelist",
        "",
    ),
    _Kind(
        "organisations.view_namechange",
        _("Changes of name that wait for an answer"),
        lambda: NameChange.objects.waiting().count(),
        "admin:organisations_namechange_changelist",
        "",
    ),
    _Kind(
        "results.view_importjob",
        _("Imports that wait for confirmation"),
        lambda: ImportJob.objects.filter(state=ImportState.READY).count(),
        "admin:results_importjob_changelist",
        "?state__exact=ready",
    ),
    _Kind(
        "results.view_importjob",
        _("Imports that failed"),
        lambda: ImportJob.objects.filter(state=ImportState.FAILED).count(),
        "admin:results_importjob_changelist",
        "?state__exact=failed",
    ),
    _Kind(
        "results.view_result",
        _("Results held by staff"),
        lambda: Result.objects.held().count(),
        "admin:results_result_held",
        "",
    ),
    _Kind(
        "sharing.view_pause",
        _("Checks that are paused"),
        lambda: Pause.objects.running(timezone.now()).count(),
        "admin:sharing_pause_changelist",
        "?running=yes",
    ),
    _Kind(
        "accounts.view_mail",
        _("Mails that could not be delivered"),
        lambda: Mail.objects.filter(state=MailState.FAILED).count(),
        "admin:accounts_mail_changelist",
        "?state__exact=failed",
    ),
)


class StaffSite(AdminSite):
    """Django's admin, dressed as the rest of the service (templates/admin/)."""

    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("help/", self.admin_view(require_safe(self.help)), name="staff_help"), *super().get_urls()]

    def help(self, request: HttpRequest) -> TemplateResponse:
        """How staff's work is done."""
        context = {**self.each_context(request), "title": _("For staff: how it works")}
        return TemplateResponse(request, "admin/staff_help.html", context)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        waiting = [
            Waiting(kind.label, kind.how_many(), reverse(kind.view) + kind.query)
            for kind in _KINDS
            if request.user.has_perm(kind.permission)
        ]
        return super().index(request, {"waiting": waiting, **(extra_context or {})})
