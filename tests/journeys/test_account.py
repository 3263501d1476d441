"""The own account in a browser: passkeys, second step, sessions, and what happens when a session ends."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import CDPSession, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Action, AuditEvent, Mail, Session, User
from organisations.models import Role
from tests.accounts import second_step
from tests.factories import PASSWORD, make_member, make_organisation, make_user
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage


@pytest.fixture
def person(transactional_db: None) -> User:
    return make_user("mia@example.org", given_name="Mia", family_name="Example-Featherstone")


@pytest.fixture
def site(live_server: LiveServer) -> str:
    """By its name: a number is no place for passkeys."""
    return live_server.url.replace("127.0.0.1", "localhost")


def log_in(page: Page, person: User) -> None:
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()


def make_session(person: User) -> None:
    Client().post("/login/", {"login": person.email, "password": PASSWORD})


def log_out(page: Page, person: User) -> None:
    page.get_by_text(person.get_full_name()).first.click()
    page.get_by_role("button", name="Log out").click()


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def virtual_authenticator(page: Page) -> CDPSession:
    """A security chip that says yes to everything, as a finger on it would."""
    chip = page.context.new_cdp_session(page)
    chip.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    chip.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return chip


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_passkey_is_added_and_opens_the_account(open_page: OpenPage, site: str, person: User, width: int) -> None:
    # Given somebody who is logged in with a password
    page = open_page(f"{site}/login/", width=width)
    virtual_authenticator(page)
    log_in(page, person)
    # When she adds a passkey
    page.goto(f"{site}/account/second-step/")
    assert_accessible(page)
    page.get_by_role("link", name="Add a passkey").click()
    assert_accessible(page)
    confirm(page)
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Name of the passkey").fill("My <b>phone</b>")
    page.get_by_role("button", name="Make the passkey").click()
    # Then she gets recovery codes, and the passkey is listed
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes code")).to_have_count(10)
    assert_accessible(page)
    page.goto(f"{site}/account/second-step/passkeys/")
    expect(page.get_by_role("heading", name="My <b>phone</b>")).to_be_visible()
    assert_accessible(page)
    # And it logs her in, without password or code
    before = session_key(page)
    log_out(page, person)
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page).to_have_url(f"{site}/candidate/")
    assert session_key(page) != before
    assert AuditEvent.objects.filter(action=Action.LOGGED_IN)[0].detail["how"] == ["webauthn"]
    assert Mail.objects.filter(recipient=person.email, subject="Second step: a passkey was added").count() == 1
    # And it is renamed and removed, with itself as the proof of who is there
    page.goto(f"{site}/account/second-step/passkeys/")
    page.get_by_role("link", name="Rename").click()
    page.get_by_role("link", name="Use a passkey").click()
    assert_accessible(page)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_label("Name of the passkey").fill("Old phone")
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Old phone").click()
    assert_accessible(page)
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("You have no passkeys")).to_be_visible()
    assert second_step.steps_of(person) == set()


def test_a_passkey_is_the_second_step_after_the_password(open_page: OpenPage, site: str, person: User) -> None:
    page = open_page(f"{site}/login/")
    virtual_authenticator(page)
    log_in(page, person)
    page.goto(f"{site}/account/second-step/passkeys/add/")
    confirm(page)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    log_out(page, person)
    log_in(page, person)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page).to_have_url(f"{site}/candidate/")
    assert AuditEvent.objects.filter(action=Action.LOGGED_IN)[0].detail["how"] == ["password", "webauthn"]


def test_without_a_passkey_the_page_says_so(open_page: OpenPage, site: str, person: User) -> None:
    page = open_page(f"{site}/login/")
    chip = virtual_authenticator(page)
    chip.send("WebAuthn.disable")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('cancelled')) }")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_text("The passkey could not be used")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize(("width", "javascript"), [(WIDE, True), (NARROW, True), (NARROW, False)])
def test_an_app_and_recovery_codes(
    open_page: OpenPage, site: str, person: User, *, width: int, javascript: bool
) -> None:
    page = open_page(f"{site}/login/", width=width, javascript=javascript)
    log_in(page, person)
    page.goto(f"{site}/account/second-step/app/")
    confirm(page)
    expect(page.get_by_role("img", name="Picture for the app")).to_be_visible()
    check(page, javascript=javascript)
    secret = page.locator("code").inner_text()
    page.get_by_label("Code from the app").fill(second_step.code_at(secret=secret))
    page.get_by_role("button", name="Switch on").click()
    code = page.locator(".codes code").first.inner_text()
    check(page, javascript=javascript)
    log_out(page, person)
    log_in(page, person)
    page.get_by_label("Code").fill("12345")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert").filter(has_text="This code is not right")).to_be_visible()
    check(page, javascript=javascript)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{site}/candidate/")
    page.goto(f"{site}/account/second-step/")
    expect(page.get_by_text("9 codes are left")).to_be_visible()
    check(page, javascript=javascript)
    for path in ("app/remove/", "codes/new/"):
        page.goto(f"{site}/account/second-step/{path}")
        if page.get_by_role("heading", name="Confirm that it is you").is_visible():
            page.get_by_role("link", name="Use a code from your app").click()
            check(page, javascript=javascript)
            page.goto(f"{site}/account/second-step/{path}")
            confirm(page)
        check(page, javascript=javascript)


def check(page: Page, *, javascript: bool) -> None:
    if javascript:
        assert_accessible(page)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_pages_of_the_account_are_accessible(open_page: OpenPage, site: str, person: User, width: int) -> None:
    page = open_page(f"{site}/login/", width=width)
    assert_accessible(page)
    log_in(page, person)
    for path in ("", "details/", "password/", "sessions/", "events/"):
        page.goto(f"{site}/account/{path}")
        assert_accessible(page)
    page.goto(f"{site}/account/email/")
    confirm(page)
    assert_accessible(page)
    page.get_by_label("New e-mail address").fill("no address")
    page.get_by_role("button", name="Send the two mails").click()
    assert_accessible(page)
    page.get_by_label("New e-mail address").fill("a-long-new-address-of-mia@subdomain.example.org")
    page.get_by_role("button", name="Send the two mails").click()
    expect(page.get_by_text("We have written to both addresses")).to_be_visible()
    assert_accessible(page)
    for mail in Mail.objects.filter(subject__startswith="Confirm the change").order_by("created_at"):
        found = re.search(r"/account/email/confirm/\S+", mail.text)
        assert found
        page.goto(site + found[0])
        assert_accessible(page)
        page.get_by_role("button", name="Yes, change it").click()
        assert_accessible(page)
    expect(page.get_by_role("heading", name="The e-mail address is changed")).to_be_visible()
    page.goto(f"{site}/account/email/confirm/broken/")
    assert_accessible(page)


def test_it_all_works_without_javascript(open_page: OpenPage, site: str, person: User) -> None:
    page = open_page(f"{site}/login/", width=NARROW, javascript=False)
    expect(page.get_by_role("button", name="Log in with a passkey")).to_be_hidden()
    log_in(page, person)
    page.goto(f"{site}/account/")
    page.get_by_role("link", name="Change your details").click()
    page.get_by_label("Job title").fill("Registrar")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your details have been saved")).to_be_visible()
    page.get_by_role("link", name="Where you are logged in").click()
    expect(page.get_by_role("button", name="End all other sessions")).to_have_count(0)
    make_session(person)
    page.reload()
    page.get_by_role("button", name="End all other sessions").click()
    expect(page.get_by_text("All your other sessions have been ended")).to_be_visible()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_pause_after_wrong_passwords_is_accessible(
    open_page: OpenPage, site: str, person: User, width: int
) -> None:
    page = open_page(f"{site}/login/", width=width)
    for _ in range(6):
        page.get_by_label("E-mail address").fill(person.email)
        page.get_by_label("Password", exact=True).fill("a wrong one")
        page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Too many attempts")).to_be_visible()
    assert_accessible(page)


# --- The end of a session ---------------------------------------------------------------------------------------------


def session_key(page: Page) -> str:
    return next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "session")


def rewind(page: Page, **by: Any) -> None:
    """As if the session had been used and begun so much earlier."""
    from accounts.sessions import SessionStore  # noqa: PLC0415

    store = SessionStore(session_key(page))
    earlier = (timezone.now() - timedelta(**by)).timestamp()
    store["activity"] = store["activity"] | {"seen": earlier}
    store.save()


WARNING_SOON = "document.getElementById('session-warning').dataset.seconds = '151'"


@pytest.fixture
def verifier(transactional_db: None) -> User:
    organisation = make_organisation("University of Example")
    return make_member(organisation, Role.PRIMARY, email="vera@example.org", given_name="Vera")


def open_form(page: Page, site: str, verifier: User) -> None:
    """A form with something typed, two and a half minutes before the end of the session."""
    log_in(page, verifier)
    rewind(page, minutes=27, seconds=29)
    page.route("**/account/session/", lambda route: route.continue_())
    # Loading the page would count as a use of the session: let it be asked for as a script asks.
    page.context.set_extra_http_headers({"X-Background": "1"})
    page.goto(f"{site}/candidate-search/")
    page.context.set_extra_http_headers({})
    page.get_by_label("Reference or verification number").fill("213GB5990001")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_two_minutes_before_the_end_one_key_goes_on(open_page: OpenPage, site: str, verifier: User, width: int) -> None:
    page = open_page(f"{site}/login/", width=width)
    open_form(page, site, verifier)
    warning = page.get_by_role("alertdialog", name="You will soon be logged out")
    expect(warning).to_be_visible(timeout=10_000)
    expect(page.get_by_role("button", name="Stay logged in")).to_be_focused()
    assert_accessible(page)

    page.keyboard.press("Enter")

    expect(warning).to_be_hidden()
    expect(page.get_by_label("Reference or verification number")).to_have_value("213GB5990001")
    seen = Session.objects.get(session_key=session_key(page)).seen_at
    assert seen
    assert timezone.now() - seen < timedelta(minutes=1)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_after_the_end_what_was_typed_is_kept_and_can_be_sent(
    open_page: OpenPage, site: str, verifier: User, width: int
) -> None:
    # Given a form that was left open until the session ended
    page = open_page(f"{site}/login/", width=width)
    open_form(page, site, verifier)
    expect(page.get_by_role("alertdialog")).to_be_visible(timeout=10_000)
    rewind(page, minutes=31)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    ended = page.get_by_role("alertdialog", name="You have been logged out")
    expect(ended).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(ended).to_be_visible()
    # When its owner logs in again in a new tab
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Log in in a new tab").click()
    log_in(opened.value, verifier)
    expect(opened.value.get_by_role("heading", name="Shared Results")).to_be_visible()
    opened.value.close()
    page.bring_to_front()
    if ended.is_visible():
        page.get_by_role("button", name="I have logged in again").click()
    # Then what was typed is there and can be sent
    expect(ended).to_be_hidden()
    expect(page.get_by_label("Reference or verification number")).to_have_value("213GB5990001")
    for label, value in (("Day", "1"), ("Month", "2"), ("Year", "1999")):
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Check result").click()
    expect(page.get_by_role("heading", name="No match", exact=True)).to_be_visible()
    # And nothing of it was stored in the browser
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_anothers_log_in_does_not_take_over_what_was_typed(
    open_page: OpenPage, site: str, verifier: User, person: User
) -> None:
    page = open_page(f"{site}/login/")
    open_form(page, site, verifier)
    expect(page.get_by_role("alertdialog")).to_be_visible(timeout=10_000)
    other = page.context.new_page()
    page.context.clear_cookies(name="session")
    other.goto(f"{site}/login/")
    log_in(other, person)
    other.close()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Another person is logged in now")).to_be_visible()
    assert_accessible(page)


def test_the_back_button_shows_nothing_after_the_log_out(open_page: OpenPage, site: str, verifier: User) -> None:
    page = open_page(f"{site}/login/")
    log_in(page, verifier)
    page.goto(f"{site}/organisation/")
    page.goto(f"{site}/account/")
    log_out(page, verifier)
    expect(page).to_have_url(f"{site}/login/")
    for _ in range(3):
        page.go_back()
        expect(page.get_by_role("heading", name="Verification Service")).to_be_visible()
        assert "vera@example.org" not in page.content()
