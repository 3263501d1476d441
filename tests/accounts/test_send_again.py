"""Staff see which mails left, and send one again that somebody says never came."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import again, mails, passwords, refused
from accounts.audit import system_actor, user_actor
from accounts.models import Action, AuditEvent, Mail, MailKind, User
from organisations import invitations
from organisations.models import Organisation, Registration
from organisations.registrations import applications
from results.models import CandidateRegistration
from tests.factories import make_member, make_registration, make_user
from tests.rvs.test_staff_groups import make_staff

pytestmark = pytest.mark.django_db
BY = system_actor("tests")


@pytest.fixture
def helper() -> User:
    return make_staff("Helpdesk")


@pytest.fixture
def helpdesk(helper: User) -> Client:
    client = Client()
    client.force_login(helper)
    return client


def write(state: str, template: str = "account/email/email_change_taken", email: str = "ada@example.org") -> Mail:
    mails.send(template, email, {"link": "http://testserver/"}, kind=MailKind.NOTICE)
    mail = Mail.objects.latest("created_at")
    if state == "sent":
        return delivered()
    Mail.objects.update(state=state, attempts=3, failure="x", due_at=timezone.now() + timedelta(hours=5))
    mail.refresh_from_db()
    return mail


@pytest.mark.parametrize("state", ["queued", "failed", "held"])
def test_a_mail_that_did_not_leave_goes_again_as_it_was(helpdesk: Client, helper: User, state: str) -> None:
    mail = write(state)
    page = helpdesk.get(f"/admin/accounts/mail/{mail.pk}/change/").content.decode()
    assert f"/admin/accounts/mail/{mail.pk}/again/" in page
    assert mail.text.strip() not in page
    assert "goes out as it was written" in helpdesk.get(f"/admin/accounts/mail/{mail.pk}/again/").content.decode()
    mail.refresh_from_db()
    assert mail.state == state, "GET changes nothing"

    assert helpdesk.post(f"/admin/accounts/mail/{mail.pk}/again/").status_code == 302

    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.failure, mail.kind) == ("queued", 0, "", "notice")
    assert mail.due_at <= timezone.now()
    event = AuditEvent.objects.get(action=Action.MAIL_SENT_AGAIN)
    assert (event.actor, event.target) == (user_actor(helper), f"mail:{mail.pk}")
    assert event.detail == {"template": "account/email/email_change_taken"}


def test_a_mail_to_a_suspended_address_is_tried_all_the_same(helpdesk: Client) -> None:
    mail = write("held")
    for _ in range(refused.SUSPENDED_AFTER):
        refused.count(email=mail.recipient, failure="550", now=timezone.now())
    assert "have refused this address" in helpdesk.get(f"/admin/accounts/mail/{mail.pk}/again/").content.decode()
    helpdesk.post(f"/admin/accounts/mail/{mail.pk}/again/")
    mail.refresh_from_db()
    assert mail.kind == MailKind.ACCOUNT


def test_a_delivered_mail_that_cannot_be_made_anew_says_so(helpdesk: Client) -> None:
    mail = write("sent")
    assert "/again/" not in helpdesk.get(f"/admin/accounts/mail/{mail.pk}/change/").content.decode()
    assert "cannot be made anew" in helpdesk.get(f"/admin/accounts/mail/{mail.pk}/again/").content.decode()
    answer = helpdesk.post(f"/admin/accounts/mail/{mail.pk}/again/", follow=True)
    assert "There is nothing to send" in answer.content.decode()
    assert not AuditEvent.objects.filter(action=Action.MAIL_SENT_AGAIN).exists()
    assert Mail.objects.count() == 1


def delivered() -> Mail:
    """The only mail, as it is once it was delivered."""
    Mail.objects.update(state="sent", text="", html="", sent_at=timezone.now())
    return Mail.objects.get()


def test_a_link_to_set_a_password_is_made_anew(person: User) -> None:
    passwords.send_reset_link(person.email)
    again.send(mail=delivered(), by=BY)
    assert "/password/reset/key/" in Mail.objects.get(state="queued").text


def test_an_invitation_is_made_anew_until_it_is_accepted(organisation: Organisation) -> None:
    membership = make_member(organisation).membership
    membership.invited_at, membership.accepted_at = timezone.now(), None
    membership.save()
    invitations.send(membership=membership, by=BY)
    mail = delivered()
    again.send(mail=mail, by=BY)
    assert "/invitation/" in Mail.objects.get(state="queued").text
    membership.refresh_from_db()
    membership.accepted_at = timezone.now()
    membership.save()
    with pytest.raises(again.CannotBeSentAgainError):
        again.send(mail=mail, by=BY)


def test_the_link_to_an_application_is_made_anew() -> None:
    registration = make_registration()
    applications.send_link_again(registration.email)
    mail = delivered()
    again.send(mail=mail, by=BY)
    assert registration.reference in Mail.objects.get(state="queued").text
    Registration.objects.all().delete()
    with pytest.raises(again.CannotBeSentAgainError):
        again.send(mail=mail, by=BY)


def test_the_link_of_a_candidate_who_registers_is_made_anew() -> None:
    mail = write("sent", "results/email/confirm_candidate")
    with pytest.raises(again.CannotBeSentAgainError):
        again.send(mail=mail, by=BY)
    CandidateRegistration.objects.create(email=mail.recipient, password="!", results=[])
    again.send(mail=mail, by=BY)
    assert "/candidate/register/confirm/" in Mail.objects.get(state="queued").text


def test_a_link_that_confirms_an_address_is_made_anew(person: User) -> None:
    refused.ask(person)
    again.send(mail=delivered(), by=BY)
    assert "/account/address/confirm/" in Mail.objects.get(state="queued").text


def test_who_may_not_send_cannot(organisation: Organisation) -> None:
    mail = write("failed")
    for person in (make_staff("Results"), make_user()):
        client = Client()
        client.force_login(person)
        assert client.post(f"/admin/accounts/mail/{mail.pk}/again/").status_code in {302, 403}
    mail.refresh_from_db()
    assert mail.state == "failed"


def test_staff_see_which_addresses_are_refused(helpdesk: Client) -> None:
    refused.count(email="gone@example.org", failure="SMTPRecipientsRefused 550", now=timezone.now())
    page = helpdesk.get("/admin/accounts/refusedaddress/").content.decode()
    assert "gone@example.org" in page
    assert "SMTPRecipientsRefused 550" in page
    assert helpdesk.get("/admin/accounts/refusedaddress/gone_40example.org/change/").status_code == 200
