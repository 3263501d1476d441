"""From the first client to its successor: the secret is seen once, and the program gets in with what was shown."""

import json
import re

import pytest
from django.test import Client
from playwright.sync_api import Error, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Mail, User
from accounts.months import months_later
from organisations.api_clients import clients, secrets
from organisations.models import ApiClient, Organisation, Role
from tests.factories import make_member, make_organisation
from tests.hostile.leaks import broker_contents, servers_log
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage, WebServer
from tests.journeys.steps import log_in, look
from tests.journeys.test_organisation_users import WAYS, confirm

SECRET = "rvs_"


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    return make_organisation("University of Example")


@pytest.fixture
def primary_user(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, email="prima@example.org", given_name="Prima", family_name="Facie")


def open_tab(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Your Organisation").click()
    page.get_by_role("link", name="API", exact=True).click()


def read_secret(page: Page) -> str:
    (secret,) = set(secrets.find(" ".join(page.get_by_role("definition").all_inner_texts())))
    return str(secret)


def go_back(page: Page, secret: str) -> None:
    """The browser kept nothing; it could only send the form again, which makes no second client."""
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        page.go_back()
    page.wait_for_url("chrome-error://**")
    assert secret not in page.content()
    page.reload()
    expect(page.get_by_text("This client has been created already")).to_be_visible()
    assert secret not in page.content()
    assert ApiClient.objects.count() == 1


def fill_in(page: Page, javascript: bool) -> None:
    """The form of a first client, with mistakes at first."""
    page.get_by_label("Network addresses").fill("somewhere")
    page.get_by_role("button", name="Create the client").click()
    expect(page.get_by_role("link", name="Enter a name")).to_be_visible()
    expect(page.get_by_role("link", name="is not a network address")).to_be_visible()
    look(page, javascript)
    page.get_by_label("Name").fill("Slate")
    page.get_by_label("Network addresses").fill("")
    page.get_by_role("button", name="Create the client").click()


def gets_in(client_id: str, secret: str) -> bool:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    answer = Client().post("/oauth/token/", form)
    return answer.status_code == 200 and "access_token" in json.loads(answer.content)


@pytest.mark.parametrize(("width", "javascript"), WAYS)
def test_created_used_renewed_and_revoked(
    open_page: OpenPage, live_server: WebServer, primary_user: User, width: int, javascript: bool
) -> None:
    site = live_server.url
    # Given the Primary User on the tab API
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, primary_user.email)
    open_tab(page)
    expect(page.get_by_role("heading", name="No program is connected yet")).to_be_visible()
    look(page, javascript)
    # When they create a client, first with mistakes
    page.get_by_role("link", name="Create a client").click()
    confirm(page)
    look(page, javascript)
    fill_in(page, javascript)
    # Then the secret is shown, and the program gets in with it
    expect(page.get_by_role("heading", name="The client “Slate” has been created")).to_be_visible()
    look(page, javascript)
    secret = read_secret(page)
    first = ApiClient.objects.get()
    assert gets_in(first.client_id, secret)
    # ... and never again: not by going on, nor by going back, nor by sending the form again
    page.get_by_role("link", name="I have put the secret away").click()
    expect(page.get_by_role("row", name="Slate")).to_contain_text("Live")
    expect(page.get_by_text(f"curl --user {first.client_id}")).to_be_visible()
    assert secret not in page.content()
    look(page, javascript)
    go_back(page, secret)
    # When a successor is created, both work until the first is revoked
    page.get_by_role("link", name="Create a successor of Slate").click()
    expect(page.get_by_label("Name")).to_have_value("Slate 2")
    page.get_by_role("button", name="Create the client").click()
    second, new_secret = ApiClient.objects.get(name="Slate 2"), read_secret(page)
    assert gets_in(first.client_id, secret)
    assert gets_in(second.client_id, new_secret)
    page.get_by_role("link", name="I have put the secret away").click()
    page.get_by_role("link", name="Edit Slate 2").click()
    look(page, javascript)
    page.get_by_label("Check a result").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name=re.compile("^Slate 2 "))).to_contain_text("Check a result")
    page.get_by_role("link", name="Revoke Slate", exact=True).click()
    look(page, javascript)
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("The client “Slate” has been revoked")).to_be_visible()
    look(page, javascript)
    assert not gets_in(first.client_id, secret)
    assert gets_in(second.client_id, new_secret)
    # And nothing was written down on the way
    for told in (live_server.log.read_text(errors="replace"), servers_log(), broker_contents()):
        assert SECRET not in told


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_secret_that_was_sent_in_an_address_is_shown(
    open_page: OpenPage, live_server: LiveServer, organisation: Organisation, primary_user: User, width: int
) -> None:
    site = live_server.url
    from_now = months_later(primary_user.date_joined, 12)
    _client, secret = clients.create(
        organisation=organisation, by=primary_user, client_id=primary_user.pk, name="Leaky", scopes=["results:read"],
        allowed_addresses=[], expires_at=from_now,
    )  # fmt: skip
    assert Client().get("/api/v1/shares", {"client_secret": secret}).status_code == 400
    page = open_page(f"{site}/login/", width=width)
    log_in(page, site, primary_user.email)
    (mail,) = Mail.objects.filter(recipient=primary_user.email, template="organisations/email/api_secret_exposed")
    page.goto(
        site
        + next(word for word in mail.text.split() if word.endswith("/organisation/api/"))[len("http://testserver") :]
    )
    expect(page.get_by_text("The secret of “Leaky” must be replaced")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("topic", ["api", "slate", "spreadsheets"])
def test_help(open_page: OpenPage, live_server: LiveServer, transactional_db: None, topic: str, width: int) -> None:
    page = open_page(f"{live_server.url}/help/{topic}/", width=width)
    assert_accessible(page)


STAND_INS = """
const kept = {CLIENT_ID: 'client', CLIENT_SECRET: 'secret'}, asked = [], written = {};
const PropertiesService = {getScriptProperties: () => ({getProperty: (name) => kept[name]})};
const Utilities = {base64Encode: (text) => btoa(text)};
const UrlFetchApp = {fetch: (address, options) => {
  asked.push([address, options.headers.Authorization]);
  const page = {items: [{shared_at: 'x', applicant_reference: null, result: {exam: {name: 'B2 First'}, score: 170},
    candidate: {family_name: '=1+1', given_names: 'Ana'}}], next_cursor: asked.length < 2 ? 'a+b' : null};
  return {getContentText: () => JSON.stringify(page)};
}};
const range = {setNumberFormat: (form) => { written.form = form; }, setValues: (rows) => { written.rows = rows; }};
const sheet = {clearContents: () => {}, getRange: (...size) => { written.size = size; return range; }};
const SpreadsheetApp = {getActiveSpreadsheet: () => ({getSheetByName: () => null, insertSheet: () => sheet})};
"""


def test_the_script_for_a_spreadsheet(open_page: OpenPage, live_server: LiveServer, transactional_db: None) -> None:
    page = open_page(f"{live_server.url}/help/spreadsheets/")
    script = page.get_by_role("group", name="Code to copy").last.inner_text()
    done = page.evaluate(f"() => {{ {STAND_INS} {script}; fetchShares(); return {{asked, written}}; }}")
    assert [address.partition("?")[2] for address, _header in done["asked"]] == ["limit=500", "limit=500&cursor=a%2Bb"]
    assert {header for _address, header in done["asked"]} == {"Basic Y2xpZW50OnNlY3JldA=="}
    heading, first, _second = done["written"]["rows"]
    assert done["written"]["size"] == [1, 1, 3, len(heading)]
    assert done["written"]["form"] == "@"
    assert first[:6] == ["x", "", "'=1+1", "Ana", "", "B2 First"]
