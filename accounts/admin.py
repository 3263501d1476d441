"""Staff's view of people, the audit trail and the mail outbox, all of it only to read.

Nothing in the admin may change who can log in without an audit event: staff log out and change their password where
everybody does.
"""

import uuid
from typing import TYPE_CHECKING, Any

import allauth.account.admin
import allauth.mfa.admin  # noqa: F401  (registers Authenticator)
import django.contrib.auth.admin  # noqa: F401  (registers Group)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST
from django.views.generic import RedirectView

from accounts import again, audit, delivery, looks, refused
from accounts.forms import ReasonForm
from accounts.models import Action, AuditEvent, Mail, RefusedAddress, User
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

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """As Django does, which falls over an empty `_to_field` in the address."""
        return super().get_object(request, object_id, from_field or None)


def actor(request: HttpRequest) -> str:
    """Who of staff asks, as the audit trail names them."""
    assert isinstance(request.user, User)  # noqa: S101  (the admin lets only staff in)
    return audit.user_actor(request.user)


def reason_page(
    model_admin: ModelAdmin, request: HttpRequest, form: ReasonForm, *, open_url: str, **hidden: object
) -> HttpResponse:
    """Asks why a record is opened, and sends the answer to `open_url`, with the hidden fields."""
    opts = model_admin.opts
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": opts,
        "title": _("Why do you open this record?"),
        "form": form,
        "hidden": hidden,
        "open_url": open_url,
        "back_url": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
    }
    return TemplateResponse(request, "admin/reason.html", context)


class AuditedAdmin(ReadOnlyAdmin):
    """Rows that tell of people: whoever of staff looks at them, in a list or alone, leaves a trace."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        if response.status_code == 200:
            detail = {"of": self.opts.model_name, "searched": bool(request.GET.get("q"))}
            audit.record(actor=actor(request), action=Action.LIST_VIEWED, detail=detail)
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._looked_at(request, object_id) or super().change_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._looked_at(request, object_id) or super().history_view(request, object_id, extra_context)

    def _looked_at(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Write down who looks at the row, if it is there and they may; a page to show instead of it, if any."""
        row = self.get_object(request, unquote(object_id))
        if row is None or request.method == "POST" or not self.has_view_permission(request, row):
            return None  # Django has the answer
        return self.look(request, f"{self.opts.model_name}:{row.pk}")

    def look(self, request: HttpRequest, target: str) -> HttpResponse | None:
        audit.record(actor=actor(request), action=Action.RECORD_VIEWED, target=target)
        return None


class RecordAdmin(AuditedAdmin):
    """Records of people: one opens after a reason, to one member of staff, for half an hour (accounts/looks.py)."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_open"
        view = self.admin_site.admin_view(require_POST(self.open_view))
        return [path("<path:object_id>/open/", view, name=name), *super().get_urls()]

    def look(self, request: HttpRequest, target: str) -> HttpResponse | None:
        look = looks.running(target=target, by=actor(request), now=timezone.now())
        if look is None:
            return self._reason_page(request, target.partition(":")[2], ReasonForm())
        looks.record(look, Action.RECORD_VIEWED)
        return None

    def open_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Remember why, and lead to the record."""
        row = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self._reason_page(request, str(row.pk), form)
        target = f"{self.opts.model_name}:{row.pk}"
        looks.begin(target=target, by=actor(request), now=timezone.now(), **form.cleaned_data)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", quote(row.pk))

    def _reason_page(self, request: HttpRequest, pk: str, form: ReasonForm) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_open"
        return reason_page(self, request, form, open_url=reverse(name, args=[quote(pk)]))


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "target", "organisation")
    list_filter = ("action", "at")
    search_fields = ("actor__exact", "target__exact", "organisation__exact")
    search_help_text = "Whole ids, for example user:… or verification:…"
    show_full_result_count = False


@admin.register(Mail)
class MailAdmin(AuditedAdmin):
    """Asks for no reason: a mail's page tells no more of its recipient than its line in the list."""

    list_display = ("created_at", "recipient", "subject", "state", "attempts", "sent_at", "failure", "template")
    list_filter = ("state", "kind", "created_at")
    search_fields = ("recipient", "subject", "template")
    show_full_result_count = False
    # Never the text: it may hold a link that logs somebody in.
    fields = ("id", *list_display, "kind", "due_at", "message_id")
    readonly_fields = ("message_id",)

    @admin.display(description="Message-ID")
    def message_id(self, mail: Mail) -> str:
        return delivery.message_id(mail)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.again_view)
        return [path("<uuid:mail_id>/again/", view, name="accounts_mail_again"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        mail = self.get_object(request, unquote(object_id))
        offered = mail is not None and request.user.has_perm("accounts.send_mail_again") and again.can_be(mail)
        return super().change_view(request, object_id, form_url, {"may_send_again": offered, **(extra_context or {})})

    def again_view(self, request: HttpRequest, mail_id: uuid.UUID) -> HttpResponse:
        """Asks once more, then sends the mail again."""
        if not request.user.has_perm("accounts.send_mail_again"):
            raise PermissionDenied
        mail = self.get_object(request, str(mail_id))
        if mail is None:
            raise Http404
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": _("Send this mail again?"),
                "opts": self.opts,
                "mail": mail,
                "can_be": again.can_be(mail),
                "suspended": refused.is_suspended(mail.recipient),
            }
            return TemplateResponse(request, "admin/accounts/mail/again.html", context)
        try:
            again.send(mail=mail, by=actor(request))
        except again.CannotBeSentAgainError:
            messages.error(request, _("There is nothing to send: the text is erased, and what it was about is over."))
        else:
            messages.success(request, _("The mail is on its way again."))
        return redirect("admin:accounts_mail_change", quote(mail.pk))


@admin.register(RefusedAddress)
class RefusedAddressAdmin(AuditedAdmin):
    """Asks for no reason, as the list of mails does not."""

    list_display = ("email", "refusals", "failure", "first_at", "last_at", "suspended_at")
    list_filter = (("suspended_at", admin.EmptyFieldListFilter),)
    search_fields = ("email__exact",)
    search_help_text = _lazy("A whole address")
    fields = list_display


@admin.register(User)
class UserAdmin(RecordAdmin):
    list_display = ("email", "given_name", "family_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "given_name", "family_name")
    fields = ("id", *list_display, "job_title", "time_zone", "date_joined", "groups")
