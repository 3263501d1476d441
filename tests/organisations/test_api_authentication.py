"""Who a program is, what it may do and from where: found out anew for every request."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from oauth2_provider.models import AccessToken

from accounts.models import Action, AuditEvent, Mail
from organisations import supervision
from organisations.api_clients import clients, secrets
from organisations.api_clients.authentication import Authentication, Caller, authenticate
from organisations.api_clients.refusals import Refused, problem
from organisations.models import ApiClient, Organisation, Role
from tests.factories import api_secret, basic, make_api_client, make_member, make_organisation, make_user

pytestmark = pytest.mark.django_db

READ, VERIFY = "results:read", "results:verify"


@pytest.fixture
def program(organisation: Organisation) -> ApiClient:
    return make_api_client(organisation)


def ask(authorization: str, scope: str = READ, **meta: Any) -> Caller:
    return authenticate(RequestFactory().get("/api/v1/shares", headers={"Authorization": authorization}, **meta), scope)


def refusal(authorization: str, scope: str = READ, **meta: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        ask(authorization, scope, **meta)
    return caught.value


def get_token(program: ApiClient, **form: str) -> dict[str, Any]:
    answer = Client().post(
        "/oauth/token/", {"grant_type": "client_credentials", **form}, headers={"Authorization": basic(program)}
    )
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


def bearer(program: ApiClient, **form: str) -> str:
    return f"Bearer {get_token(program, **form)['access_token']}"


def test_basic(organisation: Organisation, program: ApiClient) -> None:
    caller = ask(basic(program))
    assert caller.client == program
    assert caller.organisation == organisation
    assert caller.scopes == {READ, VERIFY}
    assert caller.actor == f"client:{program.pk}"


def test_it_fits_django_ninja(program: ApiClient) -> None:
    request = RequestFactory().get("/", headers={"Authorization": basic(program)})
    assert Authentication(READ)(request).client == program


def test_a_token(program: ApiClient) -> None:
    token = get_token(program)
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    assert set(token["scope"].split()) == {READ, VERIFY}
    assert secrets.is_genuine(token["access_token"])
    caller = ask(f"Bearer {token['access_token']}")
    assert caller.client == program
    assert caller.scopes == {READ, VERIFY}


def test_a_token_is_kept_only_as_a_digest(program: ApiClient) -> None:
    token = get_token(program)["access_token"]
    with connection.cursor() as cursor:
        cursor.execute("select row_to_json(t)::text from oauth2_provider_accesstoken t")
        (row,) = cursor.fetchone()
    assert token not in row
    assert secrets.digest(token).hex() in row


def test_a_token_for_less(program: ApiClient) -> None:
    token = bearer(program, scope=READ)
    assert ask(token).scopes == {READ}
    assert refusal(token, VERIFY).status == 403


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic ",
        "Basic not-base64",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + base64.b64encode(b"00000000-0000-4000-8000-000000000000:x").decode(),
        "Bearer",
        "Bearer x",
        "Bearer " + secrets.derived_secret("never made").replace("rvs_", "rvt_"),
        "Bearer " + secrets.new_token(),
        "Digest x",
        "\x00",
    ],
    ids=lambda authorization: authorization[:8] or "nothing",  # a random token would be another in each process
)
def test_who_proves_nothing_is_told_how(authorization: str) -> None:
    refused = refusal(authorization)
    assert refused.status == 401
    answer = problem(refused)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Basic realm=")
    assert "Bearer" in answer["WWW-Authenticate"]
    assert answer["Cache-Control"] == "no-store"
    told = json.loads(answer.content)
    assert set(told) == {"type", "title", "status", "detail"}
    assert told["status"] == 401


def test_another_clients_secret_and_a_secret_as_a_token_open_nothing(program: ApiClient) -> None:
    other = make_api_client(make_organisation())
    assert refusal(basic(program, api_secret(other))).status == 401
    assert refusal(f"Bearer {api_secret(program)}").status == 401
    token = get_token(program)["access_token"]
    assert refusal(basic(program, token)).status == 401


def test_the_scheme_may_be_written_in_any_case(program: ApiClient) -> None:
    assert ask(basic(program).replace("Basic", "bASIC")).client == program
    assert ask(bearer(program).replace("Bearer", "bearer")).client == program


def test_revoked_is_refused_from_the_next_request_on(organisation: Organisation, program: ApiClient) -> None:
    boss = make_member(organisation, Role.PRIMARY)
    token = bearer(program)
    clients.revoke(client=program, by=boss)
    assert refusal(basic(program)).status == 401
    assert "revoked" in refusal(basic(program)).detail
    assert refusal(token).status == 401
    assert not AccessToken.objects.exists()
    assert token_error(program) == (401, "invalid_client")


def test_expired_is_refused_and_its_tokens_with_it(organisation: Organisation) -> None:
    now = datetime.now(UTC)
    program = make_api_client(organisation, expires_at=now + timedelta(minutes=10))
    token = bearer(program)
    assert ask(token).client == program
    with time_machine.travel(now + timedelta(minutes=11)):
        assert "expired" in refusal(basic(program)).detail
        assert refusal(token).status == 401
        assert token_error(program) == (401, "invalid_client")


def test_a_token_is_good_for_an_hour(program: ApiClient) -> None:
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False):
        token = bearer(program)
    with time_machine.travel(now + timedelta(minutes=59), tick=False):
        assert ask(token).client == program
    with time_machine.travel(now + timedelta(minutes=60), tick=False):
        refused = refusal(token)
        assert refused.status == 401
        assert 'error="invalid_token"' in problem(refused)["WWW-Authenticate"]
        clients.forget_tokens(datetime.now(UTC))
    assert not AccessToken.objects.exists()


def test_a_suspended_organisation_is_refused_and_lets_its_programs_in_again(
    organisation: Organisation, program: ApiClient
) -> None:
    make_member(organisation, Role.PRIMARY)
    staff = make_user(is_staff=True)
    token = bearer(program)

    supervision.suspend(organisation=organisation, by=staff, reason="-")
    assert [refusal(basic(program)).status, refusal(basic(program)).code] == [403, "organisation-suspended"]
    assert refusal(token).status == 401
    assert token_error(program) == (403, "unauthorized_client")

    supervision.reinstate(organisation=organisation, by=staff, reason="-")
    assert ask(basic(program)).client == program
    assert refusal(token).status == 401
    assert ask(bearer(program)).client == program


def test_a_token_of_an_organisation_suspended_by_other_means(organisation: Organisation, program: ApiClient) -> None:
    token = bearer(program)
    Organisation.objects.filter(pk=organisation.pk).update(state="suspended")
    assert refusal(token).status == 403


def test_a_scope_that_is_taken_is_gone_for_tokens_too(organisation: Organisation, program: ApiClient) -> None:
    boss = make_member(organisation, Role.PRIMARY)
    token = bearer(program)
    clients.change(client=program, by=boss, name="Reader", scopes=[READ], allowed_addresses=[])
    for way in (token, basic(program)):
        refused = refusal(way, VERIFY)
        assert refused.status == 403
        assert 'error="insufficient_scope"' in problem(refused)["WWW-Authenticate"]
        assert ask(way, READ).scopes == {READ}
    assert token_error(program, scope=VERIFY) == (400, "invalid_scope")


ADDRESSES = ["192.0.2.0/24", "198.51.100.7/32", "2001:db8:1::/48"]


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("192.0.2.200", True),
        ("198.51.100.7", True),
        ("::ffff:192.0.2.1", True),
        ("2001:db8:1:2::3", True),
        ("192.0.3.1", False),
        ("198.51.100.8", False),
        ("2001:db8:2::1", False),
        ("", False),
        ("not an address", False),
    ],
)
def test_only_from_the_addresses_it_may_come_from(organisation: Organisation, address: str, allowed: bool) -> None:
    program = make_api_client(organisation, allowed_addresses=ADDRESSES)
    if allowed:
        assert ask(basic(program), REMOTE_ADDR=address).client == program
    else:
        assert refusal(basic(program), REMOTE_ADDR=address).code == "address-not-allowed"


@pytest.mark.parametrize(("proxies", "forwarded", "allowed"), [
    (0, "192.0.2.1", False),
    (1, "203.0.113.9, 192.0.2.1", True),
    (1, "192.0.2.1, 203.0.113.9", False),
    (2, "192.0.2.1, 203.0.113.9", True),
    (1, "", False),
])  # fmt: skip
def test_the_address_is_what_the_proxies_in_front_say(
    organisation: Organisation, settings: Any, proxies: int, forwarded: str, allowed: bool
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    program = make_api_client(organisation, allowed_addresses=["192.0.2.0/24"])
    meta = {"REMOTE_ADDR": "203.0.113.1", "HTTP_X_FORWARDED_FOR": forwarded}
    if allowed:
        assert ask(basic(program), **meta).client == program
    else:
        assert refusal(basic(program), **meta).status == 403


def test_no_token_from_elsewhere_and_none_works_there(organisation: Organisation) -> None:
    program = make_api_client(organisation, allowed_addresses=["127.0.0.1/32"])
    token = bearer(program)
    assert refusal(token, REMOTE_ADDR="192.0.2.1").status == 403
    ApiClient.objects.update(allowed_addresses=["192.0.2.0/24"])
    assert token_error(program) == (403, "unauthorized_client")


def test_the_last_use_is_written_at_most_once_a_minute(program: ApiClient) -> None:
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    ApiClient.objects.update(created_at=now, expires_at=now + timedelta(days=1))
    with time_machine.travel(now, tick=False):
        ask(basic(program))
    for seconds, written in ((30, 0), (61, 61), (100, 61)):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            ask(basic(program))
        program.refresh_from_db()
        assert program.last_used_at == now + timedelta(seconds=written)


def test_a_request_costs_one_query(program: ApiClient) -> None:
    token = bearer(program)
    for way in (basic(program), token):
        ask(way)
        with CaptureQueriesContext(connection) as queries:
            ask(way)
        assert len(queries) == 1


def test_who_fails_too_often_waits_and_who_is_right_never_does(program: ApiClient) -> None:
    wrong = basic(program, secrets.new_secret())
    refused = [refusal(wrong).status for _try in range(22)]
    assert refused == [401] * 20 + [429] * 2
    assert int(refusal(wrong).headers["Retry-After"]) > 0
    assert ask(basic(program)).client == program
    assert refusal(wrong, REMOTE_ADDR="192.0.2.1").status == 401


def test_one_network_that_tries_many_ids_waits() -> None:
    wrong = [
        "Basic " + base64.b64encode(f"00000000-0000-4000-8000-{number:012}:x".encode()).decode() for number in range(62)
    ]
    assert [refusal(each).status for each in wrong] == [401] * 60 + [429] * 2


# --- /oauth/token/ ----------------------------------------------------------------------------------------------------


def token_error(program: ApiClient, **form: str) -> tuple[int, str]:
    answer = Client().post(
        "/oauth/token/", {"grant_type": "client_credentials", **form}, headers={"Authorization": basic(program)}
    )
    assert answer["Content-Type"] == "application/json"
    return answer.status_code, json.loads(answer.content)["error"]


def test_the_secret_may_come_in_the_form(program: ApiClient) -> None:
    form = {"grant_type": "client_credentials", "client_id": program.client_id, "client_secret": api_secret(program)}
    answer = Client().post("/oauth/token/", form)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert "refresh_token" not in json.loads(answer.content)


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit", "", "x",
                                   "urn:ietf:params:oauth:grant-type:device_code"])  # fmt: skip
def test_no_other_grant(program: ApiClient, grant: str) -> None:
    status, error = token_error(program, grant_type=grant, username="a", password="b", code="c", refresh_token="d")
    assert status == 400
    assert error in {"unsupported_grant_type", "invalid_request"}


def test_a_scope_that_the_client_has_not(organisation: Organisation) -> None:
    assert token_error(make_api_client(organisation, scopes=[READ]), scope=VERIFY) == (400, "invalid_scope")
    assert token_error(make_api_client(organisation), scope="openid") == (400, "invalid_scope")


def test_who_is_not_known_gets_no_token() -> None:
    for form in ({}, {"client_id": "x", "client_secret": "y"}, {"client_id": "\x00", "client_secret": "\x00"}):
        answer = Client().post("/oauth/token/", {"grant_type": "client_credentials", **form})
        assert (answer.status_code, json.loads(answer.content)["error"]) == (401, "invalid_client")
        assert answer["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post(method: str) -> None:
    answer = Client().generic(method, "/oauth/token/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert json.loads(answer.content)["error"] == "invalid_request"


def test_a_browsers_session_counts_for_nothing(primary: Client) -> None:
    assert primary.post("/oauth/token/", {"grant_type": "client_credentials"}).status_code == 401


def test_over_plain_http_it_is_refused_and_not_sent_on(program: ApiClient, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^oauth(/|$)"]
    form = {"grant_type": "client_credentials"}
    answer = Client().post("/oauth/token/", form, headers={"Authorization": basic(program)})
    assert (answer.status_code, json.loads(answer.content)["error"]) == (403, "invalid_request")
    assert not AccessToken.objects.exists()
    assert (
        Client().post("/oauth/token/", form, secure=True, headers={"Authorization": basic(program)}).status_code == 200
    )


def test_tokens_are_not_made_without_end(program: ApiClient) -> None:
    with mock.patch("organisations.api_clients.oauth.TOKENS") as limit:
        limit.kind, limit.count, limit.window = "program tokens", 2, timedelta(minutes=1)
        get_token(program)
        get_token(program)
        assert token_error(program) == (429, "temporarily_unavailable")


# --- A secret in an address -------------------------------------------------------------------------------------------


@pytest.fixture
def boss(organisation: Organisation) -> str:
    return make_member(organisation, Role.PRIMARY, email="boss@example.org").email


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/shares?client_secret={}",
        "/api/v1/shares?x={}",
        "/oauth/token/?client_secret={}",
        "/ce/v1/result-verification?startDateTime=2026-01-01T00:00:00&key={}",
        "/shared-results/?q={}",
        "/?{}",
        "/{}/",
        "/api/v1/shares/{}",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_it_is_refused_and_flagged_once(program: ApiClient, boss: str, address: str, method: str) -> None:
    for secret in (api_secret(program), api_secret(program).replace("_", "%5F")):
        answer = Client().generic(method, address.format(secret), headers={"Authorization": basic(program)})
        assert answer.status_code == 400
        if address.startswith("/ce/"):
            assert answer.content.startswith(b"Message Not processed")
        else:
            assert answer["Content-Type"] == "application/problem+json"
        assert secret not in answer.content.decode()
    program.refresh_from_db()
    assert program.exposed_at
    (mail,) = Mail.objects.filter(recipient=boss)
    assert program.name in mail.text
    assert api_secret(program) not in mail.text + mail.subject
    (event,) = AuditEvent.objects.filter(action=Action.API_SECRET_EXPOSED)
    assert (event.target, event.organisation) == (f"client:{program.pk}", str(program.organisation_id))
    assert ask(basic(program)).client == program, "whether the program may stop is for the organisation"


def test_a_token_in_an_address_ends_and_flags(program: ApiClient, boss: str) -> None:
    token = get_token(program)["access_token"]
    assert Client().get(f"/api/v1/shares?access_token={token}").status_code == 400
    assert refusal(f"Bearer {token}").status == 401
    program.refresh_from_db()
    assert program.exposed_at


@pytest.mark.parametrize("name", ["client_secret", "access_token"])
def test_no_program_sends_such_a_parameter(name: str) -> None:
    for path in ("/api/v1/shares", "/oauth/token/", "/ce/v1/result-verification"):
        assert Client().get(path, {name: "anything"}).status_code == 400
    assert Client().get("/help/", {name: "anything"}).status_code == 200
    assert not Mail.objects.exists()


def test_what_only_looks_like_one_is_served(program: ApiClient, boss: str) -> None:
    for text in (secrets.new_secret()[:-1], "rvs_" + "a" * 38, "rvs_"):
        assert Client().get("/help/", {"q": text}).status_code == 200
    assert Client().get("/help/", {"q": secrets.new_secret()}).status_code == 400
    program.refresh_from_db()
    assert program.exposed_at is None
