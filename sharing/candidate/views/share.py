"""Sharing, step by step: which results, with whom, how; a look at what they will see; done.

Every step is an address of its own with what was chosen before in it: ids that say nothing, never what was typed.
"""

from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.http import AuthenticatedRequest
from accounts.models import User
from organisations import directory
from organisations.directory import Entry
from sharing.candidate import invitations, offer
from sharing.candidate.forms import InviteForm, ShareForm
from sharing.shares import ShareError

RESULT: Final = "result"
MOST_RESULTS: Final = 50


@require_safe
def choose_results(request: AuthenticatedRequest) -> HttpResponse:
    """The first step; with one result to share there is nothing to choose."""
    offered = offer.shareable(request.user)
    if len(offered) == 1:
        return redirect(_with_results("candidate:choose_organisation", [str(offered[0].own.claim_id)]))
    return render(request, "candidate/choose_results.html", {"offered": offered, "missed": "missed" in request.GET})


@require_safe
def choose_organisation(request: AuthenticatedRequest) -> HttpResponse:
    """The second step: a search.  A page without JavaScript, a part of it where the browser asks as one types."""
    wanted = _wanted(request)
    if not offer.chosen(offer.shareable(request.user), wanted):
        return redirect(f"{reverse('candidate:choose_results')}?missed")
    typed = request.GET.get("q", "")[: directory.LONGEST]
    context = {"typed": typed, "found": directory.search(typed), "wanted": wanted, "chosen": _query(wanted)}
    page = "candidate/_found.html" if request.headers.get("HX-Request") else "candidate/choose_organisation.html"
    response = render(request, page, context)
    response["Vary"] = "HX-Request"
    return response


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def share_with(request: HttpRequest, slug: str) -> HttpResponse:
    """The third step, and an organisation's own link to it; POST shows what they will see, and changes nothing."""
    entry = _entry(slug)
    if not isinstance(request.user, User):
        if request.method == "POST":
            return redirect_to_login(request.get_full_path())
        return render(request, "candidate/share_visitor.html", {"entry": entry, "here": request.get_full_path()})
    form = _form(request, request.user, entry)
    if request.method == "POST" and form.is_valid():
        choice = form.choice(timezone.now())
        back = _query(form.cleaned_data["results"])
        return render(
            request, "candidate/preview.html", {"entry": entry, "choice": choice, "given": form, "back": back}
        )
    return render(request, "candidate/share.html", _step(entry, form))


@require_POST
def send(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """The last step: what was looked at is shared."""
    entry = _entry(slug)
    form = _form(request, request.user, entry)
    if not form.is_valid():
        return render(request, "candidate/share.html", _step(entry, form))
    now = timezone.now()
    try:
        made = offer.share(choice=form.choice(now), organisation=entry.organisation, by=request.user, now=now)
    except ShareError as error:
        form.add_error(None, str(error))
        return render(request, "candidate/share.html", _step(entry, form))
    text = _("Shared with %(name)s. You can see here whether they have looked.") % {"name": entry.organisation.name}
    messages.success(request, text)
    return redirect("candidate:share", made[0].pk) if len(made) == 1 else redirect("candidate:shares")


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: AuthenticatedRequest) -> HttpResponse:
    """An organisation that is not listed."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        details = form.cleaned_data
        known = directory.of_address(email=details["email"], website=details["website"])
        if known:
            return render(request, "candidate/invite_known.html", {"entry": known})
        limits.invitation(request, str(request.user.pk))
        invitations.invite(by=request.user, **details)
        messages.success(request, _("Thank you. We have written to the organisation; it answers us, not you."))
        return redirect("candidate:shares")
    return render(request, "candidate/invite.html", {"form": form})


def _entry(slug: str) -> Entry:
    entry = directory.entry(slug)
    if entry is None:
        raise Http404
    return entry


def _form(request: HttpRequest, user: User, entry: Entry) -> ShareForm:
    now = timezone.now()
    today = timezone.localdate(now)
    offered = offer.offered_to(entry.organisation, user, today=today, now=now)
    return ShareForm(
        request.POST or None, organisation=entry.organisation, offered=offered, wanted=_wanted(request), today=today
    )


def _step(entry: Entry, form: ShareForm) -> dict[str, Any]:
    return {
        "entry": entry,
        "form": form,
        "offered": form.offered,
        "alike": directory.alike(entry.organisation),
        "under_age": form.under_age,
    }


def _wanted(request: HttpRequest) -> list[str]:
    return request.GET.getlist(RESULT)[:MOST_RESULTS]


def _query(wanted: list[str]) -> str:
    query = QueryDict(mutable=True)
    query.setlist(RESULT, wanted)
    return query.urlencode()


def _with_results(route: str, wanted: list[str]) -> str:
    return f"{reverse(route)}?{_query(wanted)}"
