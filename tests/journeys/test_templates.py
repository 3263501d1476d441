"""From a ready-made shape to a template of one's own, and the file that it makes."""

import csv

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from organisations.models import Organisation
from tests.factories import make_member, make_organisation, make_result, make_share
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import log_in, look

WAYS = [(WIDE, True), (NARROW, False)]


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    made = make_organisation("University of Example")
    make_share(made, make_result(given_names="Zoë", family_name="=Muñoz-Sánchez"), applicant_reference="Applicant")
    return made


def chosen(page: Page) -> list[str | None]:
    return [column.get_attribute("value") for column in page.locator("input[name=column]").all()]


def press(page: Page, button: str) -> None:
    """With the keyboard."""
    page.get_by_role("button", name=button, exact=True).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("width", "javascript"), WAYS)
def test_a_template_is_made_and_used(
    open_page: OpenPage, live_server: LiveServer, organisation: Organisation, width: int, javascript: bool
) -> None:
    site = live_server.url
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, make_member(organisation).email)
    # Given the page of templates, where there is none yet
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Downloads").click()
    page.get_by_role("navigation", name="Downloads").get_by_role("link", name="Templates").click()
    expect(page.get_by_text("There is no template yet")).to_be_visible()
    look(page, javascript)
    # When they begin with a ready-made shape, and give a column a heading of their own and another place
    page.get_by_role("link", name="Admissions minimum").click()
    assert chosen(page)[:3] == ["applicant_reference", "reference_number", "family_name"]
    page.get_by_label("Own heading for Family name").fill("Surname")
    press(page, "Move Family name up")
    expect(page.locator("input[name=column]").nth(1)).to_have_value("family_name")
    expect(page.get_by_role("button", name="Move Family name up", exact=True)).to_be_focused()
    press(page, "Remove Status")
    expect(page.get_by_role("button", name="Remove Status")).to_have_count(0)
    page.get_by_label("Grade code", exact=True).check()
    page.get_by_role("button", name="Add what is ticked").click()
    expect(page.get_by_label("Own heading for Grade code")).to_be_visible()
    look(page, javascript)
    # Then nothing of it is lost, also when something is wrong
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("link", name="Enter a name for the template")).to_be_visible()
    look(page, javascript)
    expect(page.get_by_label("Own heading for Family name")).to_have_value("Surname")
    # And the preview shows their own newest result
    page.get_by_label("Name", exact=True).fill("Monday list")
    page.get_by_label("Format", exact=True).select_option("csv")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("columnheader", name="Surname")).to_be_visible()
    expect(page.get_by_role("cell", name="'=Muñoz-Sánchez")).to_be_visible()
    look(page, javascript)
    # And Enter in a field saves, and moves nothing
    page.get_by_label("Own heading for Grade code").press("Enter")
    expect(page.get_by_text("The template “Monday list” has been saved.")).to_be_visible()
    look(page, javascript)
    page.get_by_role("link", name="Monday list", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Monday list")
    look(page, javascript)
    # When they download the list with it
    lines = downloaded(page, "Monday list")
    assert lines[0][:3] == ["Applicant reference", "Surname", "Reference number"]
    assert lines[0][-1] == "Grade code"
    assert lines[1][1] == "'=Muñoz-Sánchez"
    # And the template can go again
    page.goto(f"{site}/downloads/templates/")
    page.get_by_role("link", name="Edit Monday list").click()
    page.get_by_role("link", name="Delete").click()
    look(page, javascript)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There is no template yet")).to_be_visible()


def downloaded(page: Page, template: str) -> list[list[str]]:
    """The lines of the file with everything in the list."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Shared Results").click()
    page.locator("input[name=scope][value=page]").check()
    page.locator(".download-menu summary").click()
    page.get_by_label("Template").select_option(label=template)
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_columns_can_be_dragged(open_page: OpenPage, live_server: LiveServer, organisation: Organisation) -> None:
    page = open_page(f"{live_server.url}/login/")
    log_in(page, live_server.url, make_member(organisation).email)
    page.goto(f"{live_server.url}/downloads/templates/new/?preset=admissions")
    before = chosen(page)
    page.drag_and_drop(".chosen-column:nth-child(1) .chosen-name", ".chosen-column:nth-child(3) .chosen-name")
    after = chosen(page)
    assert after != before
    assert sorted(map(str, after)) == sorted(map(str, before))
    expect(page.get_by_role("status").filter(has_text="is now column")).to_have_count(1)
