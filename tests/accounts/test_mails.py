"""A mail is written once, as text, and reads well as HTML too."""

import re
import uuid

import pytest
from django.core.mail import EmailMultiAlternatives
from pytest_django import Settings

from accounts import mails
from accounts.mail_html import to_html
from accounts.models import Mail, MailKind, User

pytestmark = pytest.mark.django_db
OURS = "http://testserver"


def test_a_mail_is_text_and_html_and_the_record_knows_what_it_is(person: User) -> None:
    mails.send("organisations/email/primary_given", person.email, {"organisation": {"name": "Kin & Co <b>"}})
    mail = Mail.objects.get()
    assert (mail.template, mail.kind, mail.user) == ("organisations/email/primary_given", MailKind.ACCOUNT, person)
    assert "Kin & Co <b>" in mail.text
    assert "Kin &amp; Co &lt;b&gt;" in mail.html
    assert f'<p class="action"><a href="{OURS}/organisation/">Go to Your Organisation</a></p>' in mail.html
    assert "<h1>You are the Primary User of your organisation now</h1>" in mail.html
    assert '<html lang="en-gb">' in mail.html


def test_what_is_said_once_at_the_end_of_the_text_is_the_footer_of_the_html(settings: Settings) -> None:
    settings.HELPDESK_EMAIL = "help@example.org"
    words = {"settings_url": f"{OURS}/email-notifications/", "unsubscribe_url": f"{OURS}/stop/x/"}
    letter = mails.write("account/email/email_change_taken", "a@example.org", words)
    assert re.search(r"\n-- \nResults Verification Service\n", str(letter.body))
    assert f"Choose which e-mails you get: {OURS}/email-notifications/\n" in letter.body
    footer = str(letter.alternatives[0][0]).partition("<footer>")[2]
    assert f'<a href="{OURS}/email-notifications/">Choose which e-mails you get</a>' in footer
    assert f'<a href="{OURS}/stop/x/">Stop these e-mails</a>' in footer
    assert '<a href="mailto:help@example.org">help@example.org</a>' in footer


def test_a_mail_without_settings_has_no_link_to_them() -> None:
    letter = mails.write("account/email/email_change_taken", "a@example.org", {})
    assert "Choose which" not in letter.body
    assert "Choose which" not in str(letter.alternatives[0][0])


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One.\n\n\nTwo,\nand three.", "<p>One.</p>\n<p>Two,<br>\nand three.</p>"),
        ("- a\n- b & c", "<ul><li>a</li><li>b &amp; c</li></ul>"),
        (f"Log in:\n{OURS}/login/", f'<p class="action"><a href="{OURS}/login/">Log in</a></p>'),
        (f"Log in: {OURS}/login/", f'<p class="action"><a href="{OURS}/login/">Log in</a></p>'),
        (f"One.\nLog in: {OURS}/login/", f'<p>One.<br>\n<a href="{OURS}/login/">Log in</a></p>'),
        ("These:\n- a\n- b\nAnd so on.", "<p>These:</p>\n<ul><li>a</li><li>b</li></ul>\n<p>And so on.</p>"),
        (
            f"It is <there>. Look at it:\n{OURS}/a/",
            f'<p>It is &lt;there&gt;.</p>\n<p class="action"><a href="{OURS}/a/">Look at it</a></p>',
        ),
        (
            f"Lost it? Get another: {OURS}/a/\nAnd more",
            f'<p>Lost it? <a href="{OURS}/a/">Get another</a><br>\nAnd more</p>',
        ),
        (f"{'Word ' * 10}here: {OURS}/a/", f'<p><a href="{OURS}/a/">{"Word " * 10}here</a></p>'),
        (f"See {OURS}/login/.", f'<p>See <a href="{OURS}/login/">{OURS}/login/</a>.</p>'),
        (f"{OURS}/a/?b=1&c=2", f'<p><a href="{OURS}/a/?b=1&amp;c=2">{OURS}/a/?b=1&amp;c=2</a></p>'),
        ("Reason:\nnone", "<p>Reason:<br>\nnone</p>"),
        ("Reason:", "<p>Reason:</p>"),
        ("Here: https://evil.example/", "<p>Here: https://evil.example/</p>"),
        (f"Here: {OURS}.evil.example/", f"<p>Here: {OURS}.evil.example/</p>"),
        (f'{OURS}/"onclick=alert(1)', f'<p><a href="{OURS}/">{OURS}/</a>&quot;onclick=alert(1)</p>'),
        ("<script>x</script>", "<p>&lt;script&gt;x&lt;/script&gt;</p>"),
        ("", ""),
    ],
)
def test_text_becomes_html(text: str, html: str) -> None:
    assert to_html(text) == html


def test_a_mail_with_a_chosen_id_is_put_there_once() -> None:
    key = uuid.uuid4()
    for _ in range(2):
        mails.send("account/email/email_change_taken", "a@example.org", {}, pk=key, kind=MailKind.NOTICE)
    assert Mail.objects.get().pk == key


def test_many_mails_take_one_insertion(django_assert_num_queries: object) -> None:
    letters = [mails.write("account/email/email_change_taken", f"{each}@example.org", {}) for each in "abc"]
    with django_assert_num_queries(2):  # type: ignore[operator]  # owners, mails
        mails.send_all(letters)
    assert Mail.objects.count() == 3


def test_a_mail_that_was_written_elsewhere_is_sent_as_well() -> None:
    EmailMultiAlternatives("Subject", "Text", "a@example.org", ["b@example.org"]).send()
    assert (Mail.objects.get().template, Mail.objects.get().user) == ("", None)
