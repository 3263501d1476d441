"""From "Add User" to the first log-in of an Admin User, reading the mails, and the pages of Your Organisation."""

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Mail, User
from organisations.models import Membership, Organisation, Role
from tests.factories import PASSWORD, make_join_request, make_member, make_organisation
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import NEW_PASSWORD, choose_password, log_in, look, open_users
from tests.organisations.mails import invitation_link

WAYS = [(WIDE, True), (NARROW, True), (WIDE, False), (NARROW, False)]


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    made = make_organisation("University of Example", city="Fenland", description="A university in the fens.")
    made.email_domains.create(domain="example.org", confirmed=True)
    return made


@pytest.fixture
def primary_user(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, email="prima@example.org", given_name="Prima", family_name="Facie")


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def scan(open_page: OpenPage, address: str) -> None:
    """What mail scanners do with a link: ask for it, and load it in a browser that runs scripts."""
    scanner = Client(headers={"User-Agent": "SafeLinks"})
    path = address.partition("//")[2].partition("/")[2]
    assert scanner.head(f"/{path}").status_code == 200
    assert scanner.get(f"/{path}").status_code == 200
    page = open_page(address)
    page.wait_for_timeout(1500)
    expect(page.get_by_role("button", name="Set the password")).to_be_visible()


@pytest.mark.parametrize(("width", "javascript"), WAYS)
def test_from_add_user_to_the_first_log_in(
    open_page: OpenPage, live_server: LiveServer, primary_user: User, width: int, javascript: bool
) -> None:
    site = live_server.url
    # Given the Primary User, on the tab Users
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, primary_user.email)
    open_users(page)
    look(page, javascript)
    # When they add somebody, first with a mistake, then with an address that is asked about
    page.get_by_role("link", name="Add User").click()
    page.get_by_label("First Name").fill("Ada")
    page.get_by_role("button", name="Add User").click()
    expect(page.get_by_role("link", name="Enter the family name")).to_be_visible()
    look(page, javascript)
    page.get_by_label("Family Name").fill("Lovelace")
    page.get_by_label("Job Title").fill("Admissions Officer")
    page.get_by_label("Email Address").fill("ada@elsewhere.example.com")
    page.get_by_role("button", name="Add User").click()
    expect(page.get_by_role("link", name="elsewhere.example.com is not a confirmed")).to_be_visible()
    look(page, javascript)
    page.get_by_label("The address is right").check()
    page.get_by_role("button", name="Add User").click()
    expect(page.get_by_text("ada@elsewhere.example.com has been sent an e-mail")).to_be_visible()
    expect(page.get_by_role("row", name="Ada Lovelace")).to_contain_text("Invited")
    look(page, javascript)
    # Then the link in the mail survives scanners, and sets the password
    link = f"{site}{invitation_link('ada@elsewhere.example.com')}"
    scan(open_page, link)
    assert Membership.objects.get(user__given_name="Ada").is_pending
    hers = open_page(link, width=width, javascript=javascript)
    look(hers, javascript)
    choose_password(hers)
    log_in(hers, site, "ada@elsewhere.example.com", NEW_PASSWORD)
    hers.goto(f"{site}/organisation/users/")
    expect(hers.get_by_role("row", name="Ada Lovelace")).to_contain_text("Active")
    expect(hers.get_by_role("link", name="Add User")).to_have_count(0)
    hers.goto(link)
    expect(hers.get_by_role("heading", name="This link no longer works")).to_be_visible()
    look(hers, javascript)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_user_is_deactivated_let_in_again_and_deleted(
    open_page: OpenPage, live_server: LiveServer, organisation: Organisation, primary_user: User, width: int
) -> None:
    site = live_server.url
    make_member(organisation, email="col@example.org", given_name="Col", family_name="League")
    page = open_page(f"{site}/login/", width=width)
    log_in(page, site, primary_user.email)
    theirs = open_page(f"{site}/login/")
    log_in(theirs, site, "col@example.org")

    page.goto(f"{site}/organisation/users/?q=col")
    page.get_by_role("link", name="Edit Col League").click()
    assert_accessible(page)
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_text("Col League has been deactivated")).to_be_visible()
    theirs.goto(f"{site}/candidate-search/")
    expect(theirs.get_by_role("heading", name="Verification Service")).to_be_visible()
    page.get_by_role("link", name="Edit Col League").click()
    page.get_by_role("button", name="Reactivate").click()
    expect(page.get_by_role("row", name="Col League")).to_contain_text("Active")
    page.get_by_role("link", name="Edit Col League").click()
    page.get_by_role("link", name="Delete this user").click()
    assert_accessible(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Col League has been deleted")).to_be_visible()
    expect(page.get_by_role("row", name="Col League")).to_have_count(0)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_role_is_handed_over(
    open_page: OpenPage, live_server: LiveServer, organisation: Organisation, primary_user: User, width: int
) -> None:
    site = live_server.url
    make_member(organisation, email="heir@example.org", given_name="Hera", family_name="Heir")
    make_join_request(organisation)
    page = open_page(f"{site}/login/", width=width)
    log_in(page, site, primary_user.email)
    page.goto(f"{site}/organisation/users/")
    expect(page.get_by_role("button", name="Accept Jo Ning")).to_be_visible()
    page.get_by_role("link", name="hand this role over").click()
    confirm(page)
    assert_accessible(page)
    page.get_by_label("New Primary User").select_option("Hera Heir")
    page.get_by_role("button", name="Offer the role").click()
    expect(page.get_by_text("You have offered the role of Primary User")).to_be_visible()
    assert_accessible(page)

    (mail,) = Mail.objects.filter(recipient="heir@example.org", subject__startswith="You are offered")
    theirs = open_page(f"{site}/login/", width=width)
    log_in(theirs, site, "heir@example.org")
    theirs.goto(site + next(word for word in mail.text.split() if "/hand-over/" in word).partition("testserver")[2])
    theirs.goto(f"{site}/organisation/users/")
    assert_accessible(theirs)
    theirs.get_by_role("link", name="Accept …").click()
    confirm(theirs)
    assert_accessible(theirs)
    theirs.get_by_role("button", name="Accept the role").click()
    expect(theirs.get_by_text("You are the Primary User from now on")).to_be_visible()
    expect(theirs.get_by_role("row", name="Prima Facie")).to_contain_text("Admin User")


@pytest.mark.parametrize(("width", "javascript"), WAYS)
def test_the_other_tabs(
    open_page: OpenPage, live_server: LiveServer, primary_user: User, width: int, javascript: bool
) -> None:
    site = live_server.url
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, primary_user.email)
    page.goto(f"{site}/organisation/")
    look(page, javascript)
    page.get_by_role("link", name="Edit the details").click()
    page.get_by_label("What you call it").fill("Applicant number")
    page.get_by_label("Its form").fill("AA-9999")
    look(page, javascript)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("for example AB-1234")).to_be_visible()
    page.get_by_role("link", name="Ask for another name").click()
    look(page, javascript)
    page.get_by_label("New name").fill("Example University")
    page.get_by_label("Reason").fill("We merged.")
    page.get_by_role("button", name="Send to our staff").click()
    expect(page.get_by_text("A change of name waits for our staff")).to_be_visible()

    page.get_by_role("link", name="API", exact=True).click()
    expect(page.get_by_role("heading", name="No program is connected yet")).to_be_visible()
    look(page, javascript)

    page.get_by_role("link", name="Exams accepted").click()
    look(page, javascript)
    page.get_by_role("link", name="Choose the exams").click()
    page.get_by_label("C1 Advanced").check()
    look(page, javascript)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Edit C1 Advanced").click()
    page.get_by_label("Lowest overall score").fill("176")
    page.get_by_label("Oldest exam, in months").fill("24")
    look(page, javascript)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="C1 Advanced")).to_contain_text("Overall score 176")
    look(page, javascript)

    page.get_by_role("link", name="Activity").click()
    expect(page.get_by_role("cell", name="Exams accepted changed").first).to_be_visible()
    look(page, javascript)

    page.get_by_role("link", name="Security", exact=True).click()
    look(page, javascript)
    page.get_by_role("link", name="Change the rules").click()
    page.get_by_label("Second step of log-in").select_option("Required in 14 days")
    look(page, javascript)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your organisation requires it from")).to_be_visible()
    look(page, javascript)


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("topic", ["managing-users", "working-as-an-admin-user"])
def test_help(open_page: OpenPage, live_server: LiveServer, transactional_db: None, topic: str, width: int) -> None:
    page = open_page(f"{live_server.url}/help/{topic}/", width=width)
    assert_accessible(page)
