"""From a list of applicants to what each row came to."""

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from downloads.batch import worker
from organisations.models import Organisation
from tests.factories import make_member, make_organisation, make_result
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import log_in, look

HEADINGS = "Applicant ID;Surname;First name;Born;Cambridge reference\n"


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    return make_organisation("University of Example")


def the_list(folder: Path, reference_number: str) -> Path:
    path = folder / "applicants.csv"
    rows = [
        f"A-1;Muñoz-Sánchez;Zoë;24/02/1999;{reference_number}",
        f"A-2;Kowalska;Anna;24/02/1999;{reference_number}",
        "A-3;Nobody;Nora;24/02/1999;299GB9990001",
        "A-4;Nobody;Nora;31/02/1999;299GB9990002",
    ]
    path.write_text(HEADINGS + "\n".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, False)])
def test_a_list_is_checked(
    open_page: OpenPage,
    live_server: LiveServer,
    organisation: Organisation,
    tmp_path: Path,
    width: int,
    javascript: bool,
) -> None:
    reference_number = make_result().reference_number
    site = live_server.url
    page: Page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, make_member(organisation).email)
    # Given the page of batch checks, where there is none yet
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Downloads").click()
    page.get_by_role("navigation", name="Downloads").get_by_role("link", name="Batch Check").click()
    expect(page.get_by_text("No list has been checked yet")).to_be_visible()
    look(page, javascript)
    # When they upload nothing, they are told; when they upload a list, its columns are guessed
    page.get_by_role("button", name="Upload the list").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a file")
    look(page, javascript)
    page.get_by_label("List").set_input_files(the_list(tmp_path, reference_number))
    page.get_by_role("button", name="Upload the list").click()
    expect(page.get_by_label("Date of birth")).to_have_value("3")
    expect(page.get_by_text("1 row of this list cannot be read")).to_be_visible()
    look(page, javascript)
    page.get_by_role("button", name="Check 4 rows").click()
    # Then the page tells how far it is, and at last what each row came to
    expect(page.get_by_role("status").filter(has_text="Waits its turn")).to_be_visible()
    look(page, javascript)
    worker.work_on_next()
    if not javascript:
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("status").filter(has_text="Done")).to_be_visible()
    for outcome in ("Match, different name", "No match", "Cannot be read"):
        expect(page.get_by_role("table").get_by_text(outcome)).to_be_visible()
    look(page, javascript)
    with page.expect_download() as download:
        page.get_by_role("link", name="Answer as Excel (XLSX)").click()
    book = openpyxl.load_workbook(download.value.path().rename(tmp_path / "answer.xlsx"))
    assert book.active
    assert [row[5].value for row in book.active.iter_rows(min_row=2)] == [
        "Match", "Match with a different name", "No match", "Cannot be read",
    ]  # fmt: skip
