"""What every call passes first: who asks, how often, and whether the question can be read at all."""

import math
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import throttle
from organisations.api_clients.authentication import Authentication, Caller
from organisations.api_clients.refusals import Refused

REQUESTS: Final = 600
PERIOD: Final = timedelta(minutes=1)
LONGEST_BODY: Final = 4_096
JSON: Final = "application/json"
POLICY: Final = f'"client";q={REQUESTS};w={PERIOD.seconds}'


class ProgramRequest(HttpRequest):
    """A request whose sender was found to be a program of an active organisation."""

    auth: Caller
    limit_headers: dict[str, str]


class Gate:
    """For django-ninja's `auth=`: finds the caller, or raises Refused.

    Strict where a mistake would pass in silence otherwise: a filter that is misspelt would filter nothing.
    """

    def __init__(
        self, scope: str, query: Collection[str] | None = (), *, media: str | None = JSON, with_body: bool = False
    ) -> None:
        """`query` names the parameters there are, `media` what the answer is; None: whatever is sent is right."""
        self.authentication = Authentication(scope)
        self.query = query
        self.media = media
        self.with_body = with_body

    def __call__(self, request: HttpRequest) -> Caller:
        caller = self.authentication(request)
        count(request, caller)
        if self.media and request.headers.get("Accept") and not request.accepts(self.media):
            text = _("This answer comes as %(media)s only.") % {"media": self.media}
            raise Refused(406, "not-acceptable", _("Not acceptable"), text)
        if self.query is not None:
            _check_query(request, self.query)
        if self.with_body:
            _check_body(request)
        return caller


def count(request: HttpRequest, caller: Caller) -> None:
    """Each client may send REQUESTS at once, and as many in every PERIOD; headers of the answer say what is left."""
    used = throttle.flow(kind="api", subject=str(caller.client.pk), limit=REQUESTS, window=PERIOD, now=timezone.now())
    told = f'"client";r={used.left};t={math.ceil(used.until_full)}'
    request.limit_headers = {"RateLimit-Policy": POLICY, "RateLimit": told}  # type: ignore[attr-defined]
    if used.wait:
        text = _("This client has sent more than %(most)s requests in a minute. Try again later.") % {"most": REQUESTS}
        wait = str(math.ceil(used.wait))
        raise Refused(429, "too-many-requests", _("Too many requests"), text, Retry_After=wait)


def _check_query(request: HttpRequest, known: Collection[str]) -> None:
    for name, values in request.GET.lists():
        if name not in known:
            raise unreadable(_("There is no such parameter: %(name)s.") % {"name": name[:60]})
        if len(values) > 1:
            raise unreadable(_("The parameter %(name)s stands there more than once.") % {"name": name})
        if "\0" in values[0]:
            raise unreadable(_("The parameter %(name)s holds a character that cannot be.") % {"name": name})


def _check_body(request: HttpRequest) -> None:
    if request.content_type != JSON:
        text = _("Send the body as application/json, and say so in the header Content-Type.")
        raise Refused(415, "unsupported-media-type", _("Unsupported media type"), text, Accept_Post=JSON)
    if int(request.headers.get("Content-Length") or 0) > LONGEST_BODY:
        text = _("The body may have %(most)s bytes at most.") % {"most": LONGEST_BODY}
        raise Refused(413, "too-large", _("Too large"), text)


def unreadable(detail: str) -> Refused:
    """What was sent says something that there is not."""
    return Refused(422, "invalid-request", _("Invalid request"), detail)
