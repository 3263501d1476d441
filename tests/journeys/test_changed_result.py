"""A result that an organisation relies on changes: it is seen in the list and on the page, and somebody says so."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from organisations.models import Organisation
from sharing import publishing
from tests.factories import change_result, make_member, make_organisation, make_result, make_verification, share_result
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import log_in, look

WAYS = [(WIDE, True), (NARROW, False)]


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    """With one share and one verification of results that have just changed."""
    made = make_organisation("University of Example")
    share = share_result(made, make_result(given_names="Zoë", family_name="Muñoz"))
    checked = make_verification(made, make_result(given_names="Mia", family_name="Example"))
    for result in (share.result, checked.result):
        change_result(result, score=171, writing="174")
    publishing.publish(timezone.now())
    return made


def acknowledge(page: Page, javascript: bool) -> None:
    """On the page of the result."""
    expect(page.get_by_text("This result has changed")).to_be_visible()
    expect(page.get_by_text("Overall score: 170 to")).to_be_visible()
    look(page, javascript)
    page.get_by_role("button", name="We have seen this change").click()
    expect(page.get_by_role("button", name="We have seen this change")).to_have_count(0)
    look(page, javascript)


@pytest.mark.parametrize(("width", "javascript"), WAYS)
def test_a_change_is_seen_and_acknowledged(
    open_page: OpenPage, live_server: LiveServer, organisation: Organisation, width: int, javascript: bool
) -> None:
    site = live_server.url
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, make_member(organisation).email)
    # Given the list, which says that a result has changed
    expect(page.get_by_text("Results have changed")).to_be_visible()
    look(page, javascript)
    page.get_by_role("link", name="Show what has changed").click()
    expect(page.get_by_role("table").get_by_text("Changed", exact=True)).to_be_visible()
    look(page, javascript)
    # When they open it and say that they have seen it
    page.get_by_role("table").get_by_role("link", name="View").first.click()
    acknowledge(page, javascript)
    # Then the verification is left, and it goes in the same manner
    page.goto(f"{site}/shared-results/")
    page.get_by_role("link", name="Show them under Candidate Search").click()
    look(page, javascript)
    page.get_by_role("table", name="Changed results").get_by_role("link", name="View").click()
    acknowledge(page, javascript)
    page.goto(f"{site}/shared-results/")
    expect(page.get_by_text("Results have changed")).to_have_count(0)
