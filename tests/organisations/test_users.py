"""The tab Users: the Primary User looks after the people, Admin Users see them."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertNumQueries, assertRedirects

from accounts import refused
from accounts.models import Action, AuditEvent, EmailChange, Mail, User
from organisations import users
from organisations.models import Membership, Organisation, Role
from results.models import Candidate
from tests.accounts.second_step import steps_of, with_app
from tests.factories import PASSWORD, make_member, make_organisation, make_user
from tests.organisations.mails import invitation_link

pytestmark = pytest.mark.django_db

LIST = "/organisation/users/"
EMAIL = "new@example.org"
TYPED = {"given_name": "Ada", "family_name": "New", "job_title": "Officer", "email": EMAIL}
CHOSEN = {"password1": "quite-another-passphrase", "password2": "quite-another-passphrase"}


@pytest.fixture
def domain(organisation: Organisation) -> None:
    organisation.email_domains.create(domain="example.org", confirmed=True)


def add(organisation: Organisation, email: str = EMAIL) -> Membership:
    return users.add_user(
        organisation=organisation,
        by="system:tests",
        given_name="Ada",
        family_name="New",
        job_title="Officer",
        email=email,
    )


def of(user: User) -> str:
    return f"{LIST}{user.membership.pk}/"


def text_of(client: Client, url: str = LIST) -> str:
    return " ".join(client.get(url).content.decode().split())


# --- The list ---------------------------------------------------------------------------------------------------------


def test_everybody_sees_it_and_only_the_primary_user_its_buttons(primary: Client, verifier: Client) -> None:
    for shown in ("Add User", "Edit", "hand this role over"):
        assertContains(primary.get(LIST), shown)
        assertNotContains(verifier.get(LIST), shown)
    assertContains(verifier.get(LIST), "Only the Primary User can add, change or delete users")


def test_it_tells_role_state_second_step_and_last_log_in(organisation: Organisation, primary: Client) -> None:
    with_app(make_member(organisation, given_name="Safe"))
    gone = make_member(organisation, given_name="Gone")
    Membership.objects.filter(user=gone).update(is_active=False)
    add(organisation)
    page = text_of(primary)
    for shown in ("Primary User", "Admin User", "On", "Off", "Deactivated", "Invited", "Active"):
        assert f">{shown}<" in page or f"> {shown} <" in page or f"{shown}</span>" in page, shown
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        primary.force_login(User.objects.get(membership__role=Role.PRIMARY))
        assert "Invitation ran out" in text_of(primary)


def test_of_somebody_invited_it_tells_nothing_of_their_account(organisation: Organisation, primary: Client) -> None:
    known = with_app(make_user(EMAIL, given_name="Secret"))
    User.objects.filter(pk=known.pk).update(last_login="2020-02-03T04:05:06Z")
    add(organisation)
    page = text_of(primary)
    assert "Ada New" in page
    for hidden in ("Secret", "2020", ">On<", "> On <"):
        assert hidden not in page
    assert "Secret" not in text_of(primary, of(known))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ada", {"Ada"}),
        ("NEW ada", {"Ada"}),
        ("bob@", {"Bob"}),
        ("example.org", {"Ada", "Bob"}),
        ("zz", set()),
        ("\0", {"Ada", "Bob"}),
    ],
)
def test_it_is_searched(organisation: Organisation, primary: Client, words: str, found: set[str]) -> None:
    add(organisation)
    make_member(organisation, given_name="Bob", email="bob@example.org")
    page = primary.get(LIST, {"q": words}).content.decode()
    assert {name for name in ("Ada", "Bob") if f"<bdi>{name}" in page} == found
    assert ("No user found" in page) == (not found)


def test_its_queries_do_not_grow_with_the_users(organisation: Organisation, primary: Client) -> None:
    primary.get(LIST)
    with CaptureQueriesContext(connection) as few:
        primary.get(LIST)
    for number in range(20):
        with_app(make_member(organisation, given_name=f"Person {number}"))
    with assertNumQueries(len(few)):
        primary.get(LIST)
    assert len(few) <= 8


def test_long_lists_have_pages(organisation: Organisation, primary: Client) -> None:
    for _number in range(55):
        make_member(organisation)
    assertContains(primary.get(LIST), "Users 1 to 50 of 56")
    assertContains(primary.get(LIST, {"page": "2"}), "Users 51 to 56 of 56")
    assertContains(primary.get(LIST, {"page": "nonsense"}), "Users 1 to 50 of 56")


# --- Add --------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("domain")
def test_a_user_is_added_and_gets_the_link(organisation: Organisation, primary: Client) -> None:
    assertContains(primary.get(f"{LIST}add/"), "They will receive an e-mail to set their password for the service")
    answer = primary.post(f"{LIST}add/", TYPED, follow=True)
    assertContains(answer, "new@example.org has been sent an e-mail")
    added = Membership.objects.get(user__email=EMAIL)
    assert (added.organisation, added.role, added.state) == (organisation, Role.ADMIN, "invited")
    assert invitation_link(EMAIL)


@pytest.mark.usefixtures("domain")
@pytest.mark.parametrize("missing", list(TYPED))
def test_all_four_fields_are_required(primary: Client, missing: str) -> None:
    page = primary.post(f"{LIST}add/", TYPED | {missing: " "})
    assertContains(page, "There is a problem")
    assert not Membership.objects.filter(user__email=EMAIL).exists()


def test_an_unconfirmed_domain_is_asked_about_and_not_refused(organisation: Organisation, primary: Client) -> None:
    organisation.email_domains.create(domain="example.org")
    page = primary.post(f"{LIST}add/", TYPED)
    assertContains(page, "example.org is not a confirmed e-mail domain of your organisation")
    assert not Mail.objects.filter(recipient=EMAIL).exists()
    assertRedirects(primary.post(f"{LIST}add/", TYPED | {"confirm": "on"}), LIST)


def test_foreign_domains_are_refused_if_the_organisation_says_so(organisation: Organisation, primary: Client) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(own_domains_only=True)
    page = primary.post(f"{LIST}add/", TYPED | {"confirm": "on"})
    assertContains(page, "Your organisation allows only users with an address in its own e-mail domains")


@pytest.mark.usefixtures("domain")
def test_a_user_of_another_organisation_is_refused_without_a_name(primary: Client) -> None:
    make_member(make_organisation("Elsewhere"), email=EMAIL, given_name="Secret")
    page = primary.post(f"{LIST}add/", TYPED)
    assertContains(page, "it is in use with another organisation")
    assertNotContains(page, "Elsewhere")
    assertNotContains(page, "Secret")


# --- Change -----------------------------------------------------------------------------------------------------------


def test_names_are_corrected(organisation: Organisation, primary: Client) -> None:
    user = make_member(organisation)
    assertRedirects(primary.post(of(user), {"given_name": "A", "family_name": "B", "job_title": "C"}), LIST)
    user.refresh_from_db()
    assert (user.given_name, user.family_name, user.job_title) == ("A", "B", "C")
    event = AuditEvent.objects.get(action=Action.USER_CHANGED)
    assert (event.target, event.detail) == (f"user:{user.pk}", {"fields": ["given_name", "family_name", "job_title"]})


def test_of_a_candidate_who_is_invited_only_the_organisations_name_changes(
    organisation: Organisation, primary: Client
) -> None:
    known = make_user(EMAIL, given_name="Secret")
    add(organisation)
    primary.post(of(known), {"given_name": "Adelaide", "family_name": "New", "job_title": "Officer"})
    known.refresh_from_db()
    assert known.given_name == "Secret"
    assert known.membership.given_name == "Adelaide"


def test_nobody_is_flooded_with_links(organisation: Organisation, primary: Client, domain: None) -> None:
    resend = f"{LIST}{add(organisation).pk}/resend/"
    assert [primary.post(resend).status_code for _time in range(10)] == [302] * 10
    refused = primary.post(resend)
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, True)
    assert primary.post(f"{LIST}add/", TYPED).status_code == 429
    assert Mail.objects.filter(recipient=EMAIL).count() == 11
    assertRedirects(primary.post(f"{LIST}add/", TYPED | {"email": "other@example.org"}), LIST)


def test_the_link_is_sent_again(organisation: Organisation, primary: Client) -> None:
    added = add(organisation)
    older = invitation_link(EMAIL)
    assertContains(primary.post(f"{LIST}{added.pk}/resend/", follow=True), "has been sent a new link")
    assert Client().get(older).status_code == 404
    assertRedirects(Client().post(invitation_link(EMAIL), CHOSEN), "/login/")
    assertContains(primary.post(f"{LIST}{added.pk}/resend/", follow=True), "only to a user who was invited")


# --- Deactivate, reactivate, delete -----------------------------------------------------------------------------------


@pytest.fixture
def colleague(organisation: Organisation) -> User:
    return make_member(organisation, email="colleague@example.org", given_name="Col")


@pytest.fixture
def at_work(colleague: User) -> Client:
    """The colleague, logged in as people do it."""
    client = Client()
    client.post("/login/", {"login": colleague.email, "password": PASSWORD})
    assert client.get("/organisation/").status_code == 200
    return client


def reset_link(email: str) -> str:
    Client().post("/password/reset/", {"email": email})
    text = Mail.objects.filter(recipient=email, text__contains="/password/reset/key/")[0].text
    return next(word for word in text.split() if "/password/reset/key/" in word).partition("//")[2].partition("/")[2]


@pytest.mark.parametrize("way", ["deactivate", "delete"])
def test_a_removed_user_is_shut_out_at_once(primary: Client, colleague: User, at_work: Client, way: str) -> None:
    reset = f"/{reset_link(colleague.email)}"
    assertNotContains(Client().get(reset, follow=True), "no longer works")
    EmailChange.objects.create(user=colleague, new_email="mine@example.com")

    assertRedirects(primary.post(f"{of(colleague)}{way}/"), LIST)

    assert at_work.get("/organisation/").status_code == 302, "the session has ended"
    assert at_work.get("/candidate/").status_code == 302
    assertContains(Client().get(reset, follow=True), "no longer works")
    assert not EmailChange.objects.exists()
    again = Client().post("/login/", {"login": colleague.email, "password": PASSWORD}, follow=True)
    assert not again.context["user"].is_authenticated
    Client().post("/password/reset/", {"email": colleague.email})
    assert "/password/reset/key/" not in Mail.objects.filter(recipient=colleague.email)[0].text


@pytest.mark.parametrize("way", ["deactivate", "delete"])
def test_a_candidates_side_stays(primary: Client, colleague: User, at_work: Client, way: str) -> None:
    Candidate.objects.create(user=colleague)
    primary.post(f"{of(colleague)}{way}/")
    assert at_work.get("/candidate/").status_code == 302, "the session has ended"
    at_work.post("/login/", {"login": colleague.email, "password": PASSWORD})
    assert at_work.get("/candidate/").status_code == 200
    assert at_work.get("/organisation/").status_code == 403


def test_a_browser_that_was_known_is_not_any_more(primary: Client, colleague: User, at_work: Client) -> None:
    def told() -> int:
        return Mail.objects.filter(recipient=colleague.email, subject__contains="browser that we do not know").count()

    def log_in_again() -> None:
        at_work.post("/logout/")
        at_work.post("/login/", {"login": colleague.email, "password": PASSWORD})

    Candidate.objects.create(user=colleague)
    before = told()
    log_in_again()
    assert told() == before
    primary.post(f"{of(colleague)}delete/")
    log_in_again()
    assert told() == before + 1


def test_an_invitation_dies_with_the_place(organisation: Organisation, primary: Client) -> None:
    added = add(organisation)
    link = invitation_link(EMAIL)
    primary.post(f"{LIST}{added.pk}/deactivate/")
    assert Client().post(link, CHOSEN).status_code == 404
    primary.post(f"{LIST}{added.pk}/reactivate/")
    assert Client().post(link, CHOSEN).status_code == 404, "what was withdrawn does not come alive again"
    primary.post(f"{LIST}{added.pk}/resend/")
    link = invitation_link(EMAIL)
    primary.post(f"{LIST}{added.pk}/delete/")
    assert Client().post(link, CHOSEN).status_code == 404


def test_who_was_deactivated_comes_back_with_the_same_password(primary: Client, colleague: User) -> None:
    primary.post(f"{of(colleague)}deactivate/")
    assertContains(primary.post(f"{of(colleague)}reactivate/", follow=True), "Col Example is active again")
    client = Client()
    client.post("/login/", {"login": colleague.email, "password": PASSWORD})
    assert client.get("/organisation/").status_code == 200


def test_who_was_deleted_can_be_added_again(organisation: Organisation, primary: Client, colleague: User) -> None:
    assertContains(primary.get(f"{of(colleague)}delete/"), "Delete Col Example?")
    primary.post(f"{of(colleague)}delete/")
    assertNotContains(primary.get(LIST), "colleague@example.org")
    add(organisation, colleague.email)
    link = invitation_link(colleague.email)
    assertContains(Client().get(link), "Set your password")
    Client().post(link, CHOSEN)
    client = Client()
    client.post("/login/", {"login": colleague.email, "password": CHOSEN["password1"]})
    assert client.get("/organisation/").status_code == 200
    assert User.objects.get(pk=colleague.pk).given_name == "Ada", "the same account, for the audit trail"


def test_who_was_deleted_can_go_elsewhere(primary: Client, colleague: User) -> None:
    primary.post(f"{of(colleague)}delete/")
    elsewhere = make_organisation("Elsewhere")
    add(elsewhere, colleague.email)
    assert Membership.objects.get(user=colleague).organisation == elsewhere


@pytest.mark.parametrize("way", ["deactivate", "delete"])
def test_the_primary_user_stays(organisation: Organisation, primary: Client, way: str) -> None:
    me = organisation.memberships.get(role=Role.PRIMARY)
    assertContains(primary.post(f"{LIST}{me.pk}/{way}/", follow=True), "can be neither deactivated nor deleted")
    assertContains(primary.get(f"{LIST}{me.pk}/"), "Hand the role over")
    me.refresh_from_db()
    assert me.is_in_force


def test_two_tabs(primary: Client, colleague: User) -> None:
    address = of(colleague)
    assertRedirects(primary.post(f"{address}delete/"), LIST)
    assert primary.post(f"{address}delete/").status_code == 404
    assert primary.post(f"{address}deactivate/").status_code == 404


@pytest.mark.parametrize("path", ["", "resend/", "deactivate/", "reactivate/", "delete/"])
def test_anothers_user_looks_like_no_user(primary: Client, path: str) -> None:
    foreign = make_member(make_organisation()).membership
    assert primary.post(f"{LIST}{foreign.pk}/{path}").status_code == 404
    foreign.refresh_from_db()
    assert foreign.is_active


@pytest.mark.parametrize("path", ["add/", "{}/", "{}/resend/", "{}/deactivate/", "{}/reactivate/", "{}/delete/"])
def test_an_admin_user_may_change_nothing(verifier: Client, colleague: User, path: str) -> None:
    assert verifier.post(LIST + path.format(colleague.membership.pk)).status_code == 403


def test_every_change_leaves_one_event(organisation: Organisation, primary: Client, colleague: User) -> None:
    boss = organisation.memberships.get(role=Role.PRIMARY).user
    for path in ("deactivate/", "reactivate/", "delete/"):
        primary.post(of(colleague) + path)
    events = AuditEvent.objects.filter(actor=f"user:{boss.pk}", organisation=str(organisation.pk)).order_by("id")
    assert [event.action for event in events] == [
        Action.USER_DEACTIVATED,
        Action.USER_REACTIVATED,
        Action.USER_DELETED,
    ]
    assert {event.target for event in events} == {f"user:{colleague.pk}"}


def test_what_proved_who_was_deleted_opens_nothing_for_who_comes_after(
    organisation: Organisation, primary: Client, colleague: User
) -> None:
    with_app(colleague)
    primary.post(f"{of(colleague)}delete/")
    add(organisation, colleague.email)
    assert not steps_of(colleague)


@pytest.mark.parametrize("way", ["deactivate", "delete"])
def test_who_never_accepted_is_not_logged_out_of_what_they_have(
    organisation: Organisation, primary: Client, way: str
) -> None:
    Candidate.objects.create(user=make_user(EMAIL))
    stranger = Client()
    stranger.post("/login/", {"login": EMAIL, "password": PASSWORD})
    added = add(organisation)
    primary.post(f"{LIST}{added.pk}/{way}/")
    assert stranger.get("/candidate/").status_code == 200


def test_an_address_that_is_too_long_is_refused(primary: Client) -> None:
    answer = primary.post(f"{LIST}add/", {**TYPED, "email": f"{'a' * 250}@example.org", "confirm": "on"})
    assertContains(answer, "There is a problem")


def test_the_primary_user_sees_whose_mail_comes_back(primary: Client, organisation: Organisation) -> None:
    colleague = make_member(organisation)
    address = f"/organisation/users/{colleague.membership.pk}/"
    for page in (primary.get("/organisation/users/"), primary.get(address)):
        assert "comes back" not in page.content.decode()
        assert "came back" not in page.content.decode()
    for _ in range(refused.SUSPENDED_AFTER):
        refused.count(email=colleague.email, failure="550", now=timezone.now())
    assert primary.get("/organisation/users/").content.decode().count("E-mail comes back") == 1
    assert "came back several times" in primary.get(address).content.decode()
