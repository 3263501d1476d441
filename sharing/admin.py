"""Staff's view of what organisations did: who saw a result, and what the limits paused."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin import AuditedAdmin, actor
from results.models import Result
from results.staff.people import names_of
from results.staff.result_admin import ResultAdmin
from sharing import limits
from sharing.candidate import admin as _candidate  # noqa: F401  (registers its pages)
from sharing.models import Access, Pause

ACCESSES_SHOWN = 200


@admin.register(Result)
class TracedResultAdmin(ResultAdmin):
    """A result's record together with the organisations that have a right to it, and every access of theirs."""

    def traces(self, request: HttpRequest, result: Result) -> dict[str, Any]:
        now = timezone.now()
        shares = list(result.shares.select_related("organisation", "version_shared"))
        verifications = list(result.verifications.select_related("organisation", "version_seen"))
        accesses = list(Access.objects.of_result(result)[:ACCESSES_SHOWN])
        actors = [each.shared_by for each in shares] + [each.made_by for each in verifications]
        people = names_of(actors + [access.actor for access in accesses])
        return {
            "shares": [
                (each, each.version_shared.number, people[each.shared_by], each.is_in_force(now)) for each in shares
            ],
            "verifications": [(each, each.version_seen.number, people[each.made_by]) for each in verifications],
            "accesses": [(access, access.version.number, people[access.actor]) for access in accesses],
        }


class ReasonForm(ActionForm):
    """An action with the reason that the audit trail keeps."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=300)


class RunningFilter(admin.SimpleListFilter):
    title = _("running")
    parameter_name = "running"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        running = Pause.objects.running(timezone.now())
        match self.value():
            case "yes":
                return queryset.filter(pk__in=running)
            case "no":
                return queryset.exclude(pk__in=running)
            case _other:
                return queryset


@admin.register(Pause)
class PauseAdmin(AuditedAdmin):
    list_display = ("began_at", "scope", "organisation", "whose", "misses", "until", "running", "lifter", "lift_reason")
    list_filter = (RunningFilter, "scope", "began_at")
    list_select_related = ("organisation",)
    search_fields = ("organisation__name", "actor__exact")
    search_help_text = _("Name of the organisation, or the whole id of a user (user:…)")
    fields = ("scope", "organisation", "whose", "misses", "began_at", "until", "lifted_at", "lifter", "lift_reason")
    readonly_fields = ("whose", "lifter")
    actions = ("lift",)
    action_form = ReasonForm

    @admin.display(boolean=True, description=_("running"))
    def running(self, pause: Pause) -> bool:
        return pause.lifted_at is None and pause.until > timezone.now()

    @admin.display(description=_("user"))
    def whose(self, pause: Pause) -> str:
        return names_of([pause.actor])[pause.actor] if pause.actor else "–"

    @admin.display(description=_("lifted by"))
    def lifter(self, pause: Pause) -> str:
        return names_of([pause.lifted_by])[pause.lifted_by] if pause.lifted_by else "–"

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sharing.lift_pause")

    @admin.action(description=_("Lift the selected pauses"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Pause]) -> None:
        lifted = 0
        for pause in queryset:
            try:
                limits.lift(
                    pause=pause,
                    by=actor(request),
                    reason=request.POST.get("reason", ""),
                    now=timezone.now(),
                )
                lifted += 1
            except ValueError as error:
                self.message_user(request, str(error), messages.ERROR)
        if lifted:
            text = ngettext("%(count)d pause was lifted.", "%(count)d pauses were lifted.", lifted)
            self.message_user(request, text % {"count": lifted}, messages.SUCCESS)
