"""The whole way in: from /register/ to the first log-in of an Admin User, by nothing but pages and mails."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from organisations.models import Membership
from tests.factories import make_user
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.test_register import EMAIL, fill_in_details
from tests.journeys.test_staff import log_in as log_in_as_staff
from tests.journeys.test_staff_registrations import decide
from tests.organisations.applying import link
from tests.organisations.mails import invitation_link

COLLEAGUE, PASSWORD = "ben@merefield.example", "quite-another-passphrase"


def accept_and_log_in(page: Page, site: str, email: str) -> None:
    """By the link of the invitation."""
    page.goto(site + invitation_link(email))
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    page.get_by_label("New password once more", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Shared Results")).to_be_visible()


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, False)])
def test_from_the_application_to_the_first_log_in_of_an_admin_user(
    open_page: OpenPage, live_server: LiveServer, transactional_db: None, width: int, javascript: bool
) -> None:
    site = live_server.url
    # Given an organisation that applies, and confirms the address
    page = open_page(f"{site}/register/", width=width, javascript=javascript)
    fill_in_details(page)
    page.get_by_label("Name", exact=True).fill("Merefield College")
    page.get_by_label("Type").select_option("College")
    page.get_by_label("Website").fill("www.merefield.example")
    page.get_by_label("Country").select_option("United Kingdom")
    page.get_by_label("We accept the terms of use").check()
    page.get_by_role("button", name="Send the application").click()
    page.goto(site + link(EMAIL, "Confirm your application"))
    page.get_by_role("button", name="Confirm and send the application").click()
    expect(page.get_by_text("We have your application")).to_be_visible()
    # When staff approve it
    staff = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in_as_staff(staff, make_user("margaret@examboard.example", is_staff=True, is_superuser=True))
    decide(staff, "Merefield College", "Approve")
    staff.get_by_label("What you checked").fill("The website names the registrar")
    staff.get_by_role("button", name="Approve").click()
    expect(staff.get_by_text("The organisation has its account.")).to_be_visible()
    # Then the Primary User sets a password, logs in and adds a colleague
    accept_and_log_in(page, site, EMAIL)
    page.goto(f"{site}/organisation/users/")
    page.get_by_role("link", name="Add User").click()
    for label, text in (("First Name", "Ben"), ("Family Name", "Marsh"), ("Job Title", "Officer")):
        page.get_by_label(label).fill(text)
    page.get_by_label("Email Address").fill(COLLEAGUE)
    page.get_by_role("button", name="Add User").click()
    expect(page.get_by_text(f"{COLLEAGUE} has been sent an e-mail")).to_be_visible()
    # And the colleague does the same, as an Admin User
    theirs = open_page(f"{site}/login/", width=width, javascript=javascript)
    accept_and_log_in(theirs, site, COLLEAGUE)
    theirs.goto(f"{site}/organisation/users/")
    expect(theirs.get_by_role("row", name="Ben Marsh")).to_contain_text("Active")
    expect(theirs.get_by_role("link", name="Add User")).to_have_count(0)
    assert Membership.objects.get(user__email=COLLEAGUE).role == "admin"
