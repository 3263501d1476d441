"""A webhook from its first test to its end, and what its pages say when its receiver is down."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from organisations.models import Organisation, Role
from tests.factories import make_member, make_organisation, share_result
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import log_in, look
from tests.journeys.test_organisation_users import confirm
from tests.notifications.webhooks.receiver import Receiver, receiving, status
from tests.notifications.webhooks.steps import send
from tests.threads import at_once

WAYS = [(WIDE, True), (NARROW, False)]


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    return make_organisation("University of Example")


@pytest.fixture
def primary_user(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, given_name="Prima", family_name="Facie")


def create(page: Page, receiver: Receiver, javascript: bool) -> str:
    """With mistakes at first; returns the secret."""
    page.get_by_role("link", name="Create a webhook").click()
    confirm(page)
    page.get_by_label("Address").fill("http://crm.example.ac.uk/")
    page.get_by_role("button", name="Create the webhook").click()
    expect(page.get_by_role("link", name="Enter a name")).to_be_visible()
    expect(page.get_by_role("link", name="The address must begin with")).to_be_visible()
    look(page, javascript)
    page.get_by_label("Name").fill("CRM")
    page.get_by_label("Address").fill(receiver.address)
    page.get_by_role("button", name="Create the webhook").click()
    expect(page.get_by_role("heading", name="The webhook “CRM” has been created")).to_be_visible()
    look(page, javascript)
    return page.get_by_role("definition").inner_text().strip()


def try_it(page: Page, javascript: bool) -> None:
    """A test, whose page says by itself that it has arrived."""
    page.get_by_role("button", name="Put away; send a test now").click()
    state = page.get_by_role("region", name="State").get_by_role("status")
    expect(state).to_have_text("Waiting")
    look(page, javascript)
    at_once(send)  # the browser's events run in this thread
    if not javascript:
        page.get_by_role("link", name="Look again").click()
    expect(state).to_have_text("Accepted")
    expect(page.get_by_role("table")).to_contain_text("204")
    look(page, javascript)


@pytest.mark.parametrize(("width", "javascript"), WAYS)
def test_from_the_first_test_to_the_end(
    open_page: OpenPage,
    live_server: LiveServer,
    organisation: Organisation,
    primary_user: User,
    width: int,
    javascript: bool,
) -> None:
    site = live_server.url
    # Given the Primary User on the tab Webhooks
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, primary_user.email)
    page.goto(f"{site}/organisation/")
    page.get_by_role("link", name="Webhooks", exact=True).click()
    expect(page.get_by_role("heading", name="No webhook yet")).to_be_visible()
    look(page, javascript)
    with receiving() as receiver:
        # When they create one and test it, then it arrives
        secret = create(page, receiver, javascript)
        try_it(page, javascript)
        receiver.check(secret)
        # When something happens while the receiver is down, the page says so
        receiver.answer = status(503)
        share_result(organisation)
        at_once(send)
        page.goto(f"{site}/organisation/webhooks/")
        expect(page.get_by_text("Messages to “CRM” fail")).to_be_visible()
        look(page, javascript)
        page.get_by_role("link", name="CRM", exact=True).click()
        look(page, javascript)
        page.get_by_role("link", name=re.compile("share.created")).click()
        expect(page.get_by_role("table")).to_contain_text("503")
        look(page, javascript)
    # When the secret is replaced, the new one is shown once
    page.goto(f"{site}/organisation/webhooks/")
    page.get_by_role("link", name="CRM", exact=True).click()
    page.get_by_role("link", name="Replace the secret").click()
    look(page, javascript)
    page.get_by_role("button", name="Replace the secret").click()
    expect(page.get_by_role("definition")).not_to_have_text(secret)
    look(page, javascript)
    # And it can be switched off, on and deleted
    page.get_by_role("link", name="I have put the secret away").click()
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_text("The webhook is switched off")).to_be_visible()
    look(page, javascript)
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("1 message is still waiting")).to_be_visible()
    look(page, javascript)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="No webhook yet")).to_be_visible()
