"""Staff work through the queue of applications, look after an organisation, and answer what waits, in a browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Mail, User
from organisations import decisions
from organisations.models import Organisation, ReasonText, Role
from tests.factories import PASSWORD, make_join_request, make_member, make_organisation, make_registration, make_user
from tests.journeys.axe import assert_accessible
from tests.journeys.conftest import NARROW, WIDE, OpenPage
from tests.journeys.steps import decide
from tests.journeys.test_staff import log_in

SIZES = [(WIDE, True), (NARROW, True), (NARROW, False)]


@pytest.fixture
def people(transactional_db: None) -> tuple[User, User]:
    """Two members of staff."""
    rights = {"is_staff": True, "is_superuser": True}
    return (
        make_user("margaret@examboard.example", given_name="Margaret", **rights),
        make_user("idris@examboard.example", given_name="Idris", **rights),
    )


@pytest.fixture
def texts(transactional_db: None) -> None:
    ReasonText.objects.all().delete()
    ReasonText.objects.create(decision="reject", title="Not confirmed", text="We could not confirm who applied.")
    ReasonText.objects.create(decision="ask", title="Your part", text="Please tell us what your part is.")


@pytest.mark.parametrize(("width", "javascript"), SIZES)
def test_an_unusual_application_is_approved_by_two_people(
    open_page: OpenPage,
    live_server: LiveServer,
    people: tuple[User, User],
    texts: None,
    *,
    width: int,
    javascript: bool,
) -> None:
    def look() -> None:
        if javascript:
            assert_accessible(page)

    # Given two applications, one of them overdue and unusual
    today = timezone.localdate()
    make_organisation("University of Fenland", website="https://www.fenland.ac.uk")
    fenland = make_registration(
        organisation_name="Fenland University", email="ada@gmail.com", due_on=today - timedelta(days=1)
    )
    decisions.look_again(fenland)
    make_registration(organisation_name="Marshwood College")
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, people[0])
    look()
    # When the first person opens the queue, the overdue one is on top with its flags
    page.get_by_role("link", name="Applications that wait for a decision").click()
    first = page.locator("#applications tbody tr").first
    expect(first).to_contain_text("Overdue")
    expect(first).to_contain_text("Fenland University")
    expect(first).to_contain_text("gmail.com gives mailboxes to everybody")
    look()
    # And opens it: the similar organisation stands beside it
    page.get_by_role("link", name="Fenland University").click()
    expect(page.locator("#similar")).to_contain_text("University of Fenland")
    expect(page.get_by_text("gmail.com gives mailboxes to everybody")).to_be_visible()
    look()
    # When they approve without saying what they checked, they are asked
    page.get_by_role("link", name="Approve", exact=True).click()
    look()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("alert")).to_contain_text("Write the text")
    look()
    page.get_by_label("What you checked").fill("Telephoned the registry: a new campus with its own admissions")
    page.get_by_role("button", name="Approve").click()
    # Then one person is not enough
    expect(page.get_by_text("Another person must approve this application, too.")).to_be_visible()
    expect(page.get_by_text("Second person needed")).to_be_visible()
    look()
    # When a second person approves it, its Primary User is invited
    other = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(other, people[1])
    decide(other, "Fenland University", "Approve")
    other.get_by_label("What you checked").fill("Letterhead seen")
    other.get_by_role("button", name="Approve").click()
    expect(other.get_by_text("The organisation has its account.")).to_be_visible()
    other.get_by_role("link", name="Open the organisation").click()
    expect(other.get_by_role("row").filter(has_text=fenland.email)).to_contain_text("Invited")
    assert "/invitation/" in Mail.objects.get(recipient=fenland.email).text


@pytest.mark.parametrize(("width", "javascript"), SIZES)
def test_one_applicant_is_asked_and_another_rejected(
    open_page: OpenPage,
    live_server: LiveServer,
    people: tuple[User, User],
    texts: None,
    *,
    width: int,
    javascript: bool,
) -> None:
    def look() -> None:
        if javascript:
            assert_accessible(page)

    make_registration(organisation_name="Marshwood College", email="grace@marshwood.ac.uk")
    nordhavn = make_registration(organisation_name="Nordhavn Shipping", organisation_type="employer", country="DK")
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, people[0])
    # When they ask the first applicant for more, from a text they have
    decide(page, "Marshwood College", "Ask for more")
    page.get_by_role("link", name="Your part").click()
    expect(page.get_by_label("Question")).to_have_value("Please tell us what your part is.")
    look()
    page.get_by_role("button", name="Send the question").click()
    expect(page.get_by_text("Your question was sent.")).to_be_visible()
    expect(page.locator(".talk")).to_contain_text("Please tell us what your part is.")
    look()
    # And reject the other with a reason
    decide(page, "Nordhavn Shipping", "Reject")
    page.get_by_role("link", name="Not confirmed").click()
    page.get_by_label("Reason").fill("We could not confirm who applied: nobody knows you there.")
    look()
    page.get_by_role("button", name="Reject and send the reason").click()
    expect(page.locator("#decision")).to_be_visible()
    look()
    assert "nobody knows you there" in Mail.objects.get(recipient=nordhavn.email).text
    # And the queue is empty, which is told
    page.goto(f"{live_server.url}/admin/organisations/registration/")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    look()
    for name in ("overdue", "applicant", "decided"):
        page.goto(f"{live_server.url}/admin/organisations/registration/?list={name}&q=o")
        look()


@pytest.mark.parametrize(("width", "javascript"), SIZES)
def test_an_organisation_is_looked_after(
    open_page: OpenPage, live_server: LiveServer, people: tuple[User, User], *, width: int, javascript: bool
) -> None:
    def look() -> None:
        if javascript:
            assert_accessible(page)

    organisation = make_organisation("University of Fenland")
    make_member(organisation, Role.PRIMARY, given_name="Harriet")
    tom = make_member(organisation, given_name="Tom")
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, people[0])
    page.goto(f"{live_server.url}/admin/organisations/organisation/")
    look()
    page.get_by_role("link", name="University of Fenland").click()
    look()
    # When staff edit it, the page tells what was changed
    page.get_by_role("link", name="Edit the details").click()
    look()
    page.get_by_label("Website").fill("nonsense")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look()
    page.get_by_label("Website").fill("https://www.fenland.ac.uk")
    page.get_by_label("Confirmed e-mail domains").fill("fenland.ac.uk")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#history")).to_contain_text("fenland.ac.uk")
    look()
    # When they give the Primary role to another user
    page.get_by_role("link", name="Give the Primary role to another user").click()
    look()
    page.get_by_label("New Primary User").select_option(f"Tom Example ({tom.email})")
    page.get_by_label("Reason").fill("Harriet has left, says the registrar")
    page.get_by_role("button", name="Give the role").click()
    expect(page.locator("#users tbody tr").first).to_contain_text("Tom Example")
    expect(page.locator("#history")).to_contain_text("Harriet Example")
    look()


@pytest.mark.parametrize(("width", "javascript"), SIZES)
def test_an_organisation_is_suspended_and_reinstated(
    open_page: OpenPage, live_server: LiveServer, people: tuple[User, User], *, width: int, javascript: bool
) -> None:
    def look() -> None:
        if javascript:
            assert_accessible(page)

    organisation = make_organisation("University of Fenland")
    tom = make_member(organisation, given_name="Tom")
    page = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    log_in(page, people[0])
    page.goto(f"{live_server.url}/admin/organisations/organisation/{organisation.pk}/")
    # When staff suspend it, its users are told so on their next page
    theirs = open_page(f"{live_server.url}/login/", width=width, javascript=javascript)
    theirs.get_by_label("E-mail address").fill(tom.email)
    theirs.get_by_label("Password", exact=True).fill(PASSWORD)
    theirs.get_by_role("button", name="Log in", exact=True).click()
    expect(theirs.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("link", name="Suspend").click()
    look()
    page.get_by_label("Reason").fill("Impersonates another")
    page.get_by_role("button", name="Suspend").click()
    expect(page.locator(".tags")).to_contain_text("Suspended")
    look()
    theirs.goto(f"{live_server.url}/candidate-search/")
    expect(theirs.get_by_role("heading", name="Your organisation is suspended")).to_be_visible()
    if javascript:
        assert_accessible(theirs)
    theirs.get_by_role("link", name="your own results").click()
    expect(theirs.get_by_role("heading", level=1)).not_to_contain_text("suspended")
    # And can work again when it is reinstated
    page.get_by_role("link", name="Reinstate").click()
    look()
    page.get_by_label("Reason").fill("Cleared up")
    page.get_by_role("button", name="Reinstate").click()
    expect(page.locator(".tags")).to_contain_text("Active")
    theirs.goto(f"{live_server.url}/candidate-search/")
    expect(theirs.get_by_role("heading", name="Candidate Search")).to_be_visible()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_name_and_the_texts_are_seen_to(
    open_page: OpenPage, live_server: LiveServer, people: tuple[User, User], texts: None, width: int
) -> None:
    organisation = make_organisation("University of Fenland")
    organisation.name_changes.create(
        new_name="Fenland Metropolitan University", reason="We have merged", asked_by=f"user:{people[0].pk}"
    )
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, people[0])
    page.get_by_role("link", name="Changes of name that wait for an answer").click()
    assert_accessible(page)
    page.get_by_role("link", name="Refuse Fenland").click()
    assert_accessible(page)
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Grant").click()
    assert_accessible(page)
    page.get_by_label("Reason").fill("Seen in the register of universities")
    page.get_by_role("button", name="Grant").click()
    expect(page.get_by_role("heading", name="Nobody asks for another name")).to_be_visible()
    assert_accessible(page)
    assert Organisation.objects.get().name == "Fenland Metropolitan University"
    # The texts are reached from the queue
    page.goto(f"{live_server.url}/admin/organisations/registration/")
    page.get_by_role("link", name="Texts for decisions").click()
    assert_accessible(page)
    page.get_by_role("link", name="Not confirmed").click()
    page.get_by_label("Text").fill("We could not confirm who you are.")
    assert_accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("We could not confirm who you are.")).to_be_visible()
    page.get_by_role("link", name="Not confirmed").click()
    page.get_by_role("link", name="Delete this text").click()
    assert_accessible(page)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("link", name="Not confirmed")).to_have_count(0)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_request_to_join_that_nobody_answered_is_accepted(
    open_page: OpenPage, live_server: LiveServer, people: tuple[User, User], width: int
) -> None:
    organisation = make_organisation("University of Fenland")
    make_join_request(organisation, email="jo@fenland.ac.uk", due_on=timezone.localdate() - timedelta(days=2))
    page = open_page(f"{live_server.url}/login/", width=width)
    log_in(page, people[0])
    page.get_by_role("link", name="Requests to join that are overdue").click()
    assert_accessible(page)
    page.get_by_role("link", name="Accept jo@fenland.ac.uk").click()
    assert_accessible(page)
    page.get_by_label("Reason").fill("The registrar vouches for them")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Nothing is overdue")).to_be_visible()
    assert_accessible(page)
    assert "/invitation/" in Mail.objects.get(recipient="jo@fenland.ac.uk").text
