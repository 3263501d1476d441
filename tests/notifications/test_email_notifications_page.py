"""The page Email Notifications: what somebody gets, and how they change it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import refused
from accounts.models import Action, AuditEvent, Mail, User
from notifications.models import Frequency, NamedDigests, Stream
from organisations.models import Organisation
from organisations.registrations import joining
from tests.factories import make_join_request
from tests.notifications.steps import of

pytestmark = pytest.mark.django_db

PAGE = "/email-notifications/"
CHOICE: dict[str, Any] = {"new_results": "weekly", "changes": "daily", "weekday": "4", "hour": "17"}


@pytest.fixture
def admin_user(verifier: Client) -> User:
    return User.objects.get(pk=verifier.session["_auth_user_id"])


@pytest.fixture
def primary_user(primary: Client) -> User:
    return User.objects.get(pk=primary.session["_auth_user_id"])


def test_a_newcomer_sees_that_they_get_a_daily_digest(verifier: Client) -> None:
    page = verifier.get(PAGE)
    assertContains(page, "Every day at 08:00, your time")
    assertContains(page, "As it happens, within ten minutes")
    assertContains(page, "Always on")


def test_a_choice_is_saved_and_shown(verifier: Client, admin_user: User) -> None:
    answer = verifier.post(f"{PAGE}edit/", {**CHOICE, "exams": ["FCE", "CAE"], "meets_only": "on"})
    assertRedirects(answer, PAGE)
    page = verifier.get(PAGE)
    assertContains(page, "Every Friday at 17:00, your time")
    assertContains(page, "Only B2 First, C1 Advanced")
    assertContains(page, "so you hear of nothing")  # no exam is accepted yet
    assert (of(admin_user).frequency, of(admin_user, Stream.CHANGES).frequency) == ("weekly", "daily")
    assert AuditEvent.objects.filter(action=Action.NOTIFICATIONS_CHANGED).count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"new_results": "hourly"}, {"hour": "24"}, {"weekday": "7"}, {"exams": ["IELTS"]}, {"changes": ""}, {"hour": "x"}],
)
def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_saved(
    verifier: Client, admin_user: User, wrong: dict[str, Any]
) -> None:
    page = verifier.post(f"{PAGE}edit/", CHOICE | wrong)
    assert page.status_code == 200
    assertContains(page, 'class="error-summary')
    assert of(admin_user).frequency == Frequency.DAILY


def test_the_primary_user_cannot_be_without_changes_and_others_can(
    primary: Client, primary_user: User, verifier: Client, admin_user: User
) -> None:
    off = CHOICE | {"changes": "off", "new_results": "off"}
    assert primary.post(f"{PAGE}edit/", off).status_code == 200
    assert of(primary_user, Stream.CHANGES).frequency == Frequency.AS_IT_HAPPENS
    verifier.post(f"{PAGE}edit/", off)
    assert of(admin_user, Stream.CHANGES).frequency == Frequency.OFF


def test_the_primary_user_alone_chooses_about_requests_to_join(
    primary: Client, verifier: Client, organisation: Organisation
) -> None:
    assertNotContains(verifier.get(f"{PAGE}edit/"), "asks to join")
    assertContains(primary.get(f"{PAGE}edit/"), "asks to join")
    primary.post(f"{PAGE}edit/", CHOICE)
    joining._tell_primary(make_join_request(organisation))
    assert not Mail.objects.filter(template="organisations/email/join_asked").exists()
    primary.post(f"{PAGE}edit/", {**CHOICE, "join_requests": "on"})
    joining._tell_primary(make_join_request(organisation))
    assert Mail.objects.filter(template="organisations/email/join_asked").count() == 1


def test_names_in_digests_are_the_primary_users_choice(
    primary: Client, verifier: Client, organisation: Organisation
) -> None:
    assert verifier.post(f"{PAGE}names/", {"named": "yes"}).status_code == 403
    assert not NamedDigests.objects.exists()
    for named, exists in (("yes", True), ("yes", True), ("no", False)):
        primary.post(f"{PAGE}names/", {"named": named})
        assert NamedDigests.objects.filter(organisation=organisation).exists() is exists
    assert AuditEvent.objects.filter(action=Action.NAMES_IN_DIGESTS_CHANGED).count() == 2
    assertContains(primary.get("/organisation/activity/"), "Names in digests switched on or off", count=2)


def test_a_newcomer_is_told_once_and_one_click_is_enough(verifier: Client) -> None:
    page = verifier.get("/shared-results/")
    assertContains(page, "You get a daily e-mail")
    answer = verifier.post(f"{PAGE}keep/", {"next": "/shared-results/"})
    assertRedirects(answer, "/shared-results/")
    assertNotContains(verifier.get("/shared-results/"), "You get a daily e-mail")


def test_the_click_leads_nowhere_else(verifier: Client) -> None:
    assertRedirects(verifier.post(f"{PAGE}keep/", {"next": "https://evil.example/"}), PAGE)


def test_a_candidate_has_no_such_page(candidate: Client) -> None:
    assert candidate.get(PAGE).status_code == 403


def test_whose_mail_comes_back_is_told_and_can_confirm_the_address(verifier: Client, admin_user: User) -> None:
    assertNotContains(verifier.get(PAGE), "came back several times")
    for _ in range(refused.SUSPENDED_AFTER):
        refused.count(email=admin_user.email, failure="550", now=timezone.now())
    page = verifier.get(PAGE)
    assertContains(page, "came back several times")
    assertContains(page, 'action="/account/address/ask/"')
