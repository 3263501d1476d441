"""The history of downloads."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organisations.permissions import MemberRequest, Permission, requires


@require_safe
@requires(Permission.VERIFY)
def history(request: MemberRequest) -> HttpResponse:
    return render(request, "downloads/history.html")
