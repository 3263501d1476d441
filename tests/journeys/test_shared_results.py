"""A verifier's day with the list of shared results, in a browser."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from organisations.models import Organisation, Role
from results import photos
from results.models import Candidate, Claim
from rvs.sample_photos import drawn_photo
from sharing.models import Share
from tests.factories import (
    PASSWORD,
    change_result,
    make_member,
    make_organisation,
    make_result,
    make_share,
    make_user,
)
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage

EVERYWHERE = [(WIDE, True), (NARROW, True), (NARROW, False)]
PEOPLE = [("Zoë", "Muñoz-Sánchez"), ("Łukasz", "O’Brien"), ("", "محمود"), ("Ama", "Badu"), ("A" * 60, "B" * 60)]


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    return make_organisation("University of Example")


@pytest.fixture
def verifier(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, email="vera@example.org", given_name="Vera")


@pytest.fixture
def shares(organisation: Organisation) -> list[Share]:
    """Sixty, the latest first: two pages."""
    made = []
    for number in range(60):
        given, family = PEOPLE[number % len(PEOPLE)]
        result = make_result(
            given_names=given, family_name=family, exam="CAE" if number % 3 else "FCE", score=170 + number % 10,
            status="withheld" if number == 7 else "released", photo=photos.store(drawn_photo(1)),
        )  # fmt: skip
        made.append(make_share(organisation, result, shared_at=datetime.now(UTC) - timedelta(hours=number + 1)))
    return made


def log_in(page: Page, person: User) -> None:
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shared Results")


def check(page: Page, *, javascript: bool) -> None:
    if javascript:  # axe is a script
        assert_accessible(page)


def lines(page: Page) -> Locator:
    return page.locator("#shared-results tbody tr")


@pytest.mark.parametrize(("width", "javascript"), EVERYWHERE)
def test_a_verifier_finds_reads_and_notes(
    open_page: OpenPage, live_server: LiveServer, verifier: User, shares: list[Share], *, width: int, javascript: bool
) -> None:
    # Given a verifier who logs in and sees what is new
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, verifier)
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link", name="Shared Results")).to_contain_text("60 new")
    expect(page.get_by_text("60 results").first).to_be_visible()
    expect(lines(page)).to_have_count(50)
    check(page, javascript=javascript)
    # When she goes to the next page and back
    page.get_by_role("navigation", name="Pages of shared results").get_by_role("link", name="Next").click()
    expect(lines(page)).to_have_count(10)
    check(page, javascript=javascript)
    page.get_by_role("navigation", name="Pages of shared results").get_by_role("link", name="Previous").click()
    # And looks for a name, then for an exam too
    page.get_by_role("textbox", name="Name", exact=True).fill("munoz zoe")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(lines(page)).to_have_count(12)
    page.get_by_text("More to search by").click()
    check(page, javascript=javascript)
    page.get_by_role("combobox", name="Exam", exact=True).select_option(label="B2 First")
    page.get_by_role("button", name="Search with these").click()
    expect(lines(page)).to_have_count(4)
    assert "unoz" not in page.url
    check(page, javascript=javascript)
    # And orders them by score
    page.get_by_role("link", name="Score", exact=True).click()
    expect(page.get_by_role("columnheader", name="Score")).to_have_attribute("aria-sort", "descending")
    # And opens the first
    page.get_by_role("link", name="View").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Zoë Muñoz-Sánchez")
    expect(page.get_by_role("link", name="Previous")).to_have_count(0)
    check(page, javascript=javascript)
    # And leaves a note
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the note first")
    check(page, javascript=javascript)
    page.get_by_label("New note").fill("Passport seen")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_text("Passport seen")).to_be_visible()
    check(page, javascript=javascript)
    # Then the way through the list goes on to the last of the four, and back to the list as it was
    for _number in range(3):
        page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Next")).to_have_count(0)
    page.get_by_role("link", name="Shared Results", exact=True).first.click()
    expect(lines(page)).to_have_count(4)
    expect(page.locator("#shared-results .is-new")).to_have_count(0)
    expect(navigation.get_by_role("link", name="Shared Results")).to_contain_text("56 new")


@pytest.mark.parametrize(("width", "javascript"), EVERYWHERE)
def test_several_are_marked_as_read_at_once(
    open_page: OpenPage, live_server: LiveServer, verifier: User, shares: list[Share], *, width: int, javascript: bool
) -> None:
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, verifier)
    for number in range(2):
        page.locator("input[name=share]").nth(number).check()
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_text("2 results are now marked as read.")).to_be_visible()
    check(page, javascript=javascript)
    if javascript:
        page.get_by_role("checkbox", name="Tick all on this page").check()
        assert page.locator("input[name=share]:checked").count() == 50
    else:
        page.get_by_label("all 50 on this page").check()
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_text("48 results are now marked as read.")).to_be_visible()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("Everything shared so far is now marked as read.")).to_be_visible()
    expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
    expect(page.get_by_role("navigation", name="Main")).not_to_contain_text("new")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_state_of_the_pages_is_accessible(
    open_page: OpenPage, live_server: LiveServer, verifier: User, organisation: Organisation, width: int
) -> None:
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, verifier)
    expect(page.get_by_role("heading", name="Nothing has been shared yet")).to_be_visible()
    assert_accessible(page)
    # A share that is looked at again after its result has changed, beside another of the same candidate
    share, other = (make_share(organisation, make_result(given_names="Zoë", score=172 + n)) for n in range(2))
    candidate = Candidate.objects.create(user=make_user())
    for each in (share, other):
        Claim.objects.update_or_create(result=each.result, defaults={"candidate": candidate})
    address = f"{live_server.url}/shared-results/{share.pk}/"
    page.goto(address)
    change_result(share.result, score=174, label="Pass at Grade B")
    page.goto(address)
    expect(page.get_by_text("Changed since you first saw it")).to_be_visible()
    expect(page.get_by_text("Overall score: 172 to 174")).to_be_visible()
    expect(page.get_by_text("Other results that this candidate shared with you")).to_be_visible()
    assert_accessible(page)
    # Results that show nothing
    for status in ("withheld", "pending", "cancelled", "absent"):
        hidden = make_share(organisation, make_result(status=status))
        page.goto(f"{live_server.url}/shared-results/{hidden.pk}/")
        expect(page.get_by_text("Pass at Grade")).to_have_count(0)
        assert_accessible(page)
    # A search that finds nothing, one with a mistake, one that is over; a share that is gone
    page.goto(f"{live_server.url}/shared-results/?exam=DELTA1")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    assert_accessible(page)
    page.get_by_text("More to search by").click()
    page.get_by_label("Overall score from").fill("many")
    page.get_by_role("button", name="Search with these").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a whole number")
    assert_accessible(page)
    page.goto(f"{live_server.url}/shared-results/?find=gone")
    expect(page.get_by_text("This search is over")).to_be_visible()
    assert_accessible(page)
    Share.objects.filter(pk=share.pk).update(ended_at=datetime.now(UTC), ending="withdrawn")
    page.goto(address)
    expect(page.get_by_role("heading", name="We cannot find this page")).to_be_visible()
    page.goto(f"{live_server.url}/help/shared-results/")
    assert_accessible(page)


def test_it_can_be_done_by_keyboard_alone(
    open_page: OpenPage, live_server: LiveServer, verifier: User, shares: list[Share]
) -> None:
    page = open_page(f"{live_server.url}/login/")
    log_in(page, verifier)
    page.get_by_role("textbox", name="Name", exact=True).focus()
    page.keyboard.type("badu")
    page.keyboard.press("Enter")
    expect(lines(page)).to_have_count(12)
    page.locator("input[name=share]").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Mark as read").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 result is now marked as read.")).to_be_visible()
    page.get_by_role("link", name="Remove: Name: badu").focus()
    page.keyboard.press("Enter")
    expect(lines(page)).to_have_count(50)
