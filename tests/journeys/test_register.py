"""An organisation registers, from the landing page to "received"; a colleague asks to join; both read their mails."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Mail
from organisations.models import JoinRequest, Organisation, Registration, Role
from tests.factories import make_member, make_organisation
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import EMAIL, fill_in_details
from tests.organisations.applying import link

WAYS = [(WIDE, True), (NARROW, True), (WIDE, False), (NARROW, False)]
ways = pytest.mark.parametrize(("width", "javascript"), WAYS, ids=str)


@pytest.fixture
def look(open_page: OpenPage, live_server: LiveServer) -> OpenPage:
    """A function that opens a path; pages with JavaScript are checked by axe, which needs it."""

    def start(path: str, *, width: int = WIDE, javascript: bool = True) -> Page:
        return open_page(live_server.url + path, width=width, javascript=javascript)

    return start


def check(page: Page, *, javascript: bool) -> None:
    if javascript:
        assert_accessible(page)


@pytest.mark.django_db(transaction=True)
@ways
def test_from_the_form_to_received(look: OpenPage, live_server: LiveServer, width: int, javascript: bool) -> None:
    # Given a visitor who chose to register on the landing page
    page = look("/", width=width, javascript=javascript)
    page.get_by_role("link", name="Register your organisation").click()
    check(page, javascript=javascript)
    expect(page.get_by_role("radio", name="Create a new account")).to_be_checked()

    # When the form is sent empty, it says what is missing and keeps what is typed then
    page.get_by_role("button", name="Send the application").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(10)
    check(page, javascript=javascript)
    fill_in_details(page)
    page.get_by_label("Name", exact=True).fill("Merefield College")
    page.get_by_label("Type").select_option("College")
    page.get_by_label("Website").fill("www.merefield.example")
    page.get_by_label("Country").select_option("United Kingdom")
    page.get_by_role("button", name="Send the application").click()
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(1)
    expect(page.get_by_label("Website")).to_have_value("www.merefield.example")
    page.get_by_label("We accept the terms of use").check()
    page.get_by_role("button", name="Send the application").click()

    # Then a mail is there, and its link leads to a page whose button sends the application
    expect(page.get_by_role("heading", name="Read your mail")).to_be_visible()
    check(page, javascript=javascript)
    page.goto(live_server.url + link(EMAIL))
    expect(page.get_by_text("Merefield College")).to_be_visible()
    check(page, javascript=javascript)
    assert Registration.objects.get().state == "unconfirmed"
    page.get_by_role("button", name="Confirm and send the application").click()

    # And the application is received, as the page and a mail say
    registration = Registration.objects.get()
    assert registration.state == "received"
    expect(page.get_by_text("We have your application")).to_be_visible()
    expect(page.get_by_text(registration.reference)).to_be_visible()
    check(page, javascript=javascript)
    page.goto(live_server.url + link(EMAIL, "We have your application"))
    expect(page.get_by_text("We have your application")).to_be_visible()


@pytest.mark.django_db(transaction=True)
@ways
def test_a_question_is_answered(look: OpenPage, live_server: LiveServer, width: int, javascript: bool) -> None:
    registration = confirmed(look)
    registration.messages.create(by_staff=True, author="user:x", text="Which page names you?\n\nPlease send it.")
    Registration.objects.update(state="more_information")

    page = look(link(EMAIL, "We have your application"), width=width, javascript=javascript)
    expect(page.get_by_text("Which page names you?")).to_be_visible()
    check(page, javascript=javascript)
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("alert")).to_contain_text("Write your answer")
    check(page, javascript=javascript)
    page.get_by_label("Your answer").fill("https://www.merefield.example/people/" + "long-name/" * 30)
    page.get_by_role("button", name="Send the answer").click()

    expect(page.get_by_text("We have your application")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("You answered"))).to_be_visible()
    check(page, javascript=javascript)
    assert Registration.objects.get().state == "received"


def confirmed(look: OpenPage) -> Registration:
    page = look("/register/")
    fill_in_details(page)
    page.get_by_label("Name", exact=True).fill("Merefield College")
    page.get_by_label("Type").select_option("College")
    page.get_by_label("Website").fill("https://www.merefield.example")
    page.get_by_label("Country").select_option("United Kingdom")
    page.get_by_label("We accept the terms of use").check()
    page.get_by_role("button", name="Send the application").click()
    page.goto(page.url.removesuffix("/register/sent/") + link(EMAIL))
    page.get_by_role("button", name="Confirm and send the application").click()
    return Registration.objects.get()


@pytest.mark.django_db(transaction=True)
def test_a_browser_that_only_loads_the_link_confirms_nothing(look: OpenPage, live_server: LiveServer) -> None:
    page = look("/register/join/")
    ask_to_join(page, merefield())
    opened = look(link(EMAIL))
    opened.wait_for_timeout(10_000)
    assert JoinRequest.objects.get().state == "unconfirmed"
    opened.get_by_role("button", name="Confirm and send the request").click()
    expect(opened.get_by_text("Your organisation has your request")).to_be_visible()


def merefield() -> Organisation:
    organisation = make_organisation("Merefield College", website="https://www.merefield.example")
    make_member(organisation, Role.PRIMARY, email="primary@merefield.example")
    return organisation


def ask_to_join(page: Page, organisation: Organisation) -> None:
    fill_in_details(page)
    page.get_by_label("Name of the organisation").fill(organisation.name)
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("heading", name="Read your mail")).to_be_visible()


@pytest.mark.django_db(transaction=True)
@ways
def test_a_colleague_asks_to_join(look: OpenPage, live_server: LiveServer, width: int, javascript: bool) -> None:
    organisation = merefield()
    page = look("/register/", width=width, javascript=javascript)
    page.get_by_label("Join an existing account").check()
    page.get_by_role("button", name="Continue").click()
    check(page, javascript=javascript)

    fill_in_details(page)
    page.get_by_label("Name of the organisation").fill("Mirefield Academy")
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_role("alert")).to_contain_text("We find no account with this name")
    check(page, javascript=javascript)
    ask_to_join(page, organisation)
    check(page, javascript=javascript)
    page.goto(live_server.url + link(EMAIL))
    check(page, javascript=javascript)
    page.get_by_role("button", name="Confirm and send the request").click()

    expect(page.get_by_text("Your organisation has your request")).to_be_visible()
    check(page, javascript=javascript)
    assert Mail.objects.filter(recipient="primary@merefield.example").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", ["student/", "link/", "sent/", "join/sent/", "confirm/broken/"])
def test_the_other_pages_are_accessible(look: OpenPage, path: str, width: int) -> None:
    assert_accessible(look(f"/register/{path}", width=width))
