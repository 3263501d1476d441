"""What a visitor meets: public pages, log-in and its errors, wide and narrow, with and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from rvs.help import TOPICS
from tests.journeys.axe import assert_accessible, assert_fits
from tests.journeys.conftest import NARROW, WIDE, OpenPage

PATHS = [
    "/",
    "/register/",
    "/login/",
    "/password/reset/",
    "/password/reset/done/",
    "/password/reset/key/1-broken/",
    "/account/inactive/",
    "/check/",
    "/help/",
    *(f"/help/{topic.slug}/" for topic in TOPICS),
    "/accessibility/",
    "/api/docs",
    "/privacy/",
    "/ui-components/",
    "/ui-components/mails/",
    "/ui-components/mails/organisations.email.invitation-new-user/",
    "/_mail/",
    "/no-such-page/",
]
# A reader's own spacing of text (WCAG 1.4.12), at which nothing may break.
WIDER_SPACING = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
                           word-spacing: 0.16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
}"""
PASSWORD = "correct horse battery staple"


@pytest.fixture
def person(transactional_db: None) -> User:
    return User.objects.create_user("mia@example.org", PASSWORD, given_name="Mia", family_name="Example-Featherstone")


def log_in(page: Page, person: User) -> None:
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("path", PATHS)
def test_page_is_accessible(open_page: OpenPage, live_server: LiveServer, path: str, width: int) -> None:
    page = open_page(live_server.url + path, width=width)

    assert_accessible(page)
    assert page.title().endswith("– Results Verification Service")
    if width == NARROW:
        page.evaluate(WIDER_SPACING)
        assert_fits(page)


def test_skip_link_comes_first_and_leads_to_the_content(open_page: OpenPage, live_server: LiveServer) -> None:
    page = open_page(live_server.url + "/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_be_focused()


def test_empty_log_in_names_the_problem_and_leads_to_the_fields(open_page: OpenPage, live_server: LiveServer) -> None:
    page = open_page(live_server.url + "/login/", width=NARROW)

    page.get_by_role("button", name="Log in", exact=True).click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert page.title().startswith("Error: Log in")
    assert_accessible(page)
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")


def test_log_in_by_keyboard_alone(open_page: OpenPage, live_server: LiveServer, person: User) -> None:
    page = open_page(live_server.url + "/login/")
    page.get_by_label("E-mail address").focus()

    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{live_server.url}/candidate/")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_menu_works_without_javascript(open_page: OpenPage, live_server: LiveServer, person: User, width: int) -> None:
    page = open_page(f"{live_server.url}/login/", width=width, javascript=False)
    expect(page.get_by_role("button", name="Show")).to_have_count(0)
    log_in(page, person)
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()

    page.get_by_text("Mia Example-Featherstone").click()
    page.get_by_role("button", name="Log out").click()

    expect(page).to_have_url(f"{live_server.url}/login/")
    expect(page.get_by_role("status")).to_contain_text("You have logged out")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_signed_in_pages_are_accessible_with_the_menu_open(
    open_page: OpenPage, live_server: LiveServer, person: User, width: int
) -> None:
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, person)
    page.get_by_text("Mia Example-Featherstone").click()

    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    assert_accessible(page)

    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()


def test_password_can_be_shown_and_is_hidden_again(open_page: OpenPage, live_server: LiveServer) -> None:
    page = open_page(live_server.url + "/login/")
    field = page.get_by_label("Password", exact=True)
    field.fill("a secret")

    page.get_by_role("button", name="Show: Password").click()
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value("a secret")
    page.get_by_role("button", name="Hide: Password").click()

    expect(field).to_have_attribute("type", "password")


@pytest.mark.parametrize("path", ["/login/", "/", "/help/"])
def test_every_control_shows_where_the_focus_is(open_page: OpenPage, live_server: LiveServer, path: str) -> None:
    page = open_page(live_server.url + path)
    seen = 0
    while True:
        page.keyboard.press("Tab")
        outline = page.evaluate(
            """() => {
                const element = document.activeElement;
                if (element === document.body || !element) return null;
                const style = getComputedStyle(element);
                return [element.outerHTML.slice(0, 80), style.outlineStyle, parseFloat(style.outlineWidth)];
            }"""
        )
        if outline is None:
            break
        seen += 1
        assert outline[1] == "solid", outline
        assert outline[2] >= 2, outline
        assert seen < 100, "the focus never leaves the page"
    assert seen > 5
