"""E-mails we send you: which of them a candidate wants."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthenticatedRequest
from sharing.candidate import wishes
from sharing.candidate.forms import NoticesForm
from sharing.models import NoticeType


@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: AuthenticatedRequest) -> HttpResponse:
    """The choice, and what is always sent."""
    now_wanted = wishes.of(request.user)
    if now_wanted is None:
        return render(request, "candidate/notices.html", {"form": None})
    initial: dict[str, Any] = {kind.value: getattr(now_wanted, kind.value) for kind in wishes.OPTIONAL}
    form = NoticesForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        wishes.choose(user=request.user, wanted={kind: form.cleaned_data[kind.value] for kind in wishes.OPTIONAL})
        messages.success(request, _("Your choice is saved."))
        return redirect("candidate:notices")
    return render(request, "candidate/notices.html", {"form": form})


@require_POST
def tell_when_released(request: AuthenticatedRequest) -> HttpResponse:
    """Offered where a result is pending."""
    wishes.choose(user=request.user, wanted={NoticeType.RELEASED: True})
    messages.success(request, _("We write to you as soon as a result of yours is released."))
    return redirect("candidate:results")


@csrf_exempt  # mail programs post here, without a session and without having seen the page (RFC 8058)
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """A button; only pressing it changes something."""
    opened = wishes.open_link(token)
    if opened is None or opened[1] not in wishes.OPTIONAL:
        return render(request, "candidate/notices_stop.html", {"over": True}, status=404)
    user, kind = opened
    if request.method == "POST":
        wishes.choose(user=user, wanted={kind: False})
    context = {"kind": kind.label, "done": request.method == "POST"}
    return render(request, "candidate/notices_stop.html", context)
