"""An invitation's link sets the password: seven days, once, whatever scanners do to it."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, Mail, User
from organisations import invitations, users
from organisations.models import Membership, Organisation, Role
from tests.factories import PASSWORD, make_user
from tests.organisations.mails import invitation_link

pytestmark = pytest.mark.django_db

EMAIL, NEW_PASSWORD = "new@example.org", "quite-another-passphrase"
TYPED = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
OVER = "This link no longer works"


def invite(organisation: Organisation, email: str = EMAIL) -> Membership:
    return users.add_user(
        organisation=organisation,
        by="system:tests",
        given_name="Ada",
        family_name="New",
        job_title="Officer",
        email=email,
    )


@pytest.fixture
def invited(organisation: Organisation) -> Membership:
    return invite(organisation)


def test_it_sets_the_password_and_opens_the_organisation(invited: Membership) -> None:
    client, link = Client(), invitation_link(EMAIL)
    assertContains(client.get(link), "University of Example")
    assertContains(client.post(link, TYPED, follow=True), "You can log in now")

    assertRedirects(
        client.post("/login/", {"login": EMAIL, "password": NEW_PASSWORD}), "/", fetch_redirect_response=False
    )
    assert client.get("/organisation/").status_code == 200
    invited.refresh_from_db()
    assert invited.accepted_at
    assert (invited.user.given_name, invited.user.family_name, invited.user.job_title) == ("Ada", "New", "Officer")
    events = AuditEvent.objects.filter(organisation=str(invited.organisation_id), target=f"user:{invited.user_id}")
    assert [(event.action, event.actor) for event in events] == [
        (Action.INVITATION_ACCEPTED, f"user:{invited.user_id}"),
        (Action.INVITATION_SENT, "system:tests"),
        (Action.USER_ADDED, "system:tests"),
    ]


def test_it_works_once(invited: Membership) -> None:
    link = invitation_link(EMAIL)
    Client().post(link, TYPED)
    for answer in (Client().get(link), Client().post(link, {"password1": PASSWORD, "password2": PASSWORD})):
        assertContains(answer, OVER, status_code=404)
    assert User.objects.get(email=EMAIL).check_password(NEW_PASSWORD)


def test_a_scanner_changes_nothing(invited: Membership) -> None:
    link = invitation_link(EMAIL)
    for number in range(5):
        scanner = Client(REMOTE_ADDR=f"192.0.2.{number + 1}", headers={"User-Agent": "SafeLinks"})
        assert scanner.head(link).status_code == 200
        page = scanner.get(link)
        assert page.status_code == 200
        assertNotContains(page, "autosubmit")
    invited.refresh_from_db()
    assert invited.is_pending
    assertRedirects(Client().post(link, TYPED), "/login/")


@pytest.mark.parametrize(
    ("age", "works"), [(timedelta(days=7, minutes=-1), True), (timedelta(days=7, minutes=1), False)]
)
def test_it_is_good_for_seven_days(invited: Membership, age: timedelta, works: bool) -> None:
    link = invitation_link(EMAIL)
    with time_machine.travel(timezone.now() + age):
        assert Client().get(link).status_code == (200 if works else 404)
        assert Client().post(link, TYPED).status_code == (302 if works else 404)


def test_a_newer_one_ends_the_older(invited: Membership) -> None:
    older = invitation_link(EMAIL)
    invitations.send(membership=invited, by="system:tests")
    newer = invitation_link(EMAIL)
    assertContains(Client().post(older, TYPED), OVER, status_code=404)
    assertRedirects(Client().post(newer, TYPED), "/login/")


def test_none_is_sent_to_who_has_accepted_or_is_deactivated(invited: Membership) -> None:
    Membership.objects.update(is_active=False)
    with pytest.raises(ValueError, match="not accepted"):
        invitations.send(membership=invited, by="system:tests")
    Membership.objects.update(is_active=True, accepted_at=timezone.now())
    with pytest.raises(ValueError, match="not accepted"):
        invitations.send(membership=invited, by="system:tests")
    assert Mail.objects.filter(recipient=EMAIL).count() == 1


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"password1": ""}, "Enter a new password"),
        ({"password1": NEW_PASSWORD, "password2": "another"}, "same password"),
        ({"password1": "short", "password2": "short"}, "too short"),
    ],
)
def test_a_password_that_will_not_do_is_refused(invited: Membership, typed: dict[str, str], problem: str) -> None:
    assertContains(Client().post(invitation_link(EMAIL), typed), problem)
    invited.refresh_from_db()
    assert invited.is_pending


@pytest.mark.parametrize("token", ["x", "a:b:c", ".eJx:1:2", "%00"])
def test_a_broken_link_is_none(token: str, db: None) -> None:
    assertContains(Client().get(f"/invitation/{token}/"), OVER, status_code=404)


def test_until_it_is_used_there_are_no_rights(organisation: Organisation) -> None:
    person = make_user(EMAIL)
    invite(organisation)
    client = Client()
    client.force_login(person)
    assert client.get("/organisation/").status_code == 403
    assert client.get("/candidate/").status_code == 200
    assertContains(client.get("/", follow=True), f"{organisation.name} has invited you")


def test_who_has_an_account_only_accepts(organisation: Organisation) -> None:
    person = make_user(EMAIL, given_name="Adelheid")
    membership = invite(organisation)
    link = invitation_link(EMAIL)
    page = Client().get(link)
    assertContains(page, "Accept the invitation")
    assertNotContains(page, "password1")
    assertRedirects(Client().post(link, TYPED), "/login/")
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert (person.given_name, person.job_title) == ("Adelheid", "Officer")
    membership.refresh_from_db()
    assert membership.is_in_force


def test_a_changed_address_ends_it(organisation: Organisation) -> None:
    person = make_user(EMAIL)
    invite(organisation)
    link = invitation_link(EMAIL)
    User.objects.filter(pk=person.pk).update(email="elsewhere@example.com")
    assertContains(Client().post(link), OVER, status_code=404)


def test_it_confirms_the_organisations_domain(organisation: Organisation, invited: Membership) -> None:
    organisation.email_domains.create(domain="example.org")
    organisation.email_domains.create(domain="example.com")
    Client().post(invitation_link(EMAIL), TYPED)
    assert [(row.domain, row.confirmed) for row in organisation.email_domains.all()] == [
        ("example.com", False),
        ("example.org", True),
    ]


def test_the_mail_tells_the_role_and_no_more(organisation: Organisation) -> None:
    Membership.objects.all().delete()
    users.add_user(
        organisation=organisation,
        by="system:tests",
        given_name="Ada",
        family_name="New",
        job_title="Head",
        email=EMAIL,
        role=Role.PRIMARY,
    )
    mail = Mail.objects.get(recipient=EMAIL)
    assert mail.subject == "Your account with the Results Verification Service"
    assert "(Primary User)" in mail.text
    assert "seven days" in mail.text
