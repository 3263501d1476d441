"""Mails as people read them, and what happens when they do not arrive, in a browser."""

import re
from typing import Final

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts import refused
from accounts.models import Mail, User
from rvs.mail_examples import EXAMPLES
from tests.factories import PASSWORD, make_user
from tests.journeys.axe import assert_accessible, assert_fits
from tests.journeys.conftest import NARROW, WIDE, OpenPage

FULL: Final = "SMTPRecipientsRefused 552"


def log_in(page: Page, person: User) -> None:
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Log in")


def suspend(person: User) -> None:
    for _ in range(refused.SUSPENDED_AFTER):
        refused.count(email=person.email, failure=FULL, now=timezone.now())


@pytest.mark.parametrize("dark", [False, True])
def test_every_mail_is_accessible_wide_narrow_and_in_the_dark(
    open_page: OpenPage, live_server: LiveServer, transactional_db: None, *, dark: bool
) -> None:
    page = open_page(f"{live_server.url}/ui-components/mails/", width=WIDE)
    assert_accessible(page)
    page.emulate_media(color_scheme="dark" if dark else "light")
    for example in EXAMPLES:
        page.goto(f"{live_server.url}/ui-components/mails/{example.name}/html/")
        assert_accessible(page)
        page.set_viewport_size({"width": NARROW, "height": 800})
        assert_fits(page)
        page.set_viewport_size({"width": WIDE, "height": 800})


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_page_of_a_mail_is_accessible(
    open_page: OpenPage, live_server: LiveServer, transactional_db: None, width: int
) -> None:
    page = open_page(f"{live_server.url}/ui-components/mails/organisations.email.join_asked/", width=width)
    expect(page.frame_locator("iframe").get_by_role("link", name="See the request")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_whose_mail_comes_back_confirms_the_address_again(
    open_page: OpenPage, live_server: LiveServer, transactional_db: None, width: int
) -> None:
    # Given a person whose mailbox was full
    person = make_user("mia@example.org")
    suspend(person)
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, person)

    # When she asks for a link on her account page, and opens it
    page.goto(f"{live_server.url}/account/")
    expect(page.get_by_text("came back several times")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Send me a link to confirm it").click()
    expect(page.get_by_text("We have written to your address")).to_be_visible()
    found = re.search(r"/account/address/confirm/\S+", Mail.objects.get(template="account/email/confirm_address").text)
    assert found
    page.goto(live_server.url + found[0])
    expect(page.get_by_role("heading", name="Does mail reach you here?")).to_be_visible()
    assert_accessible(page)
    assert refused.is_suspended(person.email)
    page.get_by_role("button", name="Confirm the address").click()

    # Then notices go there again
    expect(page.get_by_role("heading", name="Thank you, the address is confirmed")).to_be_visible()
    assert_accessible(page)
    page.goto(f"{live_server.url}/account/")
    expect(page.get_by_text("came back several times")).to_have_count(0)


def test_staff_send_a_mail_again(open_page: OpenPage, live_server: LiveServer, transactional_db: None) -> None:
    # Given a mail that could not be delivered, and staff
    staff = make_user("margaret@examboard.example", is_staff=True, is_superuser=True, given_name="Margaret")
    person = make_user("mia@example.org")
    suspend(person)
    page = open_page(f"{live_server.url}/login/", width=WIDE)
    refused.ask(person)
    Mail.objects.filter(recipient=person.email).update(state="failed", failure=FULL, attempts=1)
    log_in(page, staff)

    # When they open it and send it again
    page.goto(f"{live_server.url}/admin/accounts/refusedaddress/")
    expect(page.get_by_text(person.email)).to_be_visible()
    assert_accessible(page)
    page.goto(f"{live_server.url}/admin/accounts/mail/?state__exact=failed")
    assert_accessible(page)
    page.locator("#result_list tbody a").first.click()
    assert_accessible(page)
    page.get_by_role("link", name="Send it again").click()
    expect(page.get_by_text("have refused this address")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Send it again").click()

    # Then it is on its way
    expect(page.get_by_text("The mail is on its way again.")).to_be_visible()
    assert Mail.objects.get(recipient=person.email).state == "queued"
