"""Staff's view of people, the audit trail and the mail outbox, all of it only to read.

Nothing in the admin may change who can log in without an audit event: staff log out and change their password where
everybody does.
"""

from typing import TYPE_CHECKING, Any

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (registers Authenticator)
import django.contrib.auth.admin  # noqa: F401  (registers Group)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import Group
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.views.generic import RedirectView

from accounts import audit
from accounts.models import Action, AuditEvent, Mail, User
from accounts.views.account import log_out

admin.site.unregister([Authenticator, EmailAddress, Group])
admin.site.logout = log_out  # type: ignore[method-assign]
admin.site.password_change = RedirectView.as_view(  # type: ignore[assignment, method-assign]
    pattern_name="account_change_password"
)

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic for mypy alone
else:
    ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(ModelAdmin):
    """Rows that nobody adds, changes or deletes by hand."""

    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class AuditedAdmin(ReadOnlyAdmin):
    """Rows that tell of a person: whoever of staff opens one leaves a trace."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().change_view(request, object_id, form_url, extra_context)
        if response.status_code == 200 and isinstance(request.user, User):
            target = f"{self.opts.model_name}:{unquote(object_id)}"
            audit.record(actor=audit.user_actor(request.user), action=Action.RECORD_VIEWED, target=target)
        return response


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "target", "organisation")
    list_filter = ("action", "at")
    search_fields = ("actor__exact", "target__exact", "organisation__exact")
    search_help_text = "Whole ids, for example user:… or verification:…"
    show_full_result_count = False


@admin.register(Mail)
class MailAdmin(AuditedAdmin):
    list_display = ("created_at", "recipient", "subject", "state", "attempts", "sent_at", "failure")
    list_filter = ("state", "created_at")
    search_fields = ("recipient", "subject")
    fields = ("id", *list_display, "due_at")  # never the text: it may hold a link that logs somebody in


@admin.register(User)
class UserAdmin(AuditedAdmin):
    list_display = ("email", "given_name", "family_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "given_name", "family_name")
    fields = ("id", *list_display, "job_title", "time_zone", "date_joined", "groups")
