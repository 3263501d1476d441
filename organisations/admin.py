"""Staff's view of organisations and their users."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from accounts.admin import ReadOnlyAdmin
from organisations.models import Membership, Organisation

if TYPE_CHECKING:
    TabularInline = admin.TabularInline[Any, Any]  # generic for mypy alone
else:
    TabularInline = admin.TabularInline


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    can_delete = False
    fields = readonly_fields = ("user", "role", "created_at")


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = ("name", "country", "website", "state", "created_at")
    list_filter = ("state", "country")
    search_fields = ("name", "website")
    fields = ("id", *list_display)
    inlines = (MembershipInline,)
