"""Staff see the webhooks of organisations and how they do, to answer questions; never a secret."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin import ReadOnlyAdmin
from notifications.models import Webhook


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failing", _("Accepts no messages")), ("off", _("Switched off"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "failing":
            return queryset.filter(failures__gt=0)
        return queryset.exclude(switched_off_at=None) if self.value() == "off" else queryset


class WebhookAdmin(ReadOnlyAdmin):
    list_display = ("name", "organisation", "place", "failing_since", "switched_off_at", "accepted_at")
    list_filter = (StateFilter,)
    list_select_related = ("organisation",)
    search_fields = ("organisation__name", "address")
    search_help_text = _("Name of the organisation, or a part of the address")
    fields = (
        "organisation", "name", "place", "events", "created_at", "accepted_at", "failures", "failing_since",
        "rests_until", "switched_off_at", "switched_off_why",
    )  # fmt: skip
    readonly_fields = ("place",)
    show_full_result_count = False

    @admin.display(description=_("address"))
    def place(self, webhook: Webhook) -> str:
        """Without what may be a key."""
        return webhook.place
