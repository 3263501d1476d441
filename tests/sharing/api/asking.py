"""A program of an organisation: every answer that it gets is held against the OpenAPI document."""

import json
import re
from functools import cache
from typing import Any, Final

import jsonschema_rs
from django.http import HttpResponse
from django.test import Client

from organisations.models import ApiClient, Organisation
from rvs.api import document
from tests.factories import basic, make_api_client

Json = dict[str, Any]
V1: Final = "/api/v1"


class Program:
    """Asks with HTTP Basic."""

    def __init__(self, organisation: Organisation, **fields: Any) -> None:
        self.client: ApiClient = make_api_client(organisation, **fields)
        self.headers = {"Authorization": basic(self.client)}

    @property
    def actor(self) -> str:
        return f"client:{self.client.pk}"

    def ask(self, address: str, method: str = "GET", *, headers: Json | None = None, **more: Any) -> HttpResponse:
        answer: Any = Client().generic(method, address, headers={**self.headers, **(headers or {})}, **more)
        hold_against_document(method, address, answer)
        return answer  # type: ignore[no-any-return]

    def get(self, address: str, **query: Any) -> Json:
        """What is told; the call must be served."""
        answer = self.ask(f"{V1}{address}", QUERY_STRING="&".join(f"{name}={value}" for name, value in query.items()))
        assert answer.status_code == 200, answer.content
        return read(answer)

    def problem(self, address: str, method: str = "GET", **more: Any) -> tuple[int, str]:
        """The status and the last word of the problem's type; the call must not be served."""
        answer = self.ask(address, method, **more)
        told = read(answer)
        assert set(told) == {"type", "title", "status", "detail"}
        assert told["status"] == answer.status_code
        return answer.status_code, told["type"].rpartition("#")[2]

    def verify(self, **body: Any) -> HttpResponse:
        return self.ask(f"{V1}/verifications", "POST", data=json.dumps(body), content_type="application/json")


def read(answer: HttpResponse) -> Json:
    told: Json = json.loads(answer.content)
    return told


def hold_against_document(method: str, address: str, answer: HttpResponse) -> None:
    """Its status, its kind of content and its shape are as the document says."""
    call = _call(method, address.partition("?")[0])
    if call is None:
        assert answer.status_code in {403, 404, 405}, f"{method} {address} is not in the document"
        return
    assert str(answer.status_code) in call["responses"], f"{answer.status_code} is not told of {method} {address}"
    told = call["responses"][str(answer.status_code)]
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    assert set(told.get("headers", ())) - {"ETag"} <= set(answer.headers), (address, answer.headers)
    if answer.status_code == 304:
        return
    assert kind in told["content"], (address, kind)
    if kind.endswith("json"):
        content = answer.getvalue()
        if answer.streaming:
            answer.streaming_content = [content]  # type: ignore[attr-defined]
        _validator(json.dumps(told["content"][kind]["schema"])).validate(json.loads(content))


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": document()["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _call(method: str, address: str) -> Json | None:
    for template, methods in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[0-9a-f-]{36}", template), address):
            return methods.get(method.lower())  # type: ignore[no-any-return]
    return None
