"""How answers to programs are sent."""

import hashlib
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from pydantic_core import to_json

from sharing.api.representation import Json


def as_json(body: Json) -> HttpResponse:
    """Times are written in UTC, as they come from the database."""
    return HttpResponse(to_json(body), content_type="application/json")


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """One thing with its ETag; 304 without a body for whoever has it already."""
    response["ETag"] = etag = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    return cast("HttpResponse", get_conditional_response(request, etag, response=response))
