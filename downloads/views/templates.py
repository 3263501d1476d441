"""The pages of templates: the list, making and changing one, deleting."""

import uuid
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from downloads import templates
from downloads.draft import Draft
from downloads.models import Template
from downloads.options import ChosenColumn, Options
from downloads.presets import PRESETS
from downloads.preview import preview
from downloads.templates import NameTakenError, TemplateError, may_change
from organisations.permissions import MemberRequest, Permission, requires
from results import catalogue

_BUTTONS: Final = ("up", "down", "remove", "tick", "preview")
"""Each leaves the page as it is typed; what else sends the form, saves it."""
_FIRST: Final = tuple(map(ChosenColumn, ("reference_number", "family_name", "given_names")))


@require_safe
@requires(Permission.VERIFY)
def template_list(request: MemberRequest) -> HttpResponse:
    found = request.organisation.download_templates.usable_by(request.user).select_related("owner")
    rows = [_facts(request, template) for template in found]
    return render(request, "downloads/templates.html", {"templates": rows, "presets": PRESETS.values()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VERIFY)
def new(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return _answer(request, None)
    return _page(request, None, _beginning(request))


def _beginning(request: MemberRequest) -> Draft:
    """What a new template begins with: another one, a preset, or the few columns that no file goes without."""
    if copied := request.GET.get("copy"):
        try:
            template = _usable(request, uuid.UUID(copied))
        except ValueError:
            raise Http404 from None
        name = _("Copy of %(name)s") % {"name": template.name}
        return Draft.of(Options.load(template.options), name=name[: templates.LONGEST_NAME])
    preset = PRESETS.get(request.GET.get("preset", ""))
    return Draft.of(preset.options, name=str(preset.name)) if preset else Draft.of(Options(columns=_FIRST))


@require_safe
@requires(Permission.VERIFY)
def show(request: MemberRequest, template_id: uuid.UUID) -> HttpResponse:
    facts = _facts(request, _usable(request, template_id))
    exams = ", ".join(catalogue.get(code).display_name for code in facts["options"].exams)
    return render(request, "downloads/template.html", {**facts, "row": facts, "exams": exams})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VERIFY)
def edit(request: MemberRequest, template_id: uuid.UUID) -> HttpResponse:
    template = _changeable(request, template_id)
    return (
        _answer(request, template)
        if request.method == "POST"
        else _page(request, template, Draft.of_template(template))
    )


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VERIFY)
def delete(request: MemberRequest, template_id: uuid.UUID) -> HttpResponse:
    """A page that says what follows, with the button."""
    template = _changeable(request, template_id)
    if request.method == "POST":
        templates.delete(template=template, by=request.user)
        messages.success(request, _("The template “%(name)s” has been deleted.") % {"name": template.name})
        return redirect("downloads:templates")
    return render(request, "downloads/delete_template.html", {"template": template})


def _answer(request: MemberRequest, template: Template | None) -> HttpResponse:
    """What a button of the page does; only Save saves."""
    draft = Draft.posted(request.POST)
    pressed = next((button for button in _BUTTONS if button in request.POST), "save")
    if pressed in {"up", "down", "remove", "tick"}:
        draft.form.errors.clear()
        return _page(request, template, draft)
    if not draft.is_valid():
        return _page(request, template, draft)
    if pressed == "preview":
        shown = preview(organisation=request.organisation, by=request.user, options=draft.options)
        return _page(request, template, draft, preview=shown)
    try:
        _save(request, template, draft)
    except NameTakenError as problem:
        draft.form.add_error("name", str(problem))
        return _page(request, template, draft)
    except TemplateError as refusal:
        draft.form.add_error(None, str(refusal))
        return _page(request, template, draft)
    messages.success(request, _("The template “%(name)s” has been saved.") % draft.form.cleaned_data)
    return redirect("downloads:templates")


def _save(request: MemberRequest, template: Template | None, draft: Draft) -> None:
    values = {key: draft.form.cleaned_data[key] for key in ("name", "shared")} | {"options": draft.options}
    if template:
        templates.change(template=template, by=request.user, **values)
    else:
        templates.create(organisation=request.organisation, by=request.user, **values)


def _page(request: MemberRequest, template: Template | None, draft: Draft, **context: Any) -> HttpResponse:
    return render(
        request, "downloads/edit_template.html", {"template": template, "draft": draft, "form": draft.form, **context}
    )


def _facts(request: MemberRequest, template: Template) -> dict[str, Any]:
    return {
        "template": template,
        "options": Options.load(template.options),
        "is_own": template.owner_id == request.user.pk,
        "may_change": may_change(request.membership, template),
    }


def _usable(request: MemberRequest, template_id: uuid.UUID) -> Template:
    """404 for one that this user cannot use."""
    found: Template | None = (
        request.organisation.download_templates.usable_by(request.user).filter(pk=template_id).first()
    )
    if found is None:
        raise Http404
    return found


def _changeable(request: MemberRequest, template_id: uuid.UUID) -> Template:
    """403 for a colleague's shared one, unless the Primary User asks."""
    template = _usable(request, template_id)
    if not may_change(request.membership, template):
        raise PermissionDenied
    return template
