"""The texts that staff start from when they decide: reading them, and the pages on which they are edited."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import Action, User
from organisations.models import Decision, ReasonText
from organisations.staff.forms import ReasonTextForm
from organisations.staff.pages import StaffPages


def texts_for(decision: Decision) -> dict[str, str]:
    """Titles and texts for one kind of decision."""
    return dict(ReasonText.objects.filter(decision=decision).values_list("title", "text"))


class ReasonTextAdmin(StaffPages):
    """A list, and a form for each text; every change is audited."""

    templates = "admin/organisations/reasontext"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        form = require_http_methods(["GET", "HEAD", "POST"])
        page = "organisations_reasontext"
        return [
            path("", view(require_safe(self.list_view)), name=f"{page}_changelist"),
            path("add/", view(form(self.add_view)), name=f"{page}_add"),
            path("<int:text_id>/", view(form(self.edit_view)), name=f"{page}_change"),
            path("<int:text_id>/delete/", view(form(self.remove_view)), name=f"{page}_delete"),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """No entry in the menu: the queue leads here."""
        return False

    def list_view(self, request: HttpRequest) -> HttpResponse:
        self.require(request, "organisations.view_reasontext")
        groups = [(decision.label, ReasonText.objects.filter(decision=decision)) for decision in Decision]
        may_change = request.user.has_perm("organisations.change_reasontext")
        return self.page(request, "list", title=_("Texts for decisions"), groups=groups, may_change=may_change)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: object = None) -> HttpResponse:
        person = self.require(request, "organisations.add_reasontext")
        return self._form(request, person, ReasonText(), _("New text"))

    def edit_view(self, request: HttpRequest, text_id: int) -> HttpResponse:
        person = self.require(request, "organisations.change_reasontext")
        return self._form(request, person, _get(text_id), _("Edit the text"))

    def remove_view(self, request: HttpRequest, text_id: int) -> HttpResponse:
        """Asks first, and deletes when that is confirmed."""
        person = self.require(request, "organisations.delete_reasontext")
        text = _get(text_id)
        if request.method != "POST":
            return self.page(request, "remove", title=_("Delete this text?"), text=text)
        _record(person, text, "deleted")
        text.delete()
        messages.success(request, _("The text is deleted."))
        return redirect("admin:organisations_reasontext_changelist")

    def _form(self, request: HttpRequest, person: User, text: ReasonText, title: str) -> HttpResponse:
        form = ReasonTextForm(request.POST or None, instance=text)
        if request.method == "POST" and form.is_valid():
            what = "edited" if text.pk else "added"
            _record(person, form.save(), what)
            messages.success(request, _("The text is saved."))
            return redirect("admin:organisations_reasontext_changelist")
        return self.page(request, "form", title=title, form=form, text=text)


def _get(text_id: int) -> ReasonText:
    text = ReasonText.objects.filter(pk=text_id).first()
    if text is None:
        raise Http404
    return text


def _record(person: User, text: ReasonText, what: str) -> None:
    audit.record(
        actor=audit.user_actor(person),
        action=Action.REASON_TEXT_CHANGED,
        target=f"reasontext:{text.pk}",
        detail={"what": what, "decision": text.decision, "title": text.title, "text": text.text},
    )
