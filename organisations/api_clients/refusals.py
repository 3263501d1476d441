"""Why a program is not served, as RFC 9457 tells it."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpResponse, JsonResponse


class Refused(Exception):  # noqa: N818  (it is an answer)
    """The answer to a request that is not served; `code` names the reason for programs."""

    def __init__(self, status: int, code: str, title: str, detail: str, **headers: str) -> None:
        super().__init__(code)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


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
