"""What people do in several journeys."""

from typing import Final

from playwright.sync_api import Page, expect

from tests.factories import PASSWORD
from tests.journeys.axe import assert_accessible, assert_fits

EMAIL: Final = "ada@merefield.example"
NEW_PASSWORD: Final = "quite-another-passphrase"


def look(page: Page, javascript: bool) -> None:
    """axe is a script itself: without JavaScript, only that the page fits is looked at."""
    page.wait_for_load_state()  # after a click the next page may have begun and hold nothing yet
    if javascript:
        assert_accessible(page)
    else:
        assert_fits(page)


def fill_in_details(page: Page, email: str = EMAIL) -> None:
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("Okafor")
    page.get_by_label("Job title").fill("Registrar")
    page.get_by_label("E-mail address", exact=True).fill(email)
    page.get_by_label("Confirm e-mail address").fill(email)


def decide(page: Page, organisation: str, decision: str) -> None:
    """From the start page to the page of a decision."""
    page.get_by_role("link", name="Start", exact=True).first.click()
    page.get_by_role("link", name="Applications that wait for a decision").click()
    page.get_by_role("link", name=organisation).click()
    page.get_by_role("link", name=decision, exact=True).click()


def choose_password(page: Page) -> None:
    """On the page that the mail of a new user leads to."""
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password once more", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("You can log in now")).to_be_visible()


def log_in(page: Page, site: str, email: str, password: str = PASSWORD) -> None:
    page.goto(f"{site}/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Shared Results")


def open_users(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Your Organisation").click()
    page.get_by_role("navigation", name="Your Organisation").get_by_role("link", name="Users").click()
    expect(page.get_by_label("Name or e-mail address")).to_be_visible()
