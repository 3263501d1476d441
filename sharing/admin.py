"""Staff's view of what the limits paused, and the way to lift a pause."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin import ReadOnlyAdmin
from accounts.audit import user_actor
from accounts.models import User
from sharing import limits
from sharing.models import Pause


class ReasonForm(ActionForm):
    """An action with the reason that the audit trail keeps."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=300)


@admin.register(Pause)
class PauseAdmin(ReadOnlyAdmin):
    list_display = (
        "began_at",
        "scope",
        "organisation",
        "actor",
        "misses",
        "until",
        "running",
        "lifted_by",
        "lift_reason",
    )
    list_filter = ("scope", "began_at")
    search_fields = ("organisation__name", "actor__exact")
    fields = ("scope", "organisation", "actor", "misses", "began_at", "until", "lifted_at", "lifted_by", "lift_reason")
    actions = ("lift",)
    action_form = ReasonForm

    @admin.display(boolean=True, description=_("running"))
    def running(self, pause: Pause) -> bool:
        return pause.lifted_at is None and pause.until > timezone.now()

    @admin.action(description=_("Lift the selected pauses"))
    def lift(self, request: HttpRequest, queryset: QuerySet[Pause]) -> None:
        assert isinstance(request.user, User)  # noqa: S101  (the admin lets only staff in)
        lifted = 0
        for pause in queryset:
            try:
                limits.lift(
                    pause=pause,
                    by=user_actor(request.user),
                    reason=request.POST.get("reason", ""),
                    now=timezone.now(),
                )
                lifted += 1
            except ValueError as error:
                self.message_user(request, str(error), messages.ERROR)
        if lifted:
            text = ngettext("%(count)d pause was lifted.", "%(count)d pauses were lifted.", lifted)
            self.message_user(request, text % {"count": lifted}, messages.SUCCESS)
