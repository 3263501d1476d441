"""Staff's view of candidates: whose account a result is in, and which organisations they invite."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import AuditedAdmin
from accounts.models import User
from results.models import Claim
from sharing.candidate import ownership
from sharing.candidate.ownership import MoveError
from sharing.models import OrganisationInvitation


class MoveForm(ActionForm):
    """Where a result goes, and why."""

    email = forms.EmailField(label=_("E-mail address of the other account"), required=False)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=300)


@admin.register(Claim)
class ClaimAdmin(AuditedAdmin):
    """Lists nothing by itself: only what is searched for by its whole number or address."""

    list_display = ("account", "exam_reference", "claimed_at")
    list_select_related = ("candidate__user", "result")
    search_fields = ("candidate__user__email__exact", "result__reference_number__exact")
    search_help_text = _("The whole e-mail address of the account, or the whole reference number")
    fields = ("id", *list_display)
    readonly_fields = ("account", "exam_reference")
    actions = ("move",)
    action_form = MoveForm
    ordering = ("-claimed_at",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("account"))
    def account(self, claim: Claim) -> str:
        return claim.candidate.user.email

    @admin.display(description=_("reference number"))
    def exam_reference(self, claim: Claim) -> str:
        return claim.result.reference_number

    def has_move_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("results.move_claim")

    @admin.action(description=_("Move the selected results to another account"), permissions=["move"])
    def move(self, request: HttpRequest, queryset: QuerySet[Claim]) -> None:
        assert isinstance(request.user, User)  # noqa: S101  (the admin lets only staff in)
        email, reason = request.POST.get("email", ""), request.POST.get("reason", "")
        for claim in queryset:
            try:
                ownership.move(claim=claim, email=email, by=request.user, reason=reason, now=timezone.now())
            except MoveError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.message_user(request, _("The result was moved, and both accounts were told."), messages.SUCCESS)


@admin.register(OrganisationInvitation)
class OrganisationInvitationAdmin(AuditedAdmin):
    """Whom candidates miss; not who they are."""

    list_display = ("sent_at", "organisation_name", "website", "email")
    list_filter = ("sent_at",)
    search_fields = ("organisation_name", "website", "email")
    fields = list_display
