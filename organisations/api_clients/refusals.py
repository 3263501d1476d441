"""Why a program is not served, as RFC 9457 tells it."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _


class Refused(Exception):  # noqa: N818  (it is an answer)
    """The answer to a request that is not served; `code` names the reason for programs."""

    def __init__(self, status: int, code: str, title: str, detail: str, **headers: str) -> None:
        super().__init__(code)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def sent_in_clear(request: HttpRequest) -> Refused | None:
    """The refusal of what came over plain http.

    Nobody is sent on to https: the secret has been sent in clear already, and a redirect would let that go unnoticed.
    """
    if request.is_secure() or not getattr(settings, "SECURE_SSL_REDIRECT", False):
        return None
    text = _("Use https. The secret that came with this request was sent in clear: replace it.")
    return Refused(403, "https-required", _("https is required"), text)


def seconds_until(moment: datetime, now: datetime) -> str:
    """For Retry-After."""
    return str(max(1, round((moment - now).total_seconds())))


def problem(refused: Refused) -> HttpResponse:
    """The refusal as `application/problem+json`."""
    return _answer(
        {
            "type": f"{settings.PUBLIC_BASE_URL}/help/api/#{refused.code}",
            "title": refused.title,
            "status": refused.status,
            "detail": refused.detail,
        },
        refused,
        "application/problem+json",
    )


def oauth_error(refused: Refused, error: str) -> HttpResponse:
    """The same in the words of RFC 6749, section 5.2."""
    return _answer({"error": error, "error_description": refused.detail}, refused, "application/json")


def _answer(body: Mapping[str, object], refused: Refused, content_type: str) -> HttpResponse:
    response = JsonResponse(body, status=refused.status, content_type=content_type, headers=refused.headers)
    response["Cache-Control"] = "no-store"
    return response
