"""Every mail is a row first, in the transaction of whoever wrote it."""

import email
import email.policy
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, send_mail
from django.db import transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import delivery, doorbell
from accounts.models import Mail, User
from accounts.tasks import deliver_mail
from tests.accounts.smtp import MailServer, running

pytestmark = pytest.mark.django_db


def write(subject: str = "Subject", to: str = "ada@example.org") -> None:
    send_mail(subject, "Text\n", "Service <service@example.org>", [to])


def test_a_mail_is_a_row_first() -> None:
    message = EmailMultiAlternatives("Subject", "Text", "service@example.org", ["a@example.org"], cc=["b@example.org"])
    message.attach_alternative("<p>Text</p>", "text/html")
    assert message.send() == 1
    rows = Mail.objects.order_by("recipient")
    assert [(row.recipient, row.text, row.html, row.state) for row in rows] == [
        ("a@example.org", "Text", "<p>Text</p>", "queued"),
        ("b@example.org", "Text", "<p>Text</p>", "queued"),
    ]


def test_a_mail_goes_down_with_its_transaction() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not Mail.objects.exists()


def test_the_doorbell_rings_after_the_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        write()
    assert len(callbacks) == 1


def test_an_attachment_is_refused() -> None:
    message = EmailMessage("Subject", "Text", "service@example.org", ["a@example.org"])
    message.attach("statement.pdf", b"%PDF-", "application/pdf")
    with pytest.raises(ValueError, match="no attachments"):
        message.send()
    assert not Mail.objects.exists()


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\x0b", "\u2028", "\x85"])
def test_a_subject_cannot_carry_a_header(ending: str, settings: Settings) -> None:
    write(f"Hello{ending}Bcc: everybody@example.org")
    server = MailServer()
    with running(server) as settings.MAIL_TRANSPORT:
        assert delivery.deliver_due() == 1
    (message,) = server.offered
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: everybody@example.org"
    assert message["To"] == "ada@example.org"


def test_a_recipient_cannot_carry_a_header(settings: Settings) -> None:
    write(to="ada@example.org\nBcc: everybody@example.org")
    server = MailServer()
    with running(server) as settings.MAIL_TRANSPORT:
        assert delivery.deliver_due() == 0
    assert server.offered == []


# --- The broker is only a doorbell ------------------------------------------------------------------------------------


@pytest.fixture
def _dead_broker(monkeypatch: pytest.MonkeyPatch, unused_port: int) -> None:
    monkeypatch.setitem(deliver_mail.app.conf, "broker_write_url", f"redis://127.0.0.1:{unused_port}/0")


def test_a_living_broker_is_rung() -> None:
    with deliver_mail.app.connection_for_read() as broker:
        queue: Any = broker.default_channel.client  # type: ignore[attr-defined]  # Redis alone has it
        before = queue.llen("celery")
        doorbell._ring(deliver_mail)
        assert queue.llen("celery") == before + 1


@pytest.mark.usefixtures("_dead_broker")
def test_a_dead_broker_neither_breaks_nor_delays_the_page(
    client: Client,
    person: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    began = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/password/reset/", {"email": person.email})
    assert response.status_code == 302
    assert time.monotonic() - began < 3
    assert Mail.objects.filter(recipient=person.email, state="queued").count() == 1
    assert "the broker cannot be reached" in caplog.text


# --- The demonstration's mail server ----------------------------------------------------------------------------------


def test_the_demonstration_writes_files_that_mail_programs_read(tmp_path: Path, settings: Settings) -> None:
    settings.MAIL_TRANSPORT = {"backend": "accounts.outbox.EmlFileBackend", "folder": str(tmp_path / "mail")}
    write("Grüße an Zoë")
    mail = Mail.objects.get()

    assert delivery.deliver_due() == 1

    (path,) = (tmp_path / "mail").iterdir()
    message: Any = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert path.suffix == ".eml"
    assert str(mail.pk) in path.name
    assert message["Subject"] == "Grüße an Zoë"
    assert message["From"] == "Service <service@example.org>"
    assert message["To"] == "ada@example.org"
    assert message.get_body(("plain",)).get_content() == "Text\n"
    assert not message.defects
