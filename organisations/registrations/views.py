"""The pages of people who ask to be let in.  Opening one changes nothing; the same page for whoever has an account."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from organisations.models import Registration, RegistrationState
from organisations.registrations import applications, joining
from organisations.registrations.forms import AnswerForm, Choice, JoinForm, LinkAgainForm, RegistrationForm
from organisations.registrations.links import Purpose
from organisations.registrations.links import token as token_of

FOLDER = "organisations/registrations/"
PAGES = {"create": "account_signup", "join": "organisations:join", "student": "organisations:student"}


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """The three choices, and the form of the first; `?choice=` leads to the others."""
    chosen = request.GET.get("choice", "create")
    if chosen in PAGES and chosen != "create" and request.method != "POST":
        return redirect(PAGES[chosen])
    form = RegistrationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limits.application(request, form.cleaned_data["email"])
        applications.apply(**form.given())
        return redirect("organisations:registration_sent")
    return render(request, f"{FOLDER}create.html", {"form": form, "choices": Choice({"choice": "create"})})


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    """Who does not name an organisation and an address of it is told so; who has an account there, nobody is told."""
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limits.organisation_sought(request)
        given = dict(form.given())
        organisation = joining.find(name=given.pop("organisation_name"), email=given["email"])
        if organisation:
            limits.application(request, given["email"])
            joining.ask(organisation=organisation, **given)
            return redirect("organisations:join_sent")
        form.add_error(
            "organisation_name", _("We find no account with this name and the domain of your e-mail address")
        )
    return render(request, f"{FOLDER}join.html", {"form": form, "choices": Choice({"choice": "join"})})


@login_not_required
@require_safe
def student(request: HttpRequest) -> HttpResponse:
    return render(request, f"{FOLDER}student.html", {"choices": Choice({"choice": "student"})})


@login_not_required
@require_safe
def registration_sent(request: HttpRequest) -> HttpResponse:
    return render(request, f"{FOLDER}sent.html")


@login_not_required
@require_safe
def join_sent(request: HttpRequest) -> HttpResponse:
    return render(request, f"{FOLDER}join_sent.html")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_registration(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link to confirm the address leads: a page with a button.  Used again, it shows how things stand."""
    limits.application_link(request)
    registration = applications.open_confirmation(token)
    if registration is None:
        return _over(request)
    if request.method == "POST":
        applications.confirm(registration)
        return redirect("organisations:application", _page_of(registration))
    if registration.state != RegistrationState.UNCONFIRMED:
        return redirect("organisations:application", _page_of(registration))
    return render(request, f"{FOLDER}confirm.html", {"registration": registration})


@login_not_required
@never_cache
@require_safe
def application(request: HttpRequest, token: str) -> HttpResponse:
    """How an application stands, what was asked and answered, and a form where an answer is awaited."""
    limits.application_link(request)
    registration = applications.open_application(token)
    return _application_page(request, registration, token, AnswerForm()) if registration else _over(request)


@login_not_required
@never_cache
@require_POST
def answer(request: HttpRequest, token: str) -> HttpResponse:
    registration = applications.open_application(token)
    if registration is None:
        return _over(request)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _application_page(request, registration, token, form)
    limits.answer(request, str(registration.pk))
    if not applications.answer(registration=registration, text=form.cleaned_data["text"]):
        text = _("What you wrote just now was not sent: the question was answered or the application decided before.")
        messages.warning(request, text)
    return redirect("organisations:application", token)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def link_again(request: HttpRequest) -> HttpResponse:
    """For whoever lost the mail: the links come again, to the same address."""
    form = LinkAgainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        limits.application(request, form.cleaned_data["email"])
        applications.send_link_again(form.cleaned_data["email"])
        return redirect("organisations:registration_sent")
    return render(request, f"{FOLDER}link_again.html", {"form": form})


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_join(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link of somebody who wants to join leads; used again, it shows how things stand."""
    limits.application_link(request)
    found = joining.open_link(token)
    if found is None:
        return _over(request)
    if request.method == "POST":
        joining.confirm(found)
        return redirect("organisations:confirm_join", token)
    return render(request, f"{FOLDER}confirm_join.html", {"found": found})


def _application_page(request: HttpRequest, registration: Registration, token: str, form: AnswerForm) -> HttpResponse:
    context = {"registration": registration, "messages_sent": registration.messages.all(), "token": token}
    asked = registration.state == RegistrationState.MORE_INFORMATION
    return render(request, f"{FOLDER}application.html", {**context, "form": form if asked else None})


def _page_of(registration: Registration) -> str:
    return token_of(Purpose.APPLICATION, registration.pk)


def _over(request: HttpRequest) -> HttpResponse:
    return render(request, f"{FOLDER}over.html", status=404)
