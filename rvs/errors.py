"""Friendly error pages.  None of them needs the database."""

import logging
import sys

import psycopg_pool
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

logger = logging.getLogger("rvs.errors")
UNREACHABLE = (OperationalError, InterfaceError, psycopg_pool.PoolTimeout)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was sent from elsewhere, or from a page left open too long."""
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 when the database cannot be reached, which passes by itself."""
    if isinstance(sys.exc_info()[1], UNREACHABLE):
        response = HttpResponse(render_to_string("503.html"), status=503)
        response["Retry-After"] = "30"
        return response
    try:
        return HttpResponse(render_to_string("500.html"), status=500)
    except Exception:
        # Raised any further, it and what caused it would stand word for word in the web server's own log.
        logger.exception("the page for faults could not be made")
        return HttpResponse(_("Something went wrong. Please try again later."), status=500, content_type="text/plain")
