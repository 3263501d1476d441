"""A candidate from the numbers on a sheet of paper to a share that is read and withdrawn, in a browser."""

import re

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Mail
from organisations.models import Organisation, Role
from results import photos
from results.models import Result
from rvs.sample_photos import drawn_photo
from tests.factories import (
    PASSWORD,
    SECRET_NUMBER,
    make_candidate_result,
    make_claim,
    make_member,
    make_organisation,
    make_user,
    share_result,
)
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage

SIZES = pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, True), (NARROW, False)])


@pytest.fixture
def fenland(transactional_db: None) -> Organisation:
    organisation = make_organisation(
        "University of Fenland", slug="fenland", city="Ely", website="https://www.fenland.example", type="university"
    )
    organisation.accepted_exams.create(exam="FCE", minimum_score=165)
    make_member(organisation, Role.PRIMARY, email="vera@fenland.example")
    make_organisation("Fenland University", country="US", website="https://fenland-us.example")
    return organisation


@pytest.fixture
def result(transactional_db: None) -> Result:
    return make_candidate_result(photo=photos.store(drawn_photo(1)))


def check(page: Page, *, javascript: bool) -> None:
    if javascript:  # axe is a script
        assert_accessible(page)


def type_numbers(page: Page) -> None:
    page.get_by_label("Candidate ID number").fill("abc 123456")
    page.get_by_label("Secret number").fill(SECRET_NUMBER)
    page.get_by_label("Day").fill("24")
    page.get_by_label("Month").fill("2")
    page.get_by_label("Year").fill("1999")


def log_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


@SIZES
def test_from_the_numbers_to_a_share_and_back(
    open_page: OpenPage, live_server: LiveServer, fenland: Organisation, result: Result, *, width: int, javascript: bool
) -> None:
    # Given a candidate with the numbers of an exam
    page = open_page(f"{live_server.url}/candidate/register/", width=width, javascript=javascript)
    check(page, javascript=javascript)
    # When she registers
    type_numbers(page)
    page.get_by_label("E-mail address").fill("zoe@mail.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Read your e-mail")
    check(page, javascript=javascript)
    # And presses the button behind the link in the mail
    link = re.search(r"/candidate/register/confirm/\S+", Mail.objects.get().text)
    assert link
    page.goto(live_server.url + link[0])
    check(page, javascript=javascript)
    page.get_by_role("button", name="Yes, this is my address").click()
    log_in(page, "zoe@mail.example")
    # Then she sees her result
    expect(page.get_by_role("heading", level=1)).to_have_text("My results")
    expect(page.get_by_text("Pass at Grade C")).to_be_visible()
    check(page, javascript=javascript)
    page.get_by_role("link", name="B2 First", exact=True).click()
    expect(page.get_by_role("img", name="Your test-day photo")).to_be_visible()
    check(page, javascript=javascript)
    # And shares it
    share_with_fenland(page, javascript=javascript)
    # And finds it among her shares, unread
    page.get_by_role("link", name="My shares").first.click()
    expect(page.get_by_text("Not opened yet")).to_be_visible()
    check(page, javascript=javascript)
    # And withdraws it with two more clicks
    page.get_by_role("link", name=re.compile("^Withdraw")).click()
    expect(page.get_by_text("Copies that they saved")).to_be_visible()
    check(page, javascript=javascript)
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("can no longer look")).to_be_visible()
    expect(page.get_by_text("Withdrawn", exact=True)).to_be_visible()


def share_with_fenland(page: Page, *, javascript: bool) -> None:
    page.get_by_role("link", name="Share this result").click()
    check(page, javascript=javascript)
    if javascript:
        page.get_by_label("Organisation").press_sequentially("fenl")
    else:
        page.get_by_label("Organisation").fill("fenl")
        page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Some names here are alike")).to_be_visible()
    check(page, javascript=javascript)
    page.get_by_role("link", name="University of Fenland").click()
    expect(page.get_by_text("what they ask for")).to_be_visible()
    check(page, javascript=javascript)
    page.get_by_role("button", name="See what they will see").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose whether the photo goes along")
    check(page, javascript=javascript)
    page.get_by_label("No, without the photo").check()
    page.get_by_role("button", name="See what they will see").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What University of Fenland will see")
    check(page, javascript=javascript)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(page.get_by_text("Shared with University of Fenland")).to_be_visible()
    check(page, javascript=javascript)


@SIZES
def test_an_organisations_link_leads_through_registration_to_the_share(
    open_page: OpenPage, live_server: LiveServer, fenland: Organisation, result: Result, *, width: int, javascript: bool
) -> None:
    page = open_page(f"{live_server.url}/candidate/share/fenland", width=width, javascript=javascript)
    check(page, javascript=javascript)
    page.get_by_role("link", name="Register as a candidate").click()
    type_numbers(page)
    page.get_by_label("E-mail address").fill("zoe@mail.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Register", exact=True).click()
    link = re.search(r"/candidate/register/confirm/\S+", Mail.objects.get().text)
    assert link
    page.goto(live_server.url + link[0])
    page.get_by_role("button", name="Yes, this is my address").click()
    log_in(page, "zoe@mail.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("Share with University of Fenland")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_other_page_can_be_read_by_everybody(
    open_page: OpenPage, live_server: LiveServer, fenland: Organisation, result: Result, *, width: int
) -> None:
    user = make_user(email="zoe@mail.example")
    make_claim(result, user)
    make_claim(candidate=user, status="withheld", exam="CAE")
    share = share_result(fenland, result)
    page = open_page(f"{live_server.url}/login/?next=/candidate/", width=width)
    log_in(page, "zoe@mail.example")
    expect(page.get_by_text("held back while something is looked into")).to_be_visible()
    assert_accessible(page)
    for address in (
        "results/add/", "shares/new/", "shares/new/invite/", f"shares/{share.pk}/", f"shares/{share.pk}/end/",
        "activity/", "data/", "share/fenland",
    ):  # fmt: skip
        page.goto(f"{live_server.url}/candidate/{address}")
        assert_accessible(page)
    page.goto(f"{live_server.url}/help/your-results/")
    assert_accessible(page)
    page.goto(f"{live_server.url}/candidate/close/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    assert_accessible(page)
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account is closed")
    assert_accessible(page)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_locked_and_too_young_are_told_kindly(
    open_page: OpenPage, live_server: LiveServer, result: Result, *, width: int
) -> None:
    page = open_page(f"{live_server.url}/candidate/register/", width=width)
    for _try in range(4):
        type_numbers(page)
        page.get_by_label("Secret number").fill("0000")
        page.get_by_label("E-mail address").fill("zoe@mail.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Locked for a while")
    assert_accessible(page)
    page.goto(f"{live_server.url}/candidate/register/")
    type_numbers(page)
    page.get_by_label("Year").fill("2020")
    page.get_by_label("E-mail address").fill("zoe@mail.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask a parent or your centre")
    assert_accessible(page)
