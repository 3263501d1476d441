"""An address that mail servers refuse for good gets no notices until a mail is taken, or its owner confirms it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import closing, delivery, mails, refused, retention
from accounts.audit import user_actor
from accounts.models import Action, AuditEvent, Mail, MailKind, RefusedAddress, User
from tests.accounts.smtp import MailServer, running

pytestmark = pytest.mark.django_db
BAD = "550 5.1.1 no such person"


@pytest.fixture
def logged_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(user: User, kind: MailKind = MailKind.ACCOUNT) -> Mail:
    mails.send("account/email/email_change_taken", user.email, {}, kind=kind)
    return Mail.objects.latest("created_at")


def deliver(settings: Settings, server: MailServer) -> None:
    with running(server) as settings.MAIL_TRANSPORT:
        delivery.deliver_due()


def suspend(user: User) -> None:
    for _ in range(refused.SUSPENDED_AFTER):
        refused.count(email=user.email, failure=BAD, now=timezone.now())


def states() -> list[str]:
    return list(Mail.objects.order_by("created_at").values_list("state", flat=True))


def test_five_refusals_in_a_row_suspend_an_address(settings: Settings, person: User) -> None:
    for _ in range(4):
        send(person)
    deliver(settings, MailServer(rcpt=BAD))
    assert not refused.is_suspended(person.email)
    send(person)
    deliver(settings, MailServer(rcpt=BAD))
    assert refused.suspended([person.email.upper(), "other@example.org"]) == {person.email}
    event = AuditEvent.objects.get(action=Action.ADDRESS_SUSPENDED)
    assert (event.actor, event.target) == ("system:mail", user_actor(person))


def test_a_mail_that_is_taken_begins_the_count_anew(settings: Settings, person: User) -> None:
    for server in (MailServer(rcpt=BAD), MailServer()) * 5:
        send(person)
        deliver(settings, server)
    assert not RefusedAddress.objects.exists()


@pytest.mark.parametrize(
    ("server", "counted"),
    [
        (MailServer(rcpt="550 no such person"), 1),
        (MailServer(rcpt="550 5.4.1 access denied"), 1),
        (MailServer(data="550 5.1.1 unknown after all"), 1),
        (MailServer(data="552 5.2.2 mailbox full"), 1),
        (MailServer(rcpt="554 5.7.1 relay access denied"), 0),
        (MailServer(data="554 5.7.1 we do not want this"), 0),
        (MailServer(data="554 no"), 0),
        (MailServer(rcpt="450 4.1.1 not now"), 0),
    ],
)
def test_only_what_a_server_says_of_the_address_counts(
    settings: Settings, person: User, server: MailServer, counted: int
) -> None:
    send(person)
    deliver(settings, server)
    assert RefusedAddress.objects.count() == counted


def test_notices_are_held_back_and_account_mails_are_tried(settings: Settings, person: User) -> None:
    suspend(person)
    send(person, MailKind.NOTICE)
    send(person)
    server = MailServer(rcpt=BAD)
    deliver(settings, server)
    assert states() == ["held", "failed"]
    held = Mail.objects.get(state="held")
    assert held.failure == "address suspended"
    assert held.text, "staff can send it again"


def test_a_mail_that_is_taken_ends_the_suspension(settings: Settings, person: User) -> None:
    suspend(person)
    send(person)
    deliver(settings, MailServer())
    assert not refused.is_suspended(person.email)
    assert AuditEvent.objects.get(action=Action.ADDRESS_CONFIRMED).actor == "system:mail"
    send(person, MailKind.NOTICE)
    deliver(settings, MailServer())
    assert states() == ["sent", "sent"]


def test_whoever_is_reached_again_gets_the_notices_that_could_not_be_given(settings: Settings, person: User) -> None:
    send(person, MailKind.NOTICE)
    deliver(settings, MailServer(rcpt=BAD))
    suspend(person)
    send(person, MailKind.NOTICE)
    old = send(person, MailKind.NOTICE)
    Mail.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    deliver(settings, MailServer())
    retention.forget_mails(timezone.now())
    assert sorted(states()) == ["failed", "held", "held"]

    refused.confirm(person)
    deliver(settings, server := MailServer())

    assert sorted(states()) == ["held", "sent", "sent"], "what is too old has no text any more"
    assert len(server.offered) == 2


def test_whoever_has_left_gets_nothing_of_what_was_held_back(settings: Settings, person: User) -> None:
    suspend(person)
    send(person, MailKind.NOTICE)
    deliver(settings, MailServer())
    closing.close(person)
    refused.confirm(person)
    deliver(settings, server := MailServer())
    assert server.offered == []
    assert Mail.objects.get().text == ""


def test_the_account_page_says_so_and_sends_a_link_that_confirms(logged_in: Client, person: User) -> None:
    assert "came back several times" not in logged_in.get("/account/").content.decode()
    suspend(person)
    assert "came back several times" in logged_in.get("/account/").content.decode()

    assert logged_in.get("/account/address/ask/").status_code == 405
    assert logged_in.post("/account/address/ask/").status_code == 302

    found = re.search(r"http://testserver(/account/address/confirm/\S+)", Mail.objects.get().text)
    assert found
    link, stranger = found[1], Client()
    for _ in range(3):
        assert stranger.get(link).status_code == 200
    assert refused.is_suspended(person.email), "opening the link changes nothing"
    assert "Thank you" in stranger.post(link).content.decode()
    assert not refused.is_suspended(person.email)
    assert AuditEvent.objects.get(action=Action.ADDRESS_CONFIRMED).actor == user_actor(person)
    assert stranger.post(link).status_code == 200, "once more does no harm"


def test_a_link_that_is_worth_nothing(logged_in: Client, person: User) -> None:
    suspend(person)
    logged_in.post("/account/address/ask/")
    found = re.search(r"(/account/address/confirm/\S+)", Mail.objects.get().text)
    assert found
    assert logged_in.post("/account/address/confirm/broken/").status_code == 404
    User.objects.filter(pk=person.pk).update(email="other@example.org")
    assert logged_in.post(found[1]).status_code == 404
    assert refused.is_suspended(person.email)


def test_asking_is_limited(logged_in: Client) -> None:
    answers = [logged_in.post("/account/address/ask/").status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]


def test_an_account_that_is_closed_gets_no_notice_that_waits(person: User) -> None:
    send(person, MailKind.NOTICE)
    send(person)
    closing.close(person)
    assert Mail.objects.get(kind="notice").state == "held"
    assert Mail.objects.get(kind="notice").text == ""
    assert Mail.objects.get(kind="account").state == "queued"


def test_old_texts_and_old_records_are_forgotten(person: User) -> None:
    now = timezone.now()
    for state, days in (("failed", 29), ("failed", 31), ("held", 31), ("queued", 31), ("failed", 366), ("queued", 366)):
        mail = send(person)
        Mail.objects.filter(pk=mail.pk).update(state=state, created_at=now - timedelta(days=days))
    refused.count(email="old@example.org", failure=BAD, now=now - timedelta(days=366))
    refused.count(email="new@example.org", failure=BAD, now=now)
    retention.forget_mails(now)
    assert RefusedAddress.objects.get().email == "new@example.org"
    kept = {(mail.state, (now - mail.created_at).days): bool(mail.text) for mail in Mail.objects.all()}
    assert kept == {
        ("failed", 29): True,
        ("failed", 31): False,
        ("held", 31): False,
        ("queued", 31): True,
        ("queued", 366): True,
    }
