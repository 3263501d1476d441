"""Headers and log line of every answer."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

logger = logging.getLogger("rvs.request")
GetResponse = Callable[[HttpRequest], HttpResponse]

UUID = re.compile("[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}(\\1[0-9a-fA-F]{4}){2}\\1[0-9a-fA-F]{12}", re.ASCII)
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
        "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip


class RequestLogMiddleware:
    """One log line a request: the route's pattern, never the address itself, and no person."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = _request_id(request)
        started = time.perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        logger.info(
            "request",
            extra={
                "request_id": request_id,
                "method": request.method,
                "route": request.resolver_match.route if request.resolver_match else "",
                "status": response.status_code,
                "duration_ms": round((time.perf_counter() - started) * 1000, 1),
            },
        )
        return response


def _request_id(request: HttpRequest) -> str:
    """The sender's own, if it is a UUID; anything else might be a word of a person, and this one is logged."""
    sent = request.headers.get("X-Request-ID", "")
    return sent.lower() if UUID.fullmatch(sent) else uuid.uuid4().hex


class PrivacyHeadersMiddleware:
    """No browser feature is used; and what a signed-in person sees is stored nowhere on the way."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if _is_private(request, response):
            add_never_cache_headers(response)
        return response


def _is_private(request: HttpRequest, response: HttpResponse) -> bool:
    if response.status_code >= 500:
        return True  # and who is signed in may be what could not be found out
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated
