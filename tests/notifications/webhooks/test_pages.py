"""The tab Webhooks: the Primary User creates and looks after webhooks; everybody sees whether they work."""

import html
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects
from standardwebhooks import Webhook as Verifier

from accounts.models import Action, AuditEvent, User
from notifications.models import Webhook, WebhookMessage
from notifications.webhooks import endpoints, signing
from organisations import leaving
from organisations.errors import NotPrimaryError
from organisations.models import Organisation, Role
from sharing.models import ChangeType
from tests.accounts.second_step import confirm
from tests.factories import make_member, make_organisation, make_webhook, share_result
from tests.notifications.webhooks.receiver import receiving, status
from tests.notifications.webhooks.steps import send

pytestmark = pytest.mark.django_db

TAB, CREATE = "/organisation/webhooks/", "/organisation/webhooks/create/"


@pytest.fixture
def boss(organisation: Organisation) -> User:
    return make_member(organisation, Role.PRIMARY, given_name="Prima", family_name="Facie")


@pytest.fixture
def page(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    confirm(client)
    return client


def form(**fields: Any) -> dict[str, Any]:
    values = {"webhook_id": uuid.uuid4(), "name": "CRM", "address": "https://crm.example.ac.uk/hooks"}
    return {**values, "events": ChangeType.values, **fields}


def secret_in(answer: Any) -> str:
    (secret,) = set(re.findall(r"whsec_[0-9A-Za-z+/=]+", html.unescape(answer.content.decode())))
    return str(secret)


def make_signed(organisation: Organisation, boss: User) -> tuple[Webhook, str]:
    return endpoints.create(organisation=organisation, by=boss, now=timezone.now(), **form())


def of(webhook: Webhook, action: str = "") -> str:
    return f"{TAB}{webhook.pk}/{action}"


def test_created_its_secret_shown_once_tested_and_used(organisation: Organisation, boss: User, page: Client) -> None:
    assertContains(page.get(TAB), "No webhook yet")
    assertContains(page.get(CREATE), "It hears of what happens from now on")
    share_result(organisation)
    with receiving() as receiver:
        answer = page.post(CREATE, form(address=receiver.address))
        webhook = Webhook.objects.get()
        secret = secret_in(answer)
        assert "no-store" in answer["Cache-Control"]
        told = page.post(of(webhook, "test/"), follow=True)
        assertContains(told, "Waiting")
        assertContains(told, 'data-follow="open"')
        share_result(organisation)
        send()

    receiver.check(secret)
    assert {call.content["type"] for call in receiver.calls} == {"webhook.test", "share.created"}
    assert len(receiver.calls) == 2  # not what was shared before
    event = AuditEvent.objects.get(action=Action.WEBHOOK_CREATED)
    assert (event.actor, event.target) == (f"user:{boss.pk}", f"webhook:{webhook.pk}")
    for again in (page.get(TAB), page.get(of(webhook)), page.get(of(webhook, "edit/"))):
        assertNotContains(again, secret)
    assert secret not in webhook.secret
    assertContains(page.get("/organisation/activity/"), "Webhook created")
    log = page.get(of(webhook))
    assertContains(log, "Accepted")
    message = WebhookMessage.objects.get(type="share.created")
    assertContains(page.get(of(webhook, f"messages/{message.pk}/")), message.message_id)


def test_the_same_form_sent_twice_makes_one(page: Client) -> None:
    sent = form()
    page.post(CREATE, sent)
    again = page.post(CREATE, sent, follow=True)
    assertRedirects(again, TAB)
    assertContains(again, "has been created already")
    assert Webhook.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "Enter a name"),
        ({"address": ""}, "Enter the address"),
        ({"address": "crm.example.ac.uk"}, "must begin with https://"),
        ({"address": "http://crm.example.ac.uk/"}, "must begin with https://"),
        ({"address": "https://10.0.0.1/"}, "full name of a host"),
        ({"address": "https://user:secret@crm.example.ac.uk/"}, "no user name and no password"),
        ({"address": f"https://crm.example.ac.uk/{'x' * 500}"}, "at most 500"),
        ({"events": []}, "Choose at least one thing"),
        ({"events": ["user.created"]}, "Select a valid choice"),
        ({"webhook_id": "x"}, "There is a problem"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(page: Client, wrong: dict[str, Any], told: str) -> None:
    answer = page.post(CREATE, form(**wrong))
    assertContains(answer, "There is a problem")
    assertContains(answer, told)
    assert not Webhook.objects.exists()


def test_ten_are_the_most(organisation: Organisation, page: Client) -> None:
    for _number in range(endpoints.MOST):
        make_webhook(organisation)
    make_webhook(make_organisation())
    assertContains(page.post(CREATE, form()), "at most ten webhooks")
    assert organisation.webhooks.count() == endpoints.MOST


def test_edited_switched_off_and_on_and_deleted(organisation: Organisation, page: Client) -> None:
    webhook = make_webhook(organisation)
    answer = page.post(of(webhook, "edit/"), form(name="Portal", events=["result.changed"]), follow=True)
    assertContains(answer, "has been saved")
    webhook.refresh_from_db()
    assert (webhook.name, webhook.events) == ("Portal", ["result.changed"])
    assertContains(page.post(of(webhook, "edit/"), form(address="ftp://x")), "There is a problem")

    assertContains(page.post(of(webhook, "switch-off/"), follow=True), "Nothing is lost")
    assertContains(page.get(TAB), "Switched off")
    assertContains(page.post(of(webhook, "switch-on/"), follow=True), "is switched on")

    webhook.messages.create(type="share.created", change=share_result(organisation).changes.get())
    assertContains(page.get(of(webhook, "delete/")), "1 message is still waiting")
    assertRedirects(page.post(of(webhook, "delete/")), TAB)
    assert not Webhook.objects.exists()
    done = ["webhook_changed", "webhook_switched_off", "webhook_switched_on", "webhook_deleted"]
    assert list(AuditEvent.objects.filter(action__startswith="webhook").order_by("pk").values_list("action")) == [
        (action,) for action in done
    ]
    assertContains(page.get("/organisation/activity/"), "Portal")


@pytest.mark.parametrize("at_once", [False, True])
def test_a_secret_is_replaced_with_or_without_an_overlap(
    organisation: Organisation, boss: User, page: Client, at_once: bool
) -> None:
    webhook, old = make_signed(organisation, boss)
    answer = page.post(of(webhook, "secret/"), {"at_once": "on"} if at_once else {})
    new = secret_in(answer)
    assertContains(answer, "alone, from the next one on" if at_once else "with the former secret and with this one")
    webhook.refresh_from_db()
    headers = signing.headers_of("msg_1", b"{}", signing.secrets_of(webhook), timezone.now())
    Verifier(new).verify(b"{}", headers)
    assert len(headers["webhook-signature"].split()) == (1 if at_once else 2)
    if not at_once:
        Verifier(old).verify(b"{}", headers)


def test_a_form_that_is_sent_twice_does_not_end_the_secret_that_is_in_use(
    organisation: Organisation, boss: User
) -> None:
    webhook, first = make_signed(organisation, boss)
    latest = [endpoints.replace_secret(webhook=webhook, by=boss, at_once=False, now=timezone.now()) for _ in range(2)]
    webhook.refresh_from_db()
    headers = signing.headers_of("msg_1", b"{}", signing.secrets_of(webhook), timezone.now())
    for secret in (first, *latest):
        Verifier(secret).verify(b"{}", headers)
    for _number in range(endpoints.MOST_FORMER):
        endpoints.replace_secret(webhook=webhook, by=boss, at_once=False, now=timezone.now())
    webhook.refresh_from_db()
    assert len(signing.secrets_of(webhook)) == 1 + endpoints.MOST_FORMER


def test_a_key_in_the_address_is_the_primary_users_alone(
    organisation: Organisation, page: Client, verifier: Client, staff: Client
) -> None:
    webhook = make_webhook(organisation, address="https://crm.example.org/hooks?key=canary")
    assertContains(page.get(of(webhook)), "key=canary")
    admin = f"/admin/notifications/webhook/{webhook.pk}/change/"
    for answer in (
        verifier.get(of(webhook)),
        verifier.get(TAB),
        staff.get(admin),
        staff.get("/admin/notifications/webhook/"),
    ):
        assertContains(answer, "https://crm.example.org/hooks")
        assertNotContains(answer, "canary")


def test_tests_are_limited_and_one_that_waits_is_enough(organisation: Organisation, page: Client) -> None:
    webhook = make_webhook(organisation)
    first, second = (page.post(of(webhook, "test/"))["Location"] for _number in range(2))
    assert first == second
    for _number in range(endpoints.TESTS.count - 2):
        page.post(of(webhook, "test/"))
    assertContains(page.post(of(webhook, "test/"), follow=True), "many tests within an hour")
    assert AuditEvent.objects.filter(action=Action.WEBHOOK_TESTED).count() == endpoints.TESTS.count


def test_a_message_that_was_given_up_is_sent_again_with_its_own_button_or_all_at_once(
    organisation: Organisation, page: Client
) -> None:
    webhook = make_webhook(organisation)
    given_up = {"state": "failed", "ended_at": timezone.now()}
    one, other = (
        webhook.messages.create(type="share.created", change=share_result(organisation).changes.get(), **given_up)
        for _number in range(2)
    )
    assertContains(page.get(TAB), "2 messages to “")
    assertContains(page.get(of(webhook) + "?state=failed"), "Given up")
    assertContains(page.get(of(webhook) + "?state=delivered"), "No messages here")
    assertRedirects(page.post(of(webhook, f"messages/{one.pk}/send-again/")), of(webhook, f"messages/{one.pk}/"))
    assertContains(page.post(of(webhook, "send-again/"), follow=True), "What was given up waits again")
    assert set(webhook.messages.values_list("pk", "state")) == {(one.pk, "waiting"), (other.pk, "waiting")}


def test_the_page_says_what_the_receiver_answered(organisation: Organisation, page: Client) -> None:
    with receiving(status(503)) as receiver:
        webhook = make_webhook(organisation, address=receiver.address)
        share_result(organisation)
        send()
    (message,) = webhook.messages.all()
    answer = page.get(of(webhook, f"messages/{message.pk}/"))
    assertContains(answer, "503")
    assertContains(answer, "The receiver did not accept it")
    assertContains(answer, "Next attempt with one of them")
    assertContains(answer, 'data-follow="open"')  # in five seconds
    webhook.messages.update(due_at=timezone.now() + timedelta(hours=1))
    Webhook.objects.update(rests_until=timezone.now() + timedelta(minutes=30))
    assertContains(page.get(of(webhook, f"messages/{message.pk}/")), 'data-follow="over"')
    assertContains(page.get(TAB), "No message has been accepted since")


def test_who_leaves_with_the_secret_is_a_warning(organisation: Organisation, boss: User, page: Client) -> None:
    leaver = make_member(organisation, given_name="Lea", family_name="Ver")
    make_webhook(organisation, secret_seen_by=f"user:{leaver.pk}")
    assertNotContains(page.get(TAB), "has left")
    leaving.take_access(leaver.membership)
    assertContains(page.get(TAB), "has left")


def test_admin_users_see_everything_and_change_nothing(organisation: Organisation, verifier: Client) -> None:
    webhook = make_webhook(organisation)
    assertContains(verifier.get(TAB), "Only the Primary User can create")
    assertContains(verifier.get(of(webhook)), webhook.address)
    assertNotContains(verifier.get(of(webhook)), "<form class")
    assertNotContains(verifier.get(of(webhook)), "Send a test")


def test_whoever_is_no_longer_the_primary_user_does_nothing(organisation: Organisation) -> None:
    former, webhook, now = make_member(organisation), make_webhook(organisation), timezone.now()
    for attempt in (
        lambda: endpoints.create(organisation=organisation, by=former, now=now, **form()),
        lambda: endpoints.change(webhook=webhook, by=former, name="x", address="x", events=["x"], now=now),
        lambda: endpoints.replace_secret(webhook=webhook, by=former, at_once=True, now=now),
        lambda: endpoints.switch_off(webhook=webhook, by=former, now=now),
        lambda: endpoints.switch_on(webhook=webhook, by=former, now=now),
        lambda: endpoints.test(webhook=webhook, by=former, now=now),
        lambda: endpoints.send_again(webhook=webhook, by=former, now=now),
        lambda: endpoints.delete(webhook=webhook, by=former),
    ):
        with pytest.raises(NotPrimaryError):
            attempt()
    assert Webhook.objects.get() == webhook


def test_a_foreign_webhook_or_message_is_nowhere(organisation: Organisation, page: Client) -> None:
    foreign, own = make_webhook(make_organisation()), make_webhook(organisation)
    message = foreign.messages.create(type="webhook.test")
    for action in ("", "edit/", "secret/", "delete/", f"messages/{message.pk}/"):
        assert page.get(of(foreign, action)).status_code == 404
    for action in (
        "test/",
        "switch-off/",
        "switch-on/",
        "send-again/",
        "delete/",
        f"messages/{message.pk}/send-again/",
    ):
        assert page.post(of(foreign, action)).status_code == 404
    assert page.get(of(own, f"messages/{message.pk}/")).status_code == 404


def test_the_list_asks_no_more_for_more_webhooks(
    organisation: Organisation, page: Client, django_assert_max_num_queries: Any
) -> None:
    for _number in range(8):
        make_webhook(organisation).messages.create(type="webhook.test")
    with django_assert_max_num_queries(16):
        page.get(TAB)


def test_staff_see_how_it_does_and_no_secret(organisation: Organisation, staff: Client) -> None:
    webhook = make_webhook(organisation)
    for address in ("/admin/notifications/webhook/", f"/admin/notifications/webhook/{webhook.pk}/change/"):
        answer = staff.get(address)
        assertContains(answer, webhook.name)
        assertNotContains(answer, webhook.secret)
    assertNotContains(staff.get("/admin/notifications/webhook/?state=off"), webhook.name)
    assertNotContains(staff.get("/admin/notifications/webhook/?state=failing"), webhook.name)
