"""From a results file to a verified candidate, in a browser: what the service is for."""

import re
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from organisations.models import Organisation, Role
from rvs.sample_data import Row, drawn_photo, sample_rows, write_rows
from tests.factories import PASSWORD, change_result, make_member, make_organisation, make_result
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    return make_organisation("University of Example")


@pytest.fixture
def verifier(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, email="vera@example.org", given_name="Vera")


@pytest.fixture
def row(transactional_db: None, tmp_path: Path) -> Row:
    """A C1 Advanced result with a photo, imported from a file as the awarding body does."""
    rows = (row for row in sample_rows(seed=11, count=2_000) if row["exam"] == "CAE" and row["exam_date"] > "2016")
    row = next(row for row in rows if row["photo"] and row["status"] == "released" and row["family_name"])
    row |= {"given_names": "Chiara", "family_name": "O’Brien-Łukasiewicz", "exempt": "yes"}
    (tmp_path / row["photo"]).write_bytes(drawn_photo(1))
    with (tmp_path / "results.csv").open("w", encoding="utf-8", newline="") as file:
        write_rows(file, [row])
    call_command("import_results", str(tmp_path / "results.csv"), photos=tmp_path)
    return row


def log_in(page: Page, person: User) -> None:
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Candidate Search").click()
    expect(page.get_by_role("heading", name="Candidate Search")).to_be_visible()


def search(page: Page, number: str, date_of_birth: str) -> None:
    year, month, day = date_of_birth.split("-")
    page.get_by_label("Reference or verification number").fill(number)
    page.get_by_label("Day").fill(day)
    page.get_by_label("Month").fill(month)
    page.get_by_label("Year").fill(year)
    page.get_by_role("button", name="Check result").click()


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, True), (NARROW, False)])
def test_a_candidate_is_verified_and_the_statement_proves_itself(
    open_page: OpenPage, live_server: LiveServer, verifier: User, row: Row, *, width: int, javascript: bool
) -> None:
    # Given a verifier who has the candidate's number and date of birth
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, verifier)
    # When she types them
    search(page, row["reference_number"].lower(), row["date_of_birth"])
    # Then she sees the result, its components and the photo
    expect(page.get_by_role("heading", level=1)).to_have_text("Chiara O’Brien-Łukasiewicz")
    expect(page.get_by_text(f"{row['result']} †")).to_be_visible()
    for component in ("reading", "use_of_english", "writing", "listening", "speaking"):
        name = component.replace("_", " ").capitalize().replace("english", "English")
        expect(page.get_by_role("row").filter(has_text=name)).to_contain_text(row[component])
    photo = page.get_by_role("img", name="Test-day photo of the candidate")
    assert photo.evaluate("image => image.complete && image.naturalWidth > 100") if javascript else photo.is_visible()
    assert row["reference_number"] not in page.url
    if javascript:
        assert_accessible(page)
    # And she saves the Statement of Results
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the Statement of Results (PDF)").click()
    assert download.value.suggested_filename == f"statement-{row['reference_number']}.pdf"
    text = PdfReader(BytesIO(Path(download.value.path()).read_bytes())).pages[0].extract_text()
    assert "Chiara O’Brien-Łukasiewicz" in text
    # And whoever has the paper can check it with the address that is printed on it
    printed = re.search(r"/check/[0-9A-Z-]+/", text)
    assert printed
    page.goto(live_server.url + urlsplit(printed[0]).path)
    expect(page.get_by_text("Issued by us and current")).to_be_visible()


def test_it_can_be_done_by_keyboard_alone(
    open_page: OpenPage, live_server: LiveServer, verifier: User, row: Row
) -> None:
    page = open_page(f"{live_server.url}/login/")
    log_in(page, verifier)
    page.get_by_label("Reference or verification number").focus()
    for text in (row["reference_number"], *reversed(row["date_of_birth"].split("-"))):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Chiara")
    page.get_by_role("link", name="Save the Statement of Results (PDF)").focus()
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".pdf")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_mistyped_form_says_what_to_do_and_keeps_what_was_typed(
    open_page: OpenPage, live_server: LiveServer, verifier: User, width: int
) -> None:
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, verifier)
    search(page, "213GB5990001", "1999-13-24")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("The month must be a number from 1 to 12")
    assert_accessible(page)
    expect(page.get_by_label("Reference or verification number")).to_have_value("213GB5990001")
    summary.get_by_role("link").click()
    expect(page.get_by_label("Day")).to_be_focused()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_no_match_helps_and_repeated_guesses_are_paused(
    open_page: OpenPage, live_server: LiveServer, verifier: User, row: Row, width: int
) -> None:
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, verifier)
    for year in range(1950, 1955):
        search(page, row["reference_number"], f"{year}-1-1")
        expect(page.get_by_role("heading", name="No match", exact=True)).to_be_visible()
        if year == 1950:
            assert_accessible(page)
        page.get_by_role("link", name="Search again").click()
    search(page, row["reference_number"], row["date_of_birth"])
    expect(page.get_by_role("heading", name="Checks are paused")).to_be_visible()
    assert_accessible(page)


DELTA = {
    "exam": "DELTA1", "label": "Pass with Merit", "score": None, "cefr": "", "reading": "", "use_of_english": "",
    "writing": "", "listening": "", "speaking": "",
}  # fmt: skip
BEFORE_THE_SCALE = {
    "exam_date": date(2012, 6, 9), "session": "June 2012", "score": 66, "label": "Pass at Grade C", "reading": "Good",
    "use_of_english": "Borderline", "writing": "Weak", "listening": "Exceptional", "speaking": "Good",
}  # fmt: skip


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (DELTA, ["Pass with Merit"]),
        (BEFORE_THE_SCALE, ["66/100", "Exceptional", "Borderline"]),
        ({"status": "cancelled"}, ["This result is no longer valid"]),
        ({"given_names": "", "family_name": "محمود"}, ["محمود"]),
        ({"given_names": "A" * 80, "family_name": "B" * 80}, ["A" * 80]),
    ],
    ids=["DELTA", "before the scale", "cancelled", "right to left", "long name"],
)
def test_every_kind_of_result_is_readable(
    open_page: OpenPage,
    live_server: LiveServer,
    verifier: User,
    content: dict[str, Any],
    shown: list[str],
    width: int,
) -> None:
    make_result("213GB5990001", **content)
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, verifier)
    search(page, "213GB5990001", "1999-02-24")
    for text in shown:
        expect(page.get_by_text(text).first).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_change_is_told(open_page: OpenPage, live_server: LiveServer, verifier: User, width: int) -> None:
    result = make_result("213GB5990001")
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, verifier)
    search(page, "213GB5990001", "1999-02-24")
    address = page.url
    result = change_result(result, score=174, label="Pass at Grade B")
    page.reload()
    expect(page.get_by_text("This result has changed since you verified it")).to_be_visible()
    assert_accessible(page)
    change_result(result, status="withheld")
    page.goto(address)
    expect(page.get_by_text("This result cannot be shown at present")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_other_pages_are_accessible(
    open_page: OpenPage, live_server: LiveServer, verifier: User, width: int
) -> None:
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, verifier)
    for path in ("/shared-results/", "/downloads/", "/organisation/", "/candidate-search/", "/check/AAAABBBBCCCC/"):
        page.goto(live_server.url + path)
        assert_accessible(page)
