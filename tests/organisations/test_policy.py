"""What an organisation asks of its users holds from their next request on."""

from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertNumQueries, assertRedirects

from accounts import sessions
from accounts.models import Action, AuditEvent, EmailChange, User
from organisations.models import Organisation, Role
from tests.accounts.second_step import confirm, with_app
from tests.factories import make_member, make_organisation

pytestmark = pytest.mark.django_db

SECURITY, EDIT = "/organisation/security/", "/organisation/security/edit/"


def ask(client: Client, **asked: str) -> None:
    assertRedirects(
        client.post(EDIT, {"second_step": "no", "session_minutes": "30", **asked}),
        SECURITY,
        fetch_redirect_response=False,
    )


def require_from(organisation: Organisation, days: int) -> None:
    Organisation.objects.filter(pk=organisation.pk).update(mfa_required_from=timezone.now() + timedelta(days=days))


# --- The second step --------------------------------------------------------------------------------------------------


def test_it_is_required_at_once(organisation: Organisation, primary: Client, verifier: Client) -> None:
    ask(primary, second_step="0")
    for page in ("/candidate-search/", "/shared-results/", "/organisation/", "/downloads/", "/"):
        assertRedirects(verifier.get(page), "/account/second-step/", fetch_redirect_response=False)
    assert verifier.post("/candidate-search/").status_code == 302
    assertContains(verifier.get("/account/second-step/"), "Your organisation asks for two steps of log-in")
    for page in ("/account/", "/help/", "/logout/", "/candidate/", "/account/session/"):
        assert verifier.get(page).status_code == 200, page


def test_who_has_one_goes_on(organisation: Organisation, verifier: Client) -> None:
    require_from(organisation, days=-1)
    assert verifier.get("/candidate-search/").status_code == 302
    with_app(User.objects.get(membership__role=Role.ADMIN))
    assert verifier.get("/candidate-search/").status_code == 200


def test_who_removes_it_is_stopped_again(organisation: Organisation, verifier: Client) -> None:
    require_from(organisation, days=-1)
    user = with_app(User.objects.get(membership__role=Role.ADMIN))
    assert verifier.get("/organisation/").status_code == 200
    Authenticator.objects.filter(user=user).delete()
    assert verifier.get("/organisation/").status_code == 302


def test_before_the_day_people_are_reminded(organisation: Organisation, verifier: Client) -> None:
    require_from(organisation, days=14)
    day = timezone.localtime(timezone.now() + timedelta(days=14))
    assertContains(verifier.get("/organisation/"), f"Your organisation requires it from {day.day} {day:%B %Y}")
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        verifier.force_login(User.objects.get(membership__role=Role.ADMIN))
        assert verifier.get("/organisation/").status_code == 302
    with_app(User.objects.get(membership__role=Role.ADMIN))
    assertNotContains(verifier.get("/organisation/"), "Your organisation requires it")


def test_others_are_not_asked(organisation: Organisation, outsider: Client, candidate: Client) -> None:
    require_from(organisation, days=-1)
    assert outsider.get("/organisation/").status_code == 200
    assert candidate.get("/candidate/").status_code == 200
    assertNotContains(candidate.get("/candidate/"), "Your organisation")


def test_the_day_can_stay_and_be_taken_back(organisation: Organisation, primary: Client) -> None:
    ask(primary, second_step="14")
    organisation.refresh_from_db()
    first = organisation.mfa_required_from
    assert first
    assert timedelta(days=13) < first - timezone.now() <= timedelta(days=14)
    ask(primary, second_step="keep", session_minutes="10")
    organisation.refresh_from_db()
    assert (organisation.mfa_required_from, organisation.session_minutes) == (first, 10)
    ask(primary)
    organisation.refresh_from_db()
    assert organisation.mfa_required_from is None
    changed = AuditEvent.objects.filter(action=Action.POLICY_CHANGED).order_by("id")
    assert [set(event.detail) for event in changed] == [
        {"mfa_required_from"},
        {"session_minutes"},
        {"mfa_required_from", "session_minutes"},
    ]


def test_without_a_rule_it_costs_no_query(verifier: Client) -> None:
    verifier.get("/account/session/")
    with assertNumQueries(2):
        verifier.get("/account/session/")


def test_the_tab_tells_how_many_have_none(organisation: Organisation, primary: Client) -> None:
    with_app(make_member(organisation))
    assertContains(primary.get(SECURITY), "1 of 2 active users have none")


# --- Sessions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "idle", "stays"), [("5", 6, False), ("5", 4, True), ("30", 29, True), ("30", 31, False)]
)
def test_a_session_ends_when_the_organisation_says(
    primary: Client, verifier: Client, minutes: str, idle: int, stays: bool
) -> None:
    ask(primary, session_minutes=minutes)
    with time_machine.travel(timezone.now() + timedelta(minutes=idle)):
        assert (verifier.get("/organisation/").status_code == 200) is stays


def test_it_can_only_be_stricter(organisation: Organisation) -> None:
    organisation.session_minutes = 30
    organisation.save()
    staff = make_member(organisation, is_staff=True)
    assert sessions.limits_of(staff).idle == timedelta(minutes=15)


@pytest.mark.parametrize("minutes", ["4", "31", "0", "x"])
def test_other_lengths_are_refused(organisation: Organisation, primary: Client, minutes: str) -> None:
    assert primary.post(EDIT, {"second_step": "no", "session_minutes": minutes}).status_code == 200
    organisation.refresh_from_db()
    assert organisation.session_minutes is None


# --- Domains ----------------------------------------------------------------------------------------------------------


def test_own_domains_need_domains_and_users_within(organisation: Organisation, primary: Client) -> None:
    answer = primary.post(EDIT, {"second_step": "no", "session_minutes": "30", "own_domains_only": "on"})
    assertContains(answer, "Enter your e-mail domains under Details first")
    organisation.email_domains.create(domain="example.org")
    foreign = make_member(organisation, email="ada@elsewhere.com")
    answer = primary.post(EDIT, {"second_step": "no", "session_minutes": "30", "own_domains_only": "on"})
    assertContains(answer, "These users have other addresses: ada@elsewhere.com")
    foreign.delete()
    ask(primary, own_domains_only="on")
    organisation.refresh_from_db()
    assert organisation.own_domains_only


def test_a_user_cannot_move_to_a_foreign_address(organisation: Organisation, verifier: Client) -> None:
    organisation.email_domains.create(domain="example.org")
    user = User.objects.get(membership__role=Role.ADMIN, membership__organisation=organisation)
    waiting = EmailChange.objects.create(user=user, new_email="me@elsewhere.com")
    confirm(verifier)
    Organisation.objects.filter(pk=organisation.pk).update(own_domains_only=True)
    answer = verifier.post("/account/email/", {"email": "me2@elsewhere.com"})
    assertContains(answer, "Your organisation allows only addresses in its own e-mail domains")
    from accounts import email_change  # noqa: PLC0415

    token = email_change._words(waiting, email_change.Side.NEW)["link"].rstrip("/").rpartition("/")[2]
    assert email_change.open_link(token) is None
    assertRedirects(verifier.post("/account/email/", {"email": "me2@example.org"}), "/account/")


def test_another_organisations_rules_do_not_count(organisation: Organisation, verifier: Client) -> None:
    make_organisation(own_domains_only=True, session_minutes=5)
    with time_machine.travel(timezone.now() + timedelta(minutes=20)):
        assert verifier.get("/organisation/").status_code == 200
