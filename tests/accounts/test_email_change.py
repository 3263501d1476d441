"""A new e-mail address counts when both addresses have agreed."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent, EmailChange, Mail, User
from tests.accounts.second_step import confirm
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db

OLD, NEW = "known@example.org", "new@example.org"
GONE = "This link no longer works"


@pytest.fixture
def owner(client: Client, person: User) -> Client:
    """Logged in as `person`, and recently confirmed."""
    client.post("/login/", {"login": OLD, "password": PASSWORD})
    confirm(client)
    return client


def ask(owner: Client, email: str = NEW) -> None:
    assertRedirects(owner.post("/account/email/", {"email": email}), "/account/")


def link(recipient: str) -> str:
    mail = Mail.objects.filter(recipient=recipient, subject__startswith="Confirm the change")[0]
    (found,) = re.findall(r"https?://\S+/account/email/confirm/\S+", mail.text)
    assert found.startswith(f"{settings.PUBLIC_BASE_URL}/")
    return str(found.removeprefix(settings.PUBLIC_BASE_URL))


def address_of(person: User) -> str:
    person.refresh_from_db()
    return person.email


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
def test_it_changes_when_both_have_agreed(owner: Client, person: User, order: tuple[str, str]) -> None:
    elsewhere = Client()
    elsewhere.post("/login/", {"login": OLD, "password": PASSWORD})
    ask(owner, "New@Example.org")
    links = {address: link(address) for address in order}

    assertContains(Client().post(links[order[0]]), "Now open the link in the mail that we sent to the other address")
    assert address_of(person) == OLD
    assertContains(owner.get("/account/"), "not yet confirmed", count=1)
    assertContains(Client().post(links[order[1]]), "The e-mail address is changed")

    assert address_of(person) == NEW
    assert elsewhere.get("/account/").status_code == 302, "every session has ended, for nobody was logged in here"
    assert Client().post("/login/", {"login": OLD, "password": PASSWORD}).status_code == 200
    assert Client().post("/login/", {"login": NEW, "password": PASSWORD}).status_code == 302
    told = Mail.objects.filter(subject="The e-mail address of your account was changed")
    assert {mail.recipient for mail in told} == {OLD, NEW}
    actions = AuditEvent.objects.filter(target=f"user:{person.pk}").values_list("action", flat=True)
    assert {Action.EMAIL_CHANGE_ASKED, Action.EMAIL_CHANGED} <= set(actions)
    for address in order:
        assertContains(Client().post(links[address]), GONE, status_code=404)


def test_whoever_confirms_while_logged_in_stays_so(owner: Client, person: User) -> None:
    ask(owner)
    before = owner.cookies[settings.SESSION_COOKIE_NAME].value
    for address in (OLD, NEW):
        owner.post(link(address))
    assert owner.get("/account/").status_code == 200
    assert owner.cookies[settings.SESSION_COOKIE_NAME].value != before


def test_a_link_for_a_new_password_is_worth_nothing_after_the_change(owner: Client, person: User) -> None:
    Client().post("/password/reset/", {"email": OLD})
    text = Mail.objects.get(recipient=OLD, subject__startswith="Set a new password").text
    (reset,) = re.findall(r"/password/reset/key/\S+", text)
    ask(owner)
    for address in (OLD, NEW):
        owner.post(link(address))
    assertContains(Client().get(reset), GONE)


def test_a_scanner_changes_nothing(owner: Client, person: User) -> None:
    ask(owner)
    for address in (OLD, NEW):
        for number in range(5):
            scanner = Client(REMOTE_ADDR=f"192.0.2.{number + 1}", headers={"User-Agent": "SafeLinks"})
            scanner.head(link(address))
            page = scanner.get(link(address))
            assertContains(page, "Yes, change it")
            assertContains(page, '<form method="post">', count=1)
            assert page.content.count(b"<script") == page.content.count(b"<script src=")
    change = EmailChange.objects.get()
    assert (change.old_confirmed_at, change.new_confirmed_at) == (None, None)
    for address in (OLD, NEW):
        Client().post(link(address))
    assert address_of(person) == NEW


@pytest.mark.parametrize("side", [OLD, NEW])
def test_either_address_may_refuse(owner: Client, person: User, side: str) -> None:
    ask(owner)
    links = [link(OLD), link(NEW)]
    Client().post(link(NEW if side == OLD else OLD))
    assertContains(Client().post(f"{link(side)}refuse/"), "The e-mail address stays as it is")
    for address in links:
        assertContains(Client().post(address), GONE, status_code=404)
    assert address_of(person) == OLD
    assert AuditEvent.objects.filter(action=Action.EMAIL_CHANGE_CANCELLED).count() == 1


def test_it_can_be_cancelled(owner: Client, person: User) -> None:
    ask(owner)
    assertContains(owner.get("/account/"), NEW)
    owner.post("/account/email/cancel/")
    assertNotContains(owner.get("/account/"), NEW)
    assertContains(Client().get(link(NEW)), GONE, status_code=404)


def test_links_are_good_for_three_days(owner: Client, person: User) -> None:
    now = timezone.now()
    ask(owner)
    with time_machine.travel(now + timedelta(days=3, seconds=-5), tick=False):
        assert Client().get(link(NEW)).status_code == 200
    with time_machine.travel(now + timedelta(days=3, minutes=1), tick=False):
        assertContains(Client().post(link(NEW)), GONE, status_code=404)


def test_a_later_wish_replaces_the_earlier(owner: Client, person: User) -> None:
    ask(owner)
    earlier = link(NEW)
    ask(owner, "third@example.org")
    assertContains(Client().post(earlier), GONE, status_code=404)
    assert EmailChange.objects.get().new_email == "third@example.org"


def test_nobody_learns_who_has_an_account(owner: Client, person: User) -> None:
    make_user("taken@example.org")
    ask(owner, "taken@example.org")
    assert not re.search(r"https?://", Mail.objects.get(recipient="taken@example.org").text)
    free = owner.get("/account/").content
    assert b"taken@example.org" in free


def test_an_address_that_was_taken_meanwhile_is_refused(owner: Client, person: User) -> None:
    ask(owner)
    make_user(NEW)
    Client().post(link(OLD))
    assertContains(Client().post(link(NEW)), "The new address belongs to another account meanwhile")
    assert address_of(person) == OLD


def test_it_needs_the_password_once_more(client: Client, person: User) -> None:
    client.post("/login/", {"login": OLD, "password": PASSWORD})
    for response in (client.get("/account/email/"), client.post("/account/email/", {"email": NEW})):
        assert response["Location"].startswith("/account/confirm/?next=")
    assert not EmailChange.objects.exists()


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "Enter the new e-mail address"),
        ("no address", "in the usual form"),
        (OLD, "your address already"),
    ],
)
def test_what_is_no_new_address_is_refused(owner: Client, email: str, message: str) -> None:
    assertContains(owner.post("/account/email/", {"email": email}), message)
    assert not EmailChange.objects.exists()


def test_mails_to_strangers_are_limited(owner: Client) -> None:
    statuses = [owner.post("/account/email/", {"email": f"n{number}@example.org"}).status_code for number in range(6)]
    assert statuses == [302] * 5 + [429]


@pytest.mark.parametrize("token", ["x", "WyIxIiwib2xkIl0:1tZ:forged", "a" * 3000])
def test_a_link_made_up_leads_nowhere(client: Client, token: str) -> None:
    for address in (f"/account/email/confirm/{token}/", f"/account/email/confirm/{token}/refuse/"):
        assertContains(client.post(address), GONE, status_code=404)
