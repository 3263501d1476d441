"""How answers to programs are sent."""

import hashlib
import json
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from sharing.api.representation import Json


def as_json(body: Json) -> HttpResponse:
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return HttpResponse(content, content_type="application/json")


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """One thing with its ETag; 304 without a body for whoever has it already."""
    response["ETag"] = etag = quote_etag(hashlib.sha256(response.content).hexdigest()[:32])
    return cast("HttpResponse", get_conditional_response(request, etag, response=response))
