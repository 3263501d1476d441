"""The addresses that programs ask, the document that describes them, and how any of them says what is wrong."""

import json
from collections.abc import Callable
from functools import cache, wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from organisations.api_clients.refusals import Refused, problem, sent_in_clear
from rvs import openapi
from sharing.api.answers import unless_known
from sharing.api.compatibility import result_verification
from sharing.api.gate import unreadable
from sharing.api.v1 import router

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
GetResponse = Callable[[HttpRequest], HttpResponse]

PROBLEM: Final = "application/problem+json"
ROOTS: Final = ("/api", "/ce")
COMPATIBLE: Final = "/ce"

api = NinjaAPI(
    title="Results Verification Service",
    version="1.0",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
api.add_router("", router)


@api.exception_handler(Exception)
def _fault(request: HttpRequest, error: Exception) -> HttpResponse:
    raise error  # as on any page (rvs/errors.py), also while developing


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return told(request, refused)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Says what is wrong where, and repeats nothing of what was sent."""
    wrong = [f"{_place(one['loc'])}: {_reason(one['msg'])}." for one in error.errors]
    return told(request, unreadable(" ".join(wrong)[:1_000]))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return told(request, Refused(400, "malformed", _("Malformed request"), _("The body is not valid JSON.")))


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return told(request, Refused(413, "too-large", _("Too large"), _("The request is too large.")))


@api.exception_handler(UnreadablePostError)
def _cut_off(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
    return told(request, Refused(400, "malformed", _("Malformed request"), _("The body was cut off.")))


def _place(location: tuple[Any, ...]) -> str:
    return ".".join(str(part)[:60] for part in location if part not in {"query", "body", "check"}) or _("The body")


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def told(request: HttpRequest, refused: Refused) -> HttpResponse:
    """The refusal as the call's programs understand it."""
    if not _is_below(request, COMPATIBLE):
        return problem(refused)
    text = f"Message Not processed. {refused.detail}"
    response = HttpResponse(text, status=refused.status, content_type="text/plain; charset=utf-8")
    for name, value in refused.headers.items():
        response[name] = value
    return response


def for_programs(view: View) -> View:
    """Everybody may ask without a session; what is answered is stored nowhere on the way.

    Compressing is safe here: what an attacker can make a browser send to these addresses is refused, for it lacks the
    Authorization header; and no answer repeats a secret.
    """

    @login_not_required
    @wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        asked_by, request.method = request.method, "GET" if request.method == "HEAD" else request.method
        try:
            response = view(request, *args, **kwargs)
        except Refused as refused:
            response = told(request, refused)
        request.method = asked_by  # the server leaves the body of a HEAD out
        for name, value in getattr(request, "limit_headers", {}).items():
            response[name] = value
        response["Cache-Control"] = "private, no-store"
        if "json" in response.headers.get("Content-Type", ""):
            return GZipMiddleware(lambda _request: response).process_response(request, response)
        return response

    return asked  # type: ignore[return-value]


class ProblemMiddleware:
    """Whatever goes wrong at these addresses, also before or beside our views, is told in a way that programs read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not any(_is_below(request, root) for root in ROOTS):
            return self.get_response(request)
        if refused := sent_in_clear(request):
            return told(request, refused)
        response = self.get_response(request)
        if response.status_code < 400 or _is_told(request, response):
            return response
        return self._told(request, response)

    def _told(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.headers.get("Content-Type") == PROBLEM:  # told already, but not in the words of this call
            status, detail = HTTPStatus(response.status_code), json.loads(response.content)["detail"]
            return told(request, Refused(status.value, "", status.phrase, detail))
        status = HTTPStatus(response.status_code)
        kept = {
            name: response[name]
            for name in ("Allow", "Retry-After", "RateLimit", "RateLimit-Policy")
            if name in response
        }
        code = status.phrase.lower().replace(" ", "-")
        return told(
            request, Refused(status.value, code, status.phrase, f"{status.description or status.phrase}.", **kept)
        )


def _is_below(request: HttpRequest, root: str) -> bool:
    return request.path_info == root or request.path_info.startswith(f"{root}/")


def _is_told(request: HttpRequest, response: HttpResponse) -> bool:
    kind = response.headers.get("Content-Type", "")
    return kind.startswith("text/plain" if _is_below(request, COMPATIBLE) else PROBLEM) and response.content != b""


# --- Addresses --------------------------------------------------------------------------------------------------------


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi.complete(api)


@login_not_required
@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    content = json.dumps({**document(), "servers": [{"url": settings.PUBLIC_BASE_URL}]}, ensure_ascii=False, indent=1)
    response = HttpResponse(content, content_type="application/json")
    response["Cache-Control"] = "public, max-age=300"
    return unless_known(request, response)


@login_not_required
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/api_docs.html", openapi.for_reading(document()))


def _calls() -> list[URLPattern]:
    calls = [entry for entry in api.urls[0] if isinstance(entry, URLPattern) and entry.name != "api-root"]
    routes = [(f"api/v1/{entry.pattern}".replace("<uuidstr:", "<uuid:"), entry) for entry in calls]
    return [path(route, for_programs(entry.callback), name=entry.name) for route, entry in routes]


urlpatterns: list[URLPattern] = [
    *_calls(),
    path("api/v1/openapi.json", openapi_json, name="openapi"),
    path("api/docs", docs, name="api_docs"),
    path("ce/v1/result-verification", csrf_exempt(for_programs(result_verification)), name="result_verification"),
]
