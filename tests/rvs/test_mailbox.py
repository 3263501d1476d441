"""/_mail/: the demonstration's mail in the browser."""

from pathlib import Path

import pytest
from django.core.mail import send_mail
from django.test import Client
from pytest_django import Settings
from pytest_django.asserts import assertContains, assertNotContains

from accounts import delivery, mails

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.MAIL_TRANSPORT = {"backend": "accounts.outbox.EmlFileBackend", "folder": str(tmp_path / "mail")}
    return tmp_path / "mail"


def write(subject: str, text: str = "Text") -> None:
    send_mail(subject, text, "service@example.org", ["zoë <zoe@example.org>"])
    delivery.deliver_due()


def test_an_empty_mailbox_says_so(client: Client, folder: Path) -> None:
    assert client.get("/_mail/").status_code == 200
    assert not folder.exists()


def test_letters_are_listed_newest_first_and_can_be_read(client: Client, folder: Path) -> None:
    write("The first")
    write("The second", "Grüße\nhttps://example.org/a-link/")
    page = client.get("/_mail/").content.decode()
    assert page.index("The second") < page.index("The first")
    newest = max(path.stem for path in folder.glob("*.eml"))
    letter = client.get(f"/_mail/{newest}/")
    for shown in ("The second", "Grüße", "https://example.org/a-link/", "zoe@example.org"):
        assertContains(letter, shown)


def test_a_letter_is_text_whatever_stands_in_it(client: Client, folder: Path) -> None:
    write("<script>alert(1)</script>", "<img src=x onerror=alert(1)>")
    (path,) = folder.glob("*.eml")
    for page in (client.get("/_mail/"), client.get(f"/_mail/{path.stem}/")):
        assertContains(page, "&lt;script&gt;alert(1)")
        assertNotContains(page, "<script>alert")
        assertNotContains(page, "<img src=x")


def test_the_html_of_a_letter_is_shown_and_loads_nothing(client: Client, folder: Path) -> None:
    mails.send("account/email/email_change_taken", "zoe@example.org", {})
    delivery.deliver_due()
    (path,) = folder.glob("*.eml")
    assertContains(client.get(f"/_mail/{path.stem}/"), f'src="/_mail/{path.stem}/html/"')
    html = client.get(f"/_mail/{path.stem}/html/")
    assertContains(html, "<h1>Somebody wanted to use your e-mail address</h1>")
    assert "default-src 'none'" in html["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["no-such", "..", "%2e%2e%2fsecret", "..%2fsecret", "secret", ".half-written", "%00"])
def test_only_letters_can_be_opened(client: Client, folder: Path, name: str) -> None:
    write("A letter")
    (folder.parent / "secret.eml").write_text("Subject: canary\n\ncanary")
    (folder / "secret.txt").write_text("canary")
    (folder / ".half-written").write_text("canary")
    response = client.get(f"/_mail/{name}/")
    assert response.status_code == 404
    assertNotContains(response, "canary", status_code=404)
    assert client.get(f"/_mail/{name}/html/").status_code == 404


def test_without_a_folder_there_is_nothing(client: Client, settings: Settings) -> None:
    settings.MAIL_TRANSPORT = {"backend": "django.core.mail.backends.locmem.EmailBackend"}
    assert client.get("/_mail/").status_code == 200
    assert client.get("/_mail/x/").status_code == 404
