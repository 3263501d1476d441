"""My shares and Activity: who may look, whether they did, and how to end it."""

import uuid
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AuthenticatedRequest
from sharing import shares
from sharing.candidate import offer, overview
from sharing.candidate.forms import EndForm
from sharing.shares import ShareError

LOOKS_ON_A_PAGE: Final = 50


@require_safe
def share_list(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "candidate/shares.html", {"lines": overview.lines(request.user, timezone.now())})


@require_safe
def share(request: AuthenticatedRequest, share_id: uuid.UUID) -> HttpResponse:
    return render(request, "candidate/share_details.html", {"line": _line(request, share_id)})


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: AuthenticatedRequest, share_id: uuid.UUID) -> HttpResponse:
    """What withdrawing does and does not do; the button does it."""
    line = _line(request, share_id)
    if request.method == "POST":
        try:
            shares.withdraw(share=line.share, by=request.user, now=timezone.now())
        except ShareError as error:
            messages.warning(request, str(error))
        else:
            name = line.share.organisation.name
            messages.success(request, _("Withdrawn. %(name)s can no longer look at this result.") % {"name": name})
        return redirect("candidate:shares")
    return render(request, "candidate/withdraw.html", {"line": line})


@require_http_methods(["GET", "HEAD", "POST"])
def change_end(request: AuthenticatedRequest, share_id: uuid.UUID) -> HttpResponse:
    """Another end, counted from today."""
    line = _line(request, share_id)
    form = EndForm(request.POST or None, initial={"months": str(offer.MONTHS)})
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        end = offer.end_after(form.cleaned_data["months"], now)
        try:
            shares.change_end(share=line.share, by=request.user, expires_at=end, now=now)
        except ShareError as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, _("The end has been changed."))
        return redirect("candidate:share", share_id)
    return render(request, "candidate/change_end.html", {"line": line, "form": form})


@require_safe
def activity(request: AuthenticatedRequest) -> HttpResponse:
    """Who looked at my results, the latest first."""
    page = Paginator(overview.looks(request.user), LOOKS_ON_A_PAGE).get_page(request.GET.get("page"))
    looks = overview.described(page.object_list, request.user)
    return render(request, "candidate/activity.html", {"page": page, "looks": looks})


def _line(request: AuthenticatedRequest, share_id: uuid.UUID) -> overview.Line:
    line = overview.line(request.user, share_id, timezone.now())
    if line is None:
        raise Http404
    return line
