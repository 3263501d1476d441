"""Probes: /livez says that the process answers, /readyz that it can work."""

import psycopg_pool
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@login_not_required
@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 without the database.  The broker is only a doorbell: pages work without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except (Error, psycopg_pool.PoolTimeout):
        return JsonResponse({"database": "unreachable"}, status=503)
    return JsonResponse({"database": "ok"})
