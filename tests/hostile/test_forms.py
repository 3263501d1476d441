"""Every form, fed with text of any kind by everybody: no answer is a fault of ours, and none takes long."""

import time
from copy import deepcopy
from html.parser import HTMLParser
from io import BytesIO
from typing import Any, Final

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.addresses import FULL
from tests.results.loading import undone

pytestmark = pytest.mark.django_db

SLOWEST: Final = 5.0
"""Seconds; the slowest honest answer here takes well below one."""
# Names that the forms found below do not have: what the admin, allauth and Django read from an address.
ADDRESS_NAMES: Final = {
    "next",
    "q",
    "o",
    "p",
    "e",
    "all",
    "page",
    "_popup",
    "_to_field",
    "_changelist_filters",
    "id__exact",
}
EXAMPLES: Final = 20 if FULL else 2


class _Fields(HTMLParser):
    """Names of the fields on a page, and of the parameters in its links."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = dict(attrs).get("name")
        if tag in {"input", "select", "textarea", "button"} and name:
            self.names.add(name)


def field_names(page: Any) -> set[str]:
    parser = _Fields()
    parser.feed(page.content.decode(errors="replace"))
    return parser.names


ANYTHING: Final = st.text(st.characters(codec="utf-8"), max_size=80)
MEANT: Final = st.sampled_from(
    [
        "", " ", "0", "-1", "1e309", "NaN", "9" * 400, "\0", "a\0b", "\ufeff", "\u202e", "%00", "{{7*7}}", "'; --",
        "on", "true", "null", "[]", "2024-02-30", "0000-00-00", "١٢٣", "Ⅷ", "²", "<b>x", "javascript:alert(1)",
        "person@example.org\nBcc: x@evil.example", "a@" + "b" * 300 + ".org", "00000000-0000-0000-0000-000000000000",
    ]
)  # fmt: skip
# Folding the second takes ten seconds for whoever does not look at its length first.
HUGE: Final = ("x" * 200_000, "\u0327\u0301" * 40_000, "ﷺ" * 30_000, "9" * 100_000, "a@" * 50_000, "\0" * 100_000)
VALUE: Final = st.one_of(
    ANYTHING,
    MEANT,
    st.sampled_from(HUGE),
    st.lists(MEANT, min_size=2, max_size=3),
    st.binary(max_size=40).map(BytesIO),
)


def filled(names: set[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the fields, each with anything; the others are missing."""
    return st.fixed_dictionaries({}, optional={name: VALUE for name in sorted(names) if name})


def attack(client: Client, address: str, names: set[str], *, method: str) -> None:
    """Send many fillings of these fields; each leaves the database as it was."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=not FULL,
        suppress_health_check=list(HealthCheck),
    )
    @given(filled(names))
    def once(data: dict[str, Any]) -> None:
        with undone():
            assert_answered(client, method, address, data)

    once()
    for huge in HUGE if FULL else HUGE[1:2] if method == "POST" else ():
        with undone():
            assert_answered(client, method, address, dict.fromkeys(names, huge))


def put_away(answer: Any) -> None:
    """Read a file to its end, so that it is closed, as a web server does."""
    if answer.streaming:
        b"".join(answer.streaming_content)


def assert_answered(client: Client, method: str, address: str, data: dict[str, Any]) -> None:
    cookies = deepcopy(client.cookies)
    began = time.monotonic()
    if method == "GET":
        data = {
            name: value for name, value in data.items() if not isinstance(value, BytesIO) and len(str(value)) < 4_000
        }
    answer = getattr(client, method.lower())(address, data)
    put_away(answer)
    assert answer.status_code < 500, (address, data)
    assert time.monotonic() - began < SLOWEST, (address, data)
    client.cookies = cookies


def shown(client: Client, address: str) -> set[str]:
    """The names of the fields that the page at an address shows."""
    page = client.get(address)
    put_away(page)
    return field_names(page) if page.headers.get("Content-Type", "").startswith("text/html") else set()


def test_every_form_answers_whatever_is_typed(targets: list[tuple[Client, str]]) -> None:
    forms = [(client, address, shown(client, address)) for client, address in targets if "logout" not in address]
    known = set().union(*(names for _client, _address, names in forms))
    assert {"login", "email", "code", "reference_number", "date_of_birth_day", "applicant_reference"} <= known
    assert len([names for *_where, names in forms if names - {"csrfmiddlewaretoken"}]) > 15
    for client, address, names in forms:
        attack(client, address, names or known, method="POST")


def test_every_page_answers_whatever_stands_in_its_address(targets: list[tuple[Client, str]]) -> None:
    for client, address in targets:
        attack(client, address, shown(client, address) | ADDRESS_NAMES, method="GET")
