"""The OpenAPI document of the API, out of the types of its calls, and the same for people to read."""

from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from ninja import NinjaAPI

from notifications.models.webhooks import TEST
from sharing.api.compatibility import MOST
from sharing.api.gate import LONGEST_BODY, PERIOD, REQUESTS
from sharing.models import ChangeType

Json = dict[str, Any]

PROBLEM: Final = "application/problem+json"
DESCRIPTION: Final = f"""\
Programs of an organisation get what its users get, under the same rules: the same rights, limits and trail.

Clients are created under Your Organisation, API. Send their id and secret with HTTP Basic, or get a token for an hour
from /oauth/token/ and send it as Bearer. Times are RFC 3339 in UTC. Errors are RFC 9457 problem details; unknown
parameters and fields are refused. Each client may send {REQUESTS} requests in {PERIOD.seconds} seconds: the headers
RateLimit-Policy and RateLimit say how many are left, and 429 says in Retry-After how many seconds to wait. A request
may carry a UUID of its own in X-Request-ID; every answer carries one to quote to the helpdesk. There are no redirects.
"""
SECURITY: Final[Json] = {
    "basic": {"type": "http", "scheme": "basic", "description": "The client’s id and secret."},
    "token": {
        "type": "oauth2",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oauth/token/",
                "scopes": {
                    "results:read": "Read what is shared, and what changes",
                    "results:verify": "Check results by number",
                },
            }
        },
    },
}
WHY: Final = {
    200: "Answered.",
    304: "You have this already (If-None-Match).",
    400: "The cursor is none of ours, or the body cannot be read.",
    401: "Who is asking is not proved.",
    403: "The client lacks the scope, comes from another address than it may, or its organisation is suspended.",
    404: "There is no such thing, or it is not your organisation’s.",
    406: "The header Accept excludes what the answer is.",
    410: "It was there, and has ended: remove your copy.",
    413: f"The body has more than {LONGEST_BODY} bytes.",
    415: "The body is not application/json.",
    422: "A parameter or a field is unknown, missing or wrong.",
    429: "Too many requests, or checks are paused: try again after Retry-After seconds.",
}
_TEXT: Final = {"type": "string"}
_TOLD: Final = "Accepted. Whatever else is answered, the message comes again; 410 switches the webhook off."
_HEADERS: Final[Json] = {
    "RateLimit-Policy": {"description": "How many requests in how many seconds.", "schema": _TEXT},
    "RateLimit": {"description": "How many are left, and in how many seconds all are there again.", "schema": _TEXT},
}
_OF_A_CANDIDATE: Final = (
    "CandidateUCIId", "CandidateName", "CandidateFamilyName", "CandidateDOB", "ReceivedDate", "ExamType",
    "CandidateEmailId",
)  # fmt: skip
_OF_A_RESULT: Final = ("Qualification", "Grade", "Score", "CefrLevel", "ReferenceNumber")


def complete(api: NinjaAPI) -> Json:
    """What django-ninja makes of the calls, with what it does not know of them."""
    document: Json = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    document["info"]["description"] = DESCRIPTION
    document["components"]["securitySchemes"] = SECURITY
    for _address, _method, call in _calls(document):
        scope = "results:verify" if "Verifications" in call["tags"] else "results:read"
        call["security"] = [{"basic": []}, {"token": [scope]}]
        call["responses"] = {str(status): _answer(int(status), told) for status, told in call["responses"].items()}
        for parameter in call["parameters"]:
            parameter["schema"] = _without_null(parameter["schema"])
        if "304" in call["responses"]:
            call["parameters"].append({"in": "header", "name": "If-None-Match", "schema": _TEXT, "required": False})
            call["responses"]["200"]["headers"]["ETag"] = {"schema": _TEXT}
    document["paths"]["/ce/v1/result-verification"] = {"get": _compatibility()}
    document["webhooks"] = _webhooks()
    return document


def _answer(status: int, told: Json) -> Json:
    content = told.get("content", {})
    if status >= 400:
        content = {PROBLEM: next(iter(content.values()))}
    return {"description": WHY[status], "headers": dict(_HEADERS) if status not in {401, 403} else {}} | (
        {"content": content} if content else {}
    )


def _without_null(schema: Json) -> Json:
    """What stands in an address is there or not, but never null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    told = {name: value for name, value in schema.items() if name not in {"anyOf", "default", "title"}}
    if not kinds:
        return schema
    return {**told, **kinds[0]} if len(kinds) == 1 else {**told, "anyOf": kinds}


def _calls(document: Json) -> Iterator[tuple[str, str, Json]]:
    for address, methods in document["paths"].items():
        for method, call in methods.items():
            yield address, method, call


def _compatibility() -> Json:
    text = {"text/plain": {"schema": {"type": "string", "pattern": "^Message Not processed"}}}
    parameters = {
        "startDateTime": "From when (UTC), as YYYY-MM-DDTHH:MM:SS. Needed, unless referenceNumber is given.",
        "endDateTime": "Until when; at most one year later.",
        "referenceNumber": "Only this result; the time is then ignored.",
        "photoFlag": "Y adds the test-day photo to each result, as base64 of a JPEG file.",
        "page": "Which page, from 1 on.",
        "limit": f"How many candidates a page has, from 1 to {MOST:,}.",
    }
    return {
        "operationId": "result_verification",
        "summary": "For existing Slate set-ups: results shared or changed in a time",
        "description": "One element a candidate, by ReceivedDate. Every value is a text; an absent one is empty.",
        "tags": ["Compatibility"],
        "security": [{"basic": []}, {"token": ["results:read"]}],
        "parameters": [
            {"in": "query", "name": name, "required": False, "description": words, "schema": _TEXT}
            for name, words in parameters.items()
        ],
        "responses": {
            "200": {
                "description": WHY[200],
                "headers": _HEADERS,
                "content": {"application/json": {"schema": _candidates()}},
            },
            **{
                str(status): {"description": why, "content": text}
                for status, why in {
                    400: "The body says what is wrong. More than 2,000 candidates: ask for them in pages.",
                    **{status: WHY[status] for status in (401, 403, 429)},
                }.items()
            },
        },
    }


def _candidates() -> Json:
    component = _object(("Name", "Score"))
    result = _object(_OF_A_RESULT, ComponentList={"type": "array", "items": component})
    result["properties"]["Photo"] = _TEXT
    candidate = _object(_OF_A_CANDIDATE, CandidateResults={"type": "array", "minItems": 1, "items": result})
    return _object((), ListCandidateResultDetails={"type": "array", "items": candidate})


def _webhooks() -> Json:
    """What is sent to programs, by its type."""
    return {
        event.value: {"post": _message(event.value, str(event.label), ("share_id", "verification_id"))}
        for event in ChangeType
    } | {TEST: {"post": _message(TEST, "Somebody asked for a test", ())}}


def _message(kind: str, summary: str, ids: tuple[str, ...]) -> Json:
    uuid: Json = {"type": "string", "format": "uuid"}
    data: Json = {
        "type": "object",
        "properties": dict.fromkeys(("change_id", *ids), uuid) if ids else {},
        "required": ["change_id"] if ids else [],
        "additionalProperties": False,
    }
    body = _object((), type={"const": kind}, timestamp={"type": "string", "format": "date-time"}, data=data)
    signed = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "operationId": f"told_{kind.replace('.', '_')}",
        "summary": summary,
        "description": "Signed as Standard Webhooks lays down. It holds ids alone: ask what they mean.",
        "parameters": [{"in": "header", "name": name, "required": True, "schema": _TEXT} for name in signed],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"2XX": {"description": _TOLD}},
    }


def _object(texts: tuple[str, ...], **others: Json) -> Json:
    properties = dict.fromkeys(texts, _TEXT) | others
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


# --- For people -------------------------------------------------------------------------------------------------------


def for_reading(document: Json) -> Json:
    """What the page of documentation shows."""
    groups: dict[str, list[Json]] = {}
    for address, method, call in _calls(document):
        groups.setdefault(call["tags"][0], []).append(_readable(address, method, call))
    shapes = [_shape(name, shape) for name, shape in document["components"]["schemas"].items() if "properties" in shape]
    return {"description": document["info"]["description"].split("\n\n"), "groups": groups, "shapes": shapes}


def _readable(address: str, method: str, call: Json) -> Json:
    body = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return {
        "id": call["operationId"],
        "method": method.upper(),
        "address": address,
        "summary": call["summary"],
        "description": call.get("description", ""),
        "scope": call["security"][1]["token"][0],
        "parameters": [
            {
                "name": one["name"],
                "where": one["in"],
                "type": _type(one["schema"]),
                "description": one.get("description", ""),
            }
            for one in call["parameters"]
        ],
        "body": _type(body) if body else "",
        "answers": [
            {"status": status, "description": told["description"], "type": _content(told)}
            for status, told in call["responses"].items()
        ],
    }


def _content(told: Json) -> str:
    for media, content in told.get("content", {}).items():
        return _type(content["schema"]) if media == "application/json" and "type" not in content["schema"] else media
    return ""


def _shape(name: str, shape: Json) -> Json:
    required = set(shape.get("required", ()))
    return {
        "name": name,
        "description": shape.get("description", ""),
        "fields": [
            {
                "name": field,
                "type": _type(told) + ("" if field in required else f" ({_('optional')})"),
                "description": told.get("description", ""),
            }
            for field, told in shape["properties"].items()
        ],
    }


def _type(schema: Json) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    if "const" in schema:
        return f"“{schema['const']}”"
    if "enum" in schema:
        return " | ".join(f"“{value}”" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type", ""))
