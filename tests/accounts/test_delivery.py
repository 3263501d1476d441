"""The worker hands the outbox to a real mail server, whatever that does."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.mail import send_mail
from django.db import close_old_connections, connection
from django.utils import timezone
from pytest_django import Settings

from accounts import delivery
from accounts.models import Mail
from tests.accounts.smtp import TIMEOUT, MailServer, running, transport

SECRET = "https://example.org/a-link-that-sets-a-password/"


def write(count: int = 1) -> list[Mail]:
    for number in range(count):
        send_mail(f"Mail {number}", SECRET, "Service <service@example.org>", [f"person{number}@example.org"])
    return list(Mail.objects.order_by("recipient"))


def attempt(settings: Settings, server: MailServer) -> int:
    with running(server) as settings.MAIL_TRANSPORT:
        return delivery.deliver_due()


def assert_waits(mail: Mail, failure: str) -> None:
    """The mail is kept as it was, and tried again later."""
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.text, mail.sent_at) == ("queued", 1, SECRET, None)
    assert mail.failure == failure
    assert timedelta(seconds=8) < mail.due_at - timezone.now() < timedelta(seconds=20)
    assert delivery.deliver_due() == 0, "not due yet"


@pytest.mark.django_db
def test_a_delivered_mail_is_as_written_and_its_text_is_erased(settings: Settings) -> None:
    (mail,) = write()
    server = MailServer()

    assert attempt(settings, server) == 1

    (message,) = server.offered
    assert message["Message-ID"] == f"<{mail.pk}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert (message["To"], message["From"]) == ("person0@example.org", "Service <service@example.org>")
    assert message.get_content().strip() == SECRET
    mail.refresh_from_db()
    assert (mail.state, mail.text, mail.html, mail.failure, mail.attempts) == ("sent", "", "", "", 1)
    assert mail.sent_at is not None
    assert attempt(settings, server) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("server", "failure"),
    [
        (MailServer(rcpt="450 try later"), "SMTPRecipientsRefused 450"),
        (MailServer(data="451 greylisted"), "SMTPDataError 451"),
        (MailServer(data="421 shutting down"), "SMTPDataError 421"),
        (MailServer(hangs=True), "SMTPServerDisconnected"),
        (MailServer(drops=True), "SMTPServerDisconnected"),
    ],
)
def test_a_server_in_trouble_gets_the_mail_later(settings: Settings, server: MailServer, failure: str) -> None:
    (mail,) = write()
    assert attempt(settings, server) == 0
    assert_waits(mail, failure)

    Mail.objects.update(due_at=timezone.now())
    better = MailServer()
    assert attempt(settings, better) == 1
    assert better.offered[0]["Message-ID"] == f"<{mail.pk}@example.org>", "by which a duplicate is known"


@pytest.mark.django_db
def test_a_server_that_is_down_gets_the_mail_later(settings: Settings, unused_port: int) -> None:
    (mail,) = write()
    settings.MAIL_TRANSPORT = transport(unused_port)
    assert delivery.deliver_due() == 0
    assert_waits(mail, "ConnectionRefusedError")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "server", [MailServer(rcpt="550 no such person"), MailServer(data="554 we do not want this")], ids=["rcpt", "data"]
)
def test_a_mail_that_is_refused_for_good_is_not_tried_again(settings: Settings, server: MailServer) -> None:
    (mail,) = write()
    assert attempt(settings, server) == 0
    mail.refresh_from_db()
    assert mail.state == "failed"
    assert mail.failure.endswith(("550", "554"))
    Mail.objects.update(due_at=timezone.now())
    assert attempt(settings, MailServer()) == 0


@pytest.mark.django_db
def test_one_bad_address_does_not_hold_up_the_others(settings: Settings) -> None:
    write(3)
    Mail.objects.filter(recipient="person0@example.org").update(recipient="person0@example.org\nBcc: x@example.org")
    assert attempt(settings, MailServer()) == 2


@pytest.mark.django_db
def test_a_server_that_hangs_holds_the_worker_up_once(settings: Settings) -> None:
    write(5)
    began = time.monotonic()
    assert attempt(settings, MailServer(hangs=True)) == 0
    assert time.monotonic() - began < TIMEOUT * 4
    assert Mail.objects.filter(attempts=0).count() == 4


@pytest.mark.django_db
def test_a_wrong_password_of_ours_loses_no_mail(settings: Settings) -> None:
    (mail,) = write()
    with running(MailServer()) as route:
        settings.MAIL_TRANSPORT = {**route, "username": "service", "password": "wrong"}
        assert delivery.deliver_due() == 0
    mail.refresh_from_db()
    assert mail.state == "queued"


@pytest.mark.django_db
def test_after_the_last_attempt_the_mail_has_failed(settings: Settings) -> None:
    (mail,) = write()
    Mail.objects.update(attempts=delivery.GIVE_UP_AFTER - 1)
    assert attempt(settings, MailServer(rcpt="450 not now")) == 0
    mail.refresh_from_db()
    assert (mail.state, mail.text) == ("failed", SECRET)


@pytest.mark.django_db
def test_a_server_that_is_down_for_days_fails_no_mail(settings: Settings, unused_port: int) -> None:
    (mail,) = write()
    Mail.objects.update(attempts=delivery.GIVE_UP_AFTER)
    settings.MAIL_TRANSPORT = transport(unused_port)
    for days, state in ((4, "queued"), (6, "failed")):
        Mail.objects.update(created_at=timezone.now() - timedelta(days=days), due_at=timezone.now())
        delivery.deliver_due()
        mail.refresh_from_db()
        assert mail.state == state


def test_waiting_times_grow_are_jittered_and_end() -> None:
    times = [[delivery.backoff(attempts).total_seconds() for _ in range(50)] for attempts in range(1, 13)]
    for number, seconds in enumerate(times):
        expected = min(15 * 2**number, 6 * 60 * 60)
        assert expected * 0.75 <= min(seconds) < max(seconds) <= expected * 1.25
        assert len(set(seconds)) > 40


@pytest.mark.django_db(transaction=True)
def test_one_round_at_a_time_and_no_mail_twice(settings: Settings) -> None:
    mails = write(20)
    server = MailServer(seconds=0.01)
    sent: list[int] = []

    def work() -> None:
        try:
            sent.append(delivery.deliver_due())
        finally:
            connection.close()

    with running(server) as settings.MAIL_TRANSPORT:
        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    ids = [message["Message-ID"] for message in server.offered]
    assert sorted(ids) == sorted(f"<{mail.pk}@example.org>" for mail in mails)
    assert sorted(sent) == [0, 20], "the second left at once"
    assert server.connections == 1
    close_old_connections()


@pytest.mark.django_db
def test_a_lease_keeps_others_away_and_ends(settings: Settings) -> None:
    (mail,) = write()
    assert delivery._claim() == mail  # by a worker that then dies
    assert delivery._claim() is None
    Mail.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert delivery._claim() == mail


@pytest.mark.django_db
def test_many_mails_go_over_one_connection(settings: Settings) -> None:
    write(5)
    server = MailServer()
    assert attempt(settings, server) == 5
    assert server.connections == 1


@pytest.mark.django_db
def test_a_connection_carries_no_more_than_its_share(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "MAILS_A_CONNECTION", 2)
    write(5)
    server = MailServer()
    assert attempt(settings, server) == 5
    assert server.connections == 3


@pytest.mark.django_db
def test_a_server_that_hangs_up_after_some_mails_gets_the_rest_over_new_connections(settings: Settings) -> None:
    write(7)
    server = MailServer(mails_a_connection=2)
    assert attempt(settings, server) == 5, "the third of each connection waits"
    assert Mail.objects.filter(state="queued", attempts=1).count() == 2


@pytest.mark.django_db
def test_an_address_that_is_refused_holds_up_nobody(settings: Settings) -> None:
    write(9)
    server = MailServer(refuses=frozenset({"person3@example.org", "person5@example.org"}))
    assert attempt(settings, server) == 7
    assert set(Mail.objects.filter(state="failed").values_list("recipient", flat=True)) == server.refuses


@pytest.mark.django_db
def test_greylisting_of_some_holds_up_nobody(settings: Settings) -> None:
    write(9)
    server = MailServer(refuses=frozenset({"person3@example.org"}), refusal="451 4.7.1 greylisted")
    assert attempt(settings, server) == 8
    assert_waits(Mail.objects.get(recipient="person3@example.org"), "SMTPRecipientsRefused 451")


@pytest.mark.django_db
def test_account_mails_go_before_notices(settings: Settings) -> None:
    write(4)
    Mail.objects.filter(recipient__in=["person0@example.org", "person1@example.org"]).update(kind="notice")
    server = MailServer()
    attempt(settings, server)
    assert [message["To"][6] for message in server.offered] == ["2", "3", "0", "1"]


@pytest.mark.django_db
def test_a_clock_that_went_wrong_delays_no_mail(settings: Settings) -> None:
    new, retried = write(2)
    Mail.objects.filter(pk=new.pk).update(due_at=timezone.now() + timedelta(hours=3))  # written while it was ahead
    Mail.objects.filter(pk=retried.pk).update(due_at=timezone.now() + timedelta(days=300), attempts=1)
    assert attempt(settings, MailServer()) == 2


@pytest.mark.django_db
def test_a_round_ends_before_the_worker_would_end_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "ROUND", 0.2)
    write(20)
    assert 0 < attempt(settings, MailServer(seconds=0.05)) < 20


@pytest.mark.django_db
def test_the_headers_of_a_mail(settings: Settings) -> None:
    (mail,) = write()
    server = MailServer()
    attempt(settings, server)
    (message,) = server.offered
    assert message["Date"].datetime == mail.created_at.replace(microsecond=0)
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert set(message.keys()) == {
        "Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Message-ID", "Date",
        "Auto-Submitted", "X-Auto-Response-Suppress", "X-Peer", "X-MailFrom", "X-RcptTo",
    } - {"X-Peer", "X-MailFrom", "X-RcptTo"}  # fmt: skip
