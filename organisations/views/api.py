"""The tab API: programs of the organisation."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import show


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def api(request: MemberRequest) -> HttpResponse:
    return show(request, "api", "api")
