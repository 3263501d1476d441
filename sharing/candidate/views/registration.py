"""How a candidate comes in: registers, confirms the e-mail address, adds another exam."""

from datetime import date, datetime
from typing import Any, Final

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import limits
from accounts.http import AuthenticatedRequest
from accounts.models import User
from results import claims
from results import registration as registrations
from results.models import Result
from sharing.candidate.forms import NOT_MATCHED, NumbersForm, RegisterForm

NEXT: Final = "next"
LONGEST_NEXT: Final = 200


@sensitive_post_parameters()
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Results are proved first; the account comes into being when the address is confirmed."""
    if request.user.is_authenticated:
        return redirect("candidate:add")
    form = RegisterForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        proved = _prove(request, form, None)
        if isinstance(proved, HttpResponse):
            return proved
        if proved:
            cleaned = form.cleaned_data
            limits.candidate_mail(request, cleaned["email"])
            registrations.ask(
                results=proved,
                email=cleaned["email"],
                password=cleaned["password"],
                first_language=cleaned["first_language"],
                country=cleaned["country"],
                next_page=_next_page(request),
            )
            return redirect("candidate:sent")
    return render(request, "candidate/register.html", {"form": form, "next_page": _next_page(request)})


@login_not_required
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    return render(request, "candidate/register_sent.html")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Where the link in the mail leads: a page with a button.  Only the button makes the account."""
    waiting = registrations.open_link(token)
    if waiting is None:
        return render(request, "candidate/confirm.html", {"over": True}, status=404)
    if request.method != "POST":
        return render(request, "candidate/confirm.html", {"waiting": waiting})
    if registrations.confirm(waiting=waiting) == registrations.Outcome.TAKEN:
        return render(request, "candidate/confirm.html", {"taken": True})
    messages.success(request, _("Your e-mail address is confirmed. Log in with it and the password that you chose."))
    target = waiting.next_page or reverse("candidate:results")
    return redirect(f"{reverse('account_login')}?{urlencode({NEXT: target})}")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: AuthenticatedRequest) -> HttpResponse:
    """An exam, with its own numbers, for a person who has an account."""
    form = NumbersForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        proved = _prove(request, form, request.user)
        if isinstance(proved, HttpResponse):
            return proved
        if proved:
            added = len(claims.claim(user=request.user, results=proved))
            text = ngettext("%(count)d result was added.", "%(count)d results were added.", added) % {"count": added}
            messages.success(request, text if added else _("This exam is in your list already."))
            return redirect(_next_page(request) or "candidate:results")
    return render(request, "candidate/add.html", {"form": form, "next_page": _next_page(request)})


def _prove(request: HttpRequest, form: NumbersForm, candidate: User | None) -> list[Result] | HttpResponse:
    """The results that the numbers open; empty, with an error in the form, if they open none; or another page."""
    now = timezone.now()
    if not claims.is_old_enough(form.cleaned_data["date_of_birth"], _today(now)):
        return render(request, "candidate/too_young.html")
    attempt = limits.claim(request)
    numbers: dict[str, Any] = {name: form.cleaned_data[name] for name in NumbersForm.base_fields}
    try:
        proved = claims.prove(**numbers, candidate=candidate, now=now)
    except claims.LockedError as locked:
        return _locked(request, locked.until)
    except claims.NotMatchedError:
        form.add_error(None, NOT_MATCHED)
        return []
    attempt.succeeded()
    return proved


def _locked(request: HttpRequest, until: datetime) -> HttpResponse:
    response = render(request, "candidate/locked.html", {"until": until}, status=429)
    response["Retry-After"] = str(max(1, int((until - timezone.now()).total_seconds()) + 1))
    return response


def _today(now: datetime) -> date:
    return timezone.localdate(now)


def _next_page(request: HttpRequest) -> str:
    """Where a newcomer was going, if that is one of the candidate's own pages; never another site."""
    wanted = request.POST.get(NEXT) or request.GET.get(NEXT) or ""
    own = wanted.startswith(reverse("candidate:results")) and "//" not in wanted and len(wanted) <= LONGEST_NEXT
    return wanted if own and get_adapter().is_safe_url(wanted) else ""
