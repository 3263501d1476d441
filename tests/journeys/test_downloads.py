"""From the list to a file of every kind, which is opened; and a large download that has a page of its own."""

import csv
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import openpyxl
import pypdf
import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from downloads import requests, worker
from organisations.models import Organisation
from tests.factories import make_member, make_organisation, make_result, make_share
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import log_in, look

NAMES: Final = {"Muñoz-Sánchez", "O’Brien"}


@pytest.fixture
def organisation(transactional_db: None) -> Organisation:
    made = make_organisation("University of Example")
    for name in sorted(NAMES):
        make_share(made, make_result(given_names="Zoë", family_name=name))
    return made


def names_in_csv(file: Path) -> set[str]:
    return {row["Family name"] for row in csv.DictReader(io.StringIO(file.read_bytes().decode("utf-8-sig")))}


def names_in_workbook(file: Path) -> set[str]:
    with file.open("rb") as source:
        sheet = openpyxl.load_workbook(source).active
    assert sheet
    headings, *rows = sheet.iter_rows(values_only=True)
    return {str(row[headings.index("Family name")]) for row in rows}


def names_in_json(file: Path) -> set[str]:
    return {name for name in NAMES if name in json.dumps(json.loads(file.read_bytes()), ensure_ascii=False)}


def names_in_xml(file: Path) -> set[str]:
    texts = {element.text for element in ET.parse(file).iter()}  # noqa: S314  (our own file)
    return NAMES & {str(text) for text in texts}


def names_in_archive(file: Path) -> set[str]:
    with zipfile.ZipFile(file) as archive:
        pages = [
            pypdf.PdfReader(io.BytesIO(archive.read(name))).pages[0].extract_text()
            for name in archive.namelist()
            if name.endswith(".pdf")
        ]
        assert len(pages) == len(NAMES)
        assert [name for name in archive.namelist() if name.endswith(".csv")]
    return {name for name in NAMES if any(name.upper() in page.upper() for page in pages)}


FORMATS: Final[dict[str, Callable[[Path], set[str]]]] = {
    "PDF (a ZIP file when there are several)": names_in_archive,
    "CSV": names_in_csv,
    "Excel (XLSX)": names_in_workbook,
    "JSON": names_in_json,
    "XML": names_in_xml,
}


def open_menu(page: Page, site: str, scope: str = "page") -> None:
    page.goto(f"{site}/shared-results/")
    page.locator(f"input[name=scope][value={scope}]").check()
    page.locator(".download-menu summary").click()


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, False)])
def test_every_format_comes_and_can_be_opened(
    open_page: OpenPage, live_server: LiveServer, organisation: Organisation, width: int, javascript: bool
) -> None:
    site = live_server.url
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, make_member(organisation).email)
    open_menu(page, site)
    look(page, javascript)
    for label, names in FORMATS.items():
        open_menu(page, site)
        with page.expect_download() as download:
            page.get_by_role("button", name=label, exact=True).click()
        named = download.value.path().rename(download.value.path().with_name(download.value.suggested_filename))
        assert names(named) == NAMES, label
    # A single one is a PDF
    page.goto(f"{site}/shared-results/")
    page.locator("input[name=share]").first.check()
    page.locator(".download-menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="PDF (a ZIP file when there are several)").click()
    assert len(pypdf.PdfReader(download.value.path()).pages) == 1
    # And the history tells of all six
    page.goto(f"{site}/downloads/")
    expect(page.get_by_role("row")).to_have_count(len(FORMATS) + 2)
    look(page, javascript)


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, False)])
def test_a_large_one_has_a_page_that_leads_to_it(
    open_page: OpenPage, live_server: LiveServer, organisation: Organisation, width: int, javascript: bool
) -> None:
    site = live_server.url
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, site, make_member(organisation).email)
    for _ in range(requests.ROWS_AT_ONCE):
        make_share(organisation, make_result(given_names="Zoë", family_name=min(NAMES)))
    open_menu(page, site, "matching")
    page.get_by_role("button", name="CSV", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Waits its turn")).to_be_visible()
    look(page, javascript)
    while worker.work_on_next():
        pass
    if not javascript:
        page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("status").filter(has_text="Ready")).to_be_visible()
    look(page, javascript)
    with page.expect_download() as download:
        page.get_by_role("link", name="Fetch the file").click()
    assert names_in_csv(download.value.path()) == NAMES
