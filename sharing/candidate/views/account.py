"""The end of a candidate's account."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AuthenticatedRequest
from sharing.candidate import ownership


@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def close(request: AuthenticatedRequest) -> HttpResponse:
    """What closing means; the button does it, after the password or a passkey was asked for once more."""
    if request.method != "POST":
        return render(request, "candidate/close.html")
    user = request.user
    ownership.close(user=user, now=timezone.now())
    if user.pk is None:  # it was deleted
        logout(request)
        return redirect("candidate:closed")
    messages.success(request, _("Your side as a candidate is closed. You keep your log-in for your work."))
    return redirect("home")


@login_not_required
@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    return render(request, "candidate/closed.html")
