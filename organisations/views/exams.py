"""The tab Exams accepted."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from organisations import profile
from organisations.errors import UserError
from organisations.forms import ChooseExamsForm, ExamForm
from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import show
from results import catalogue


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def exam_list(request: MemberRequest) -> HttpResponse:
    accepted = {row.exam: row for row in request.organisation.accepted_exams.all()}
    rows = [(exam, accepted.get(code)) for code, exam in catalogue.EXAMS.items()]
    return show(request, "exams", "exams", {"rows": rows, "accepted": accepted})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def choose_exams(request: MemberRequest) -> HttpResponse:
    chosen = [row.exam for row in request.organisation.accepted_exams.all()]
    form = ChooseExamsForm(request.POST or None, initial={"exams": chosen})
    if request.method == "POST" and form.is_valid():
        try:
            profile.choose_exams(organisation=request.organisation, by=request.user, exams=form.cleaned_data["exams"])
        except UserError as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("The exams have been saved."))
        return redirect("organisations:exams")
    return show(request, "exams", "choose_exams", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_ORGANISATION)
def exam(request: MemberRequest, code: str) -> HttpResponse:
    """What is asked of a result in one accepted exam."""
    accepted = request.organisation.accepted_exams.filter(exam=code).first()
    if accepted is None:
        raise Http404
    names = ("minimum_score", "minimum_label", "maximum_age_months")
    present = {name: getattr(accepted, name) for name in names}
    form = ExamForm(request.POST or None, exam=catalogue.get(code), initial=present)
    if request.method == "POST" and form.is_valid():
        asked = {"minimum_score": None, **form.cleaned_data}
        try:
            profile.ask_of_exam(accepted=accepted, by=request.user, **asked)
        except UserError as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("What you ask of %(exam)s has been saved.") % {"exam": accepted})
        return redirect("organisations:exams")
    return show(request, "exams", "exam", {"form": form, "exam": catalogue.get(code)})
