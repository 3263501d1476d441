"""From `/register/` to the first log-in of an Admin User: three people, who know only what they read in their mails."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Mail, User
from organisations.models import Membership, Role
from tests.factories import make_user
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import (
    EMAIL,
    NEW_PASSWORD,
    choose_password,
    decide,
    fill_in_details,
    log_in,
    look,
    open_users,
)
from tests.journeys.test_staff import log_in as log_in_as_staff
from tests.organisations.applying import link
from tests.organisations.mails import invitation_link

COLLEAGUE = "tom@merefield.example"


@pytest.fixture
def margaret(transactional_db: None) -> User:
    return make_user("margaret@examboard.example", is_staff=True, is_superuser=True, given_name="Margaret")


def apply(page: Page) -> None:
    """From the landing page to the page that says: read your mail."""
    page.get_by_role("link", name="Register your organisation").click()
    fill_in_details(page)
    page.get_by_label("Name", exact=True).fill("Merefield College")
    page.get_by_label("Type").select_option("College")
    page.get_by_label("Website").fill("www.merefield.example")
    page.get_by_label("Country").select_option("United Kingdom")
    page.get_by_label("We accept the terms of use").check()
    page.get_by_role("button", name="Send the application").click()
    expect(page.get_by_role("heading", name="Read your mail")).to_be_visible()


def approve(page: Page) -> None:
    """Nothing is unusual about the application, so that one person is enough."""
    decide(page, "Merefield College", "Approve")
    page.get_by_label("What you checked").fill("The registrar is named on the college's website")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The organisation has its account.")).to_be_visible()


def add_colleague(page: Page) -> None:
    open_users(page)
    page.get_by_role("link", name="Add User").click()
    page.get_by_label("First Name").fill("Tom")
    page.get_by_label("Family Name").fill("Adeyemi")
    page.get_by_label("Job Title").fill("Admissions Officer")
    page.get_by_label("Email Address").fill(COLLEAGUE)
    page.get_by_role("button", name="Add User").click()
    expect(page.get_by_text(f"{COLLEAGUE} has been sent an e-mail")).to_be_visible()
    expect(page.get_by_role("row", name="Tom Adeyemi")).to_contain_text("Invited")


def assert_mailed(email: str, *words: str) -> None:
    """The newest mail to this address has these words."""
    text = Mail.objects.filter(recipient=email).order_by("-created_at")[0].text
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, False)])
def test_from_the_application_to_the_first_log_in_of_an_admin_user(
    open_page: OpenPage, live_server: LiveServer, margaret: User, *, width: int, javascript: bool
) -> None:
    site = live_server.url

    def start(path: str) -> Page:
        return open_page(site + path, width=width, javascript=javascript)

    # Given an applicant who has confirmed the address by the button behind the link in the mail
    hers = start("/")
    apply(hers)
    look(hers, javascript)
    hers.goto(site + link(EMAIL))
    hers.get_by_role("button", name="Confirm and send the application").click()
    expect(hers.get_by_text("We have your application")).to_be_visible()
    look(hers, javascript)

    # When staff approve the application
    staff = start("/login/")
    log_in_as_staff(staff, margaret)
    approve(staff)
    look(staff, javascript)

    # Then the applicant reads so, sets a password by the link in the mail, and logs in as the Primary User
    hers.reload()
    expect(hers.get_by_text("Your organisation has its account")).to_be_visible()
    look(hers, javascript)
    assert_mailed(EMAIL, "is approved", "Merefield College", "Primary User")
    hers.goto(site + invitation_link(EMAIL))
    look(hers, javascript)
    choose_password(hers)
    log_in(hers, site, EMAIL, NEW_PASSWORD)
    look(hers, javascript)

    # When she adds an Admin User
    add_colleague(hers)
    look(hers, javascript)

    # Then he sets a password by the link in his mail, logs in for the first time, and begins on Shared Results
    assert_mailed(COLLEAGUE, "Merefield College", "Admin User")
    his = start(invitation_link(COLLEAGUE))
    look(his, javascript)
    choose_password(his)
    log_in(his, site, COLLEAGUE, NEW_PASSWORD)
    expect(his.get_by_role("heading", name="Nothing has been shared yet")).to_be_visible()
    look(his, javascript)
    open_users(his)
    expect(his.get_by_role("row", name="Tom Adeyemi")).to_contain_text("Active")
    expect(his.get_by_role("link", name="Add User")).to_have_count(0)
    look(his, javascript)
    assert set(Membership.objects.values_list("user__email", "role")) == {
        (EMAIL, Role.PRIMARY),
        (COLLEAGUE, Role.ADMIN),
    }
