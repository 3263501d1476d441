"""The way out of digests: one click without logging in, and opening the link changes nothing (RFC 8058)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django.asserts import assertContains

from accounts.models import Action, AuditEvent, User
from notifications import digests, unsubscribing
from notifications.models import Frequency, Stream
from organisations import leaving
from organisations.models import Organisation, Role
from tests.factories import make_member, share_result
from tests.notifications.steps import mails_to, of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def user(organisation: Organisation) -> User:
    return make_member(organisation)


def _link(user: User, stream: Stream) -> str:
    return unsubscribing.address(of(user, stream).membership_id, stream).partition("/email-notifications/")[2]


def path(user: User, stream: Stream = Stream.NEW_RESULTS) -> str:
    return "/email-notifications/" + _link(user, stream)


def test_a_digest_carries_the_headers_of_the_rfc(organisation: Organisation, user: User) -> None:
    digests.run(NOW)
    share_result(organisation, now=NOW)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):  # a link holds the second in which it was signed
        digests.run(NOW + timedelta(days=1))
        expected = path(user)
    (mail,) = mails_to(user)
    link = mail.headers["List-Unsubscribe"]
    assert link.startswith("<")
    assert link.endswith(f"{expected}>")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.strip("<>") in mail.text


def test_looking_changes_nothing_however_often(client: Client, user: User) -> None:
    for method in ("get", "head", "get"):
        assert getattr(client, method)(path(user)).status_code == 200
    assert of(user).frequency == Frequency.DAILY
    assertContains(client.get(path(user)), "Stop these e-mails")


def test_one_click_of_a_mail_program_stops_them(user: User) -> None:
    program = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert program.post(path(user), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert of(user).frequency == Frequency.OFF
    assert of(user, Stream.CHANGES).frequency == Frequency.AS_IT_HAPPENS
    assert AuditEvent.objects.filter(action=Action.NOTIFICATIONS_CHANGED).count() == 1


def test_a_primary_user_still_hears_of_changes_once_a_day(client: Client, organisation: Organisation) -> None:
    head = make_member(organisation, Role.PRIMARY)
    assertContains(client.get(path(head, Stream.CHANGES)), "one e-mail a day at most")
    client.post(path(head, Stream.CHANGES))
    assert of(head, Stream.CHANGES).frequency == Frequency.DAILY


def test_a_broken_link_and_that_of_somebody_who_left_say_so(
    client: Client, organisation: Organisation, user: User
) -> None:
    head, link = make_member(organisation, Role.PRIMARY), path(user)
    leaving.delete(membership=user.membership, by=head)
    for broken in (link, "/email-notifications/unsubscribe/x/", link[:-3] + "x/"):
        assertContains(client.get(broken), "no longer works", status_code=404)
        assert client.post(broken).status_code == 404
