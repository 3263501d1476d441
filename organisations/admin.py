"""Staff's view of organisations and their users."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin import AuditedAdmin
from organisations.models import Organisation


@admin.register(Organisation)
class OrganisationAdmin(AuditedAdmin):
    list_display = ("name", "country", "website", "state", "created_at")
    list_filter = ("state", "country")
    search_fields = ("name", "website")
    fields = ("id", *list_display, "members")
    readonly_fields = ("members",)

    @admin.display(description=_("users"))
    def members(self, organisation: Organisation) -> SafeString:
        rows = organisation.memberships.select_related("user").order_by("-role", "user__family_name")
        return format_html_join(
            "", "<p>{}: {} ({})</p>", ((row.get_role_display(), row.user, row.user.email) for row in rows)
        )
