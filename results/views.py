"""The public page that says whether a printed Statement of Results is genuine and current."""

from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import throttle
from accounts.http import client_network
from results import codes
from results.codes import Standing
from results.forms import CheckForm

UNKNOWN_CODES_AN_HOUR = 30


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """Asks for the code.  A code says nothing of a person, so that it may stand in the address of the answer."""
    form = CheckForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("results:check_code", form.cleaned_data["code"])
    return render(request, "results/check.html", {"form": form})


@login_not_required
@never_cache
@require_safe
def check_code(request: HttpRequest, code: str) -> HttpResponse:
    """The answer for one code, and nothing else; unknown codes are limited for each address."""
    now = timezone.now()
    standing = _standing(codes.normalise(code), client_network(request), now)
    if isinstance(standing, datetime):
        response = render(request, "429.html", {"until": standing}, status=429)
        response["Retry-After"] = str(int((standing - now).total_seconds()) + 1)
        return response
    answer = {"standing": standing, "code": codes.grouped(codes.normalise(code))}
    return render(request, "results/check_code.html", answer, status=404 if standing == Standing.UNKNOWN else 200)


def _standing(code: str, network: str, now: datetime) -> Standing | datetime:
    """The code's standing, or when to try again.  Counted before it is looked up: nothing overruns the limit."""
    window = timedelta(hours=1)
    if wait := throttle.take(kind="check", subject=network, limit=UNKNOWN_CODES_AN_HOUR, window=window, now=now):
        return wait
    standing = codes.standing(code)
    if standing != Standing.UNKNOWN:
        throttle.give_back(kind="check", subject=network, now=now)
    return standing
