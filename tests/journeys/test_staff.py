"""Staff import a results file with its preview, look a result up, and hold it, in a browser.

The worker's part runs in the test: the moment at which it looks is then ours to choose.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Mail, User
from results import photos
from results.models import ImportJob
from results.staff import worker
from rvs.sample_photos import drawn_photo
from sharing.models import OrganisationInvitation, Pause
from tests.factories import PASSWORD, change_result, make_batch, make_member, make_organisation, make_result, make_user
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.results.loading import csv_file, first_row, load

WRONG = first_row(reference_number="15BGB9615009", status="odd", country="XX")


@pytest.fixture
def person(transactional_db: None) -> User:
    return make_user("margaret@examboard.example", is_staff=True, is_superuser=True, given_name="Margaret")


@pytest.fixture
def results_file(tmp_path: Path) -> Path:
    """One result that is new, one that changes, one that is wrong."""
    load([first_row()])
    rows = [first_row(place_of_entry="BATH"), first_row(reference_number="15BGB9615004", given_names="Zoë"), WRONG]
    file = tmp_path / "results.csv"
    file.write_bytes(csv_file(rows).getvalue())
    return file


def log_in(page: Page, person: User) -> None:
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Staff administration")).to_be_visible()


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, True), (NARROW, False)])
def test_a_results_file_is_imported_with_a_preview(
    open_page: OpenPage, live_server: LiveServer, person: User, results_file: Path, *, width: int, javascript: bool
) -> None:
    def look() -> None:
        if javascript:
            assert_accessible(page)

    # Given staff on the start page
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, person)
    look()
    # When they forget to choose a file, they are told
    page.get_by_role("link", name="Import a results file").click()
    look()
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a results file")
    look()
    # When they upload one, it waits for the worker, and the page finds out by itself or by a link
    page.get_by_label("Results file").set_input_files(results_file)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("Waits to be checked")).to_be_visible()
    look()
    assert worker.work_on_next()
    if not javascript:
        page.get_by_role("link", name="Look again").click()
    # Then they see what would be added, changed and refused
    expect(page.get_by_text("Waits for confirmation")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="15BGB9615004")).to_contain_text("Zoë Example")
    changed = page.get_by_role("row").filter(has_text="15BGB9615003")
    expect(changed).to_contain_text("place_of_entry: BRISTOL → BATH")
    expect(page.get_by_role("row").filter(has_text="15BGB9615009")).to_contain_text("status")
    look()
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows (CSV)").click()
    assert "15BGB9615009" in Path(download.value.path()).read_text()
    # And every problem by its line and column
    page.get_by_role("link", name="Every problem").click()
    expect(page.get_by_role("row").filter(has_text="country")).to_contain_text("4")
    look()
    page.get_by_role("link", name="Back to the import").click()
    # When they confirm for the valid rows, these are loaded
    page.get_by_label("Load the valid rows only").check()
    page.get_by_role("button", name="Confirm and load").click()
    expect(page.get_by_text("Waits to be loaded")).to_be_visible()
    assert worker.work_on_next()
    if not javascript:
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("Loaded", exact=True)).to_be_visible()
    look()
    # And the history tells of it
    page.goto(f"{live_server.url}/admin/results/importbatch/")
    expect(page.get_by_role("row").filter(has_text=person.email)).to_contain_text("results.csv")
    look()


def test_progress_is_shown_while_the_worker_is_busy(
    open_page: OpenPage, live_server: LiveServer, person: User, results_file: Path
) -> None:
    page = open_page(f"{live_server.url}/login/")
    log_in(page, person)
    page.goto(f"{live_server.url}/admin/results/importjob/add/")
    page.get_by_label("Results file").set_input_files(results_file)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("Waits to be checked")).to_be_visible()
    lease = {"lease": person.pk, "lease_until": timezone.now() + timedelta(minutes=5)}
    ImportJob.objects.update(state="checking", lines_read=40, **lease)
    expect(page.get_by_label("Lines read")).to_have_attribute("value", "40")
    assert_accessible(page)
    ImportJob.objects.update(lines_read=80, photos_read=12)
    expect(page.get_by_text("Photos read: 12")).to_be_visible()
    expect(page.get_by_label("Lines read")).to_have_attribute("value", "80")


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, True), (NARROW, False)])
def test_a_result_is_looked_up_and_held(
    open_page: OpenPage, live_server: LiveServer, person: User, *, width: int, javascript: bool
) -> None:
    def look() -> None:
        if javascript:
            assert_accessible(page)

    change_result(make_result("213GB5990001", photo=photos.store(drawn_photo(1))), score=171)
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, person)
    # When staff look for a name without its accents
    page.get_by_role("link", name="Look a result up").click()
    page.get_by_label("Name").fill("munoz zoe")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("row").filter(has_text="213GB5990001")).to_contain_text("Zoë Muñoz-Sánchez")
    assert "munoz" not in page.url.lower()
    look()
    # Then they must say why before the record opens
    page.get_by_role("button", name="Open 213GB5990001").click()
    look()
    page.get_by_role("button", name="Open the record").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a reason")
    look()
    page.get_by_label("Why do you open this record?").select_option("The candidate asked")
    page.get_by_role("button", name="Open the record").click()
    # And they see the versions with their differences
    expect(page.get_by_role("heading", level=1)).to_have_text("Zoë Muñoz-Sánchez")
    expect(page.locator("#versions")).to_contain_text("score: 170 → 171")
    look()
    # When they hold it, it says so, and waits on the start page
    page.get_by_label("Reason").fill("Under investigation")
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.get_by_role("heading", name="Release the result")).to_be_visible()
    look()
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="1 Results held by staff").click()
    expect(page.get_by_role("row").filter(has_text="213GB5990001")).to_be_visible()
    look()


LISTS = (
    "accounts/auditevent", "accounts/mail", "accounts/user", "results/importbatch", "sharing/organisationinvitation",
    "sharing/pause",
)  # fmt: skip


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_djangos_own_pages_are_accessible_in_our_frame(
    open_page: OpenPage, live_server: LiveServer, person: User, width: int
) -> None:
    organisation = make_organisation("University of Example")
    make_member(organisation)
    make_batch()
    Mail.objects.create(sender="a@example.org", recipient="b@example.org", subject="Hello", state="failed")
    Pause.objects.create(
        scope="organisation", organisation=organisation, misses=31, until=timezone.now() + timedelta(hours=1)
    )
    OrganisationInvitation.objects.create(
        organisation_name="Kin College", email="admissions@kin.example", website="https://kin.example"
    )
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, person)
    for name in LISTS:
        page.goto(f"{live_server.url}/admin/{name}/?q=e")  # a search that found nothing or something
        assert_accessible(page)
        page.goto(f"{live_server.url}/admin/{name}/")
        assert_accessible(page)
        page.locator("#result_list tbody th a").first.click()
        page.wait_for_url("**/change/")
        assert_accessible(page)
        if name == "accounts/user":
            page.get_by_label("Why do you open this record?").select_option("The owner of the account asked")
            page.get_by_role("button", name="Open the record").click()
            expect(page.get_by_text("Date joined")).to_be_visible()
            assert_accessible(page)
    for path in ("help/", "accounts/", "results/importjob/", "no-such-page/"):
        page.goto(f"{live_server.url}/admin/{path}")
        assert_accessible(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_pause_is_lifted_with_a_reason(
    open_page: OpenPage, live_server: LiveServer, person: User, *, javascript: bool
) -> None:
    until = timezone.now() + timedelta(hours=1)
    Pause.objects.create(scope="organisation", organisation=make_organisation(), misses=31, until=until)
    page = open_page(f"{live_server.url}/login/", javascript=javascript)
    log_in(page, person)
    page.get_by_role("link", name="1 Checks that are paused").click()
    page.locator("tbody").get_by_role("checkbox").check()
    page.get_by_role("combobox", name="Action").select_option("Lift the selected pauses")
    page.get_by_label("Reason").fill("A list with wrong dates")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.get_by_text("1 pause was lifted.")).to_be_visible()
    expect(page.get_by_text("A list with wrong dates")).to_be_hidden()  # the list still shows running ones only
    page.goto(f"{live_server.url}/admin/sharing/pause/")
    expect(page.get_by_text("A list with wrong dates")).to_be_visible()
