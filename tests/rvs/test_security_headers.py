"""What browsers and proxies are told with every answer."""

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver

from rvs.middleware import PERMISSIONS_POLICY

pytestmark = pytest.mark.django_db

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS_POLICY,
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
}
ADDRESSES = sorted(
    {f"/{entry.pattern}" for entry in get_resolver().url_patterns if isinstance(entry, URLPattern)}
    - {"/_mail/<str:name>/", "/_mail/<str:name>/html/", "/ui-components/mails/<str:name>/"}
    - {"/ui-components/mails/<str:name>/html/"}
    - {"/help/<slug:slug>/", "/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"}
    | {
        "/help/logging-in/",
        "/password/reset/key/1-x/",
        "/check/",
        "/check/ABCDEFGHJKMN/",
        "/candidate-search/",
        "/candidate-search/00000000-0000-4000-8000-000000000000/",
        "/shared-results/",
        "/organisation/",
        "/admin/",
        "/admin/accounts/user/",
        "/admin/no-such-page/",
        "/no-such-page/",
        "/no-such-page",
        "/static/rvs/rvs.css",
    }
)


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def missing(response: HttpResponse) -> dict[str, str]:
    """What differs from the expected headers."""
    policy = set(response.headers.get("Content-Security-Policy", "").split("; "))
    wrong = {name: str(response.headers.get(name)) for name, value in EXPECTED.items() if response.get(name) != value}
    return wrong if policy == POLICY else wrong | {"Content-Security-Policy": str(policy ^ POLICY)}


def test_a_missing_header_is_noticed() -> None:
    assert set(missing(HttpResponse())) == {*EXPECTED, "Content-Security-Policy"}


@pytest.mark.parametrize("persona", ["client", "verifier", "staff"])
def test_every_answer_carries_the_headers(persona: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(persona)
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        for address in ADDRESSES:
            if "logout" not in address:
                response = client.generic(method, address)
                response.getvalue()  # to the end: a static file is open until then
                assert missing(response) == {}, f"{method} {address} {response.status_code}"  # type: ignore[arg-type]


@pytest.mark.parametrize("persona", ["verifier", "candidate", "staff"])
def test_nothing_that_a_signed_in_person_sees_is_stored(persona: str, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(persona)
    for address in ADDRESSES:
        if "logout" not in address and not address.startswith("/static/"):
            response = client.get(address)
            assert {"no-store", "private"} <= set(response.get("Cache-Control", "").split(", ")), address


def test_a_form_with_a_token_is_not_shared_between_visitors(client: Client) -> None:
    for address in ("/login/", "/password/reset/", "/check/"):
        assert "Cookie" in client.get(address).get("Vary", "")


def test_a_dressed_up_address_of_a_page_is_no_page(verifier: Client) -> None:
    """A cache that keeps whatever ends in .css must find nothing of a person."""
    for address in ("/organisation/x.css", "/organisation/;x.css", "/organisation%2fx.css", "/candidate-search/x.css"):
        assert verifier.get(address).status_code == 404
        assert "no-store" in verifier.get(address)["Cache-Control"]


def test_the_session_cookie_is_out_of_reach_of_scripts(client: Client) -> None:
    client.get("/login/")
    for morsel in client.cookies.values():
        assert morsel["httponly"]
        assert morsel["samesite"] == "Lax"
        assert morsel["path"] == "/"
