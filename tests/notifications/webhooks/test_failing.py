"""What happens when messages are not accepted: pauses, rests, giving up and coming back, with a moved clock.

What must never happen on the way: a message lost, sent to somebody else, or changed when it is repeated.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import time_machine
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from accounts.models import Action, AuditEvent, Mail
from notifications.models import (
    MessageState,
    Problem,
    SwitchedOff,
    Webhook,
    WebhookAttempt,
    WebhookMessage,
)
from notifications.models.webhooks import TEST
from notifications.tasks import forget_webhook_messages
from notifications.webhooks import endpoints, queueing, sending, settling
from notifications.webhooks.transport import Outcome
from organisations.models import Organisation, OrganisationState
from sharing import shares
from sharing.models import ChangeType, Share
from tests.factories import change_result, make_organisation, make_result, make_verification, share_result
from tests.notifications.webhooks.receiver import (
    Receiver,
    hanging_up,
    receiving,
    refusing_these,
    slow,
    status,
)
from tests.notifications.webhooks.steps import make_webhook, primary_of, send
from tests.threads import at_once

pytestmark = pytest.mark.django_db

START: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAUSES: Final = (5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR)
ACCEPTED: Final = Outcome(204, Problem.NONE, 5)
REFUSED: Final = Outcome(500, Problem.REFUSED, 5)
GONE: Final = Outcome(410, Problem.REFUSED, 5)
WAITING, DELIVERED, FAILED = MessageState.WAITING, MessageState.DELIVERED, MessageState.FAILED


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """It goes on by itself too: what waits for an answer could not end otherwise."""
    with time_machine.travel(START, tick=True) as traveller:
        yield traveller


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def webhook(organisation: Organisation, receiver: Receiver) -> Webhook:
    return make_webhook(organisation, receiver.address)[0]


def happen(organisation: Organisation, count: int = 1) -> list[Share]:
    """So many results are shared."""
    return [share_result(organisation) for _number in range(count)]


def queued(webhook: Webhook, count: int = 1) -> list[WebhookMessage]:
    """So many further messages that wait."""
    happen(webhook.organisation, count)
    before = set(webhook.messages.values_list("pk", flat=True))
    queueing.fill(timezone.now())
    return list(webhook.messages.exclude(pk__in=before).order_by("change__position"))


def settle(webhook: Webhook, outcome: Outcome, *messages: WebhookMessage, at: datetime) -> None:
    """This came of them, and the rows are read again."""
    settling.settle(webhook, [(message, outcome) for message in messages], at)
    for row in (webhook, *messages):
        row.refresh_from_db()


def states(webhook: Webhook) -> list[str]:
    return list(webhook.messages.order_by("change__position").values_list("state", flat=True))


def mails_to_primary(webhook: Webhook) -> list[str]:
    primary = primary_of(webhook.organisation)
    return list(Mail.objects.filter(recipient=primary.email).order_by("created_at").values_list("subject", flat=True))


def fail_for(webhook: Webhook, clock: time_machine.Traveller, period: timedelta) -> None:
    """The worker tries again and again, each time that the webhook's rest is over."""
    end = timezone.now() + period
    while timezone.now() < end:
        send()
        webhook.refresh_from_db()
        if webhook.switched_off_at:
            return
        clock.shift(min(webhook.rests_until - timezone.now() + SECOND if webhook.rests_until else HOUR, HOUR))


# --- Pauses and rests


def test_pauses_of_a_message_grow_from_seconds_to_ten_hours(webhook: Webhook) -> None:
    (message,) = queued(webhook)
    now, pauses = START, []
    while now - START < settling.PATIENCE:
        settle(webhook, REFUSED, message, at=now)
        assert message.state == WAITING, "nothing is given up before three days"
        assert webhook.switched_off_at is None
        pauses.append(message.due_at - now)
        now = message.due_at
    assert len(pauses) > len(PAUSES) + 2
    for number, pause in enumerate(pauses):
        least = PAUSES[min(number, len(PAUSES) - 1)]
        assert least <= pause <= least * 1.1
    assert len(set(pauses[len(PAUSES) :])) > 1, "not all come back at the same moment"


def test_who_comes_back_hears_within_the_hour_also_of_a_lone_message(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    receiver.answer = status(503)
    (message,) = queued(webhook)
    fail_for(webhook, clock, 30 * HOUR)
    message.refresh_from_db()
    assert message.due_at > timezone.now() + 2 * HOUR, "by itself it would wait for long"

    receiver.answer = status(204)
    clock.shift(HOUR * 1.1)
    send()
    assert states(webhook) == [DELIVERED]


def test_a_message_that_is_ill_does_not_make_a_quiet_webhook_rest(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    (poison,) = queued(webhook)
    receiver.answer = refusing_these({poison.message_id})
    send()
    clock.shift(6 * SECOND)
    queued(webhook)
    send()
    for _hour in range(80):
        clock.shift(HOUR)
        send()
        webhook.refresh_from_db()
        assert (webhook.failures, webhook.switched_off_at) == (0, None)
    assert states(webhook) == [FAILED, DELIVERED]

    # sent again days later it is refused once more, and says nothing of the receiver
    clock.shift(4 * DAY)
    endpoints.send_again(webhook=webhook, by=primary_of(webhook.organisation), now=timezone.now())
    send()
    clock.shift(6 * SECOND)
    queued(webhook)
    send()
    assert states(webhook) == [WAITING, DELIVERED, DELIVERED]
    webhook.refresh_from_db()
    assert webhook.switched_off_at is None


def test_days_on_which_nothing_was_tried_do_not_count(webhook: Webhook) -> None:
    (message,) = queued(webhook)
    settle(webhook, REFUSED, message, at=START)
    now = START + 4 * DAY
    for _number in range(len(PAUSES) - 1):
        settle(webhook, REFUSED, message, at=now)
        assert webhook.switched_off_at is None
        now += HOUR
    settle(webhook, REFUSED, message, at=now)
    assert webhook.switched_off_at
    assert message.state == WAITING


def test_a_secret_that_cannot_be_read_is_a_failure_that_is_seen(webhook: Webhook, receiver: Receiver) -> None:
    (message,) = queued(webhook)
    Webhook.objects.update(secret="sealed under another key")
    send()
    assert receiver.calls == []
    assert WebhookAttempt.objects.get().problem == Problem.SECRET
    webhook.refresh_from_db()
    assert webhook.failures == 1
    assert message in webhook.messages.waiting()


def test_a_webhook_rests_as_long_as_its_message_but_never_longer_than_an_hour(webhook: Webhook) -> None:
    (message,) = queued(webhook)
    rests = []
    for hour in range(8):
        settle(webhook, REFUSED, message, at=START + hour * HOUR)
        assert webhook.rests_until
        rests.append(webhook.rests_until - (START + hour * HOUR))
    assert all(1 <= rest / pause <= 1.1 for rest, pause in zip(rests[:3], PAUSES, strict=False))
    assert min(rests[:3]) >= PAUSES[0]
    assert rests[3:] == [HOUR] * 5


def test_a_failing_webhook_is_tried_with_one_message_each_time_its_rest_is_over(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    receiver.answer = status(503)
    happen(webhook.organisation, 25)
    send()
    assert len(receiver.calls) == sending.MESSAGES_A_TURN, "until it is known to fail"
    last = timezone.now()
    for number in range(24):
        webhook.refresh_from_db()
        assert webhook.rests_until
        assert webhook.rests_until - last <= HOUR + 10 * SECOND
        clock.move_to(webhook.rests_until - SECOND)
        send()
        assert len(receiver.calls) == sending.MESSAGES_A_TURN + number, "it rests"
        clock.shift(2 * SECOND)
        last = timezone.now()
        send()
        assert len(receiver.calls) == sending.MESSAGES_A_TURN + number + 1
    assert set(states(webhook)) == {WAITING}


def test_after_an_outage_everything_is_sent_at_once(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    receiver.answer = status(503)
    happen(webhook.organisation, 25)
    fail_for(webhook, clock, 12 * HOUR)
    receiver.answer = status(204)
    receiver.calls.clear()
    clock.shift(HOUR)
    send()
    assert states(webhook) == [DELIVERED] * 25
    assert len(receiver.calls) == 25
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.failing_since, webhook.rests_until) == (0, None, None)
    assert webhook.accepted_at


@pytest.mark.parametrize(("minutes", "hurried"), [(9, False), (10, True), (600, True)])
def test_what_waits_is_hurried_after_ten_minutes_and_not_after_a_hiccup(
    webhook: Webhook, minutes: int, *, hurried: bool
) -> None:
    first, second, third = queued(webhook, 3)
    settle(webhook, REFUSED, first, second, at=START)
    for _time in range(5):
        settle(webhook, REFUSED, first, at=START)
    due, now = first.due_at, START + minutes * MINUTE
    settle(webhook, ACCEPTED, third, at=now)
    assert (webhook.failures, webhook.rests_until) == (0, None)
    first.refresh_from_db()
    assert first.due_at == (now if hurried else due)
    assert due - START >= 10 * HOUR


@pytest.mark.parametrize(
    ("answer", "noted"),
    [
        (status(302, Location="/elsewhere"), (302, Problem.REDIRECT)),
        (status(404), (404, Problem.REFUSED)),
        (hanging_up, (None, Problem.CONNECTION)),
    ],
)
def test_an_attempt_is_noted_with_what_came_of_it(
    webhook: Webhook, receiver: Receiver, answer: Any, noted: tuple[int | None, str]
) -> None:
    receiver.answer = answer
    happen(webhook.organisation)
    send()
    attempt = WebhookAttempt.objects.get()
    assert (attempt.status, attempt.problem) == noted
    assert states(webhook) == [WAITING]


# --- One message that is always refused


def test_a_poison_message_holds_up_nothing_and_is_given_up_after_three_days(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    poison, other = queued(webhook, 2)
    receiver.answer = refusing_these({poison.message_id})
    send()
    while timezone.now() - START < settling.PATIENCE:
        poison.refresh_from_db()
        other.refresh_from_db()
        assert (poison.state, other.state) == (WAITING, DELIVERED)
        assert mails_to_primary(webhook) == []
        clock.shift(max(poison.due_at - timezone.now(), timedelta()) + SECOND)
        send()  # alone: the webhook rests for a moment
        (other,) = queued(webhook)
        clock.shift(6 * SECOND)
        send()
    assert _poison_gave_up(webhook, poison)


def _poison_gave_up(webhook: Webhook, poison: WebhookMessage) -> bool:
    poison.refresh_from_db()
    webhook.refresh_from_db()
    assert webhook.switched_off_at is None
    assert len(mails_to_primary(webhook)) == 1
    assert states(webhook).count(DELIVERED) == webhook.messages.count() - 1
    return poison.state == FAILED


def test_several_poison_messages_hold_up_a_new_one_for_no_more_than_the_webhooks_rest(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    poison = queued(webhook, 15)
    receiver.answer = refusing_these({message.message_id for message in poison})
    fail_for(webhook, clock, DAY)
    (new,) = queued(webhook)
    clock.shift(HOUR + SECOND)
    send()
    new.refresh_from_db()
    assert new.state == DELIVERED
    webhook.refresh_from_db()
    assert webhook.switched_off_at is None


def test_of_messages_given_up_the_primary_user_hears_once_a_day(webhook: Webhook) -> None:
    poison = queued(webhook, 4)
    (good,) = queued(webhook)
    for message in poison:
        settle(webhook, REFUSED, message, at=START)
    webhook.messages.filter(failures=1).update(failures=len(PAUSES))
    for message in poison:
        message.refresh_from_db()
    for after, mails in ((2 * DAY, 0), (3 * DAY, 1), (3 * DAY + 23 * HOUR, 1), (4 * DAY, 2)):
        settle(webhook, ACCEPTED, good, at=START + after)
        settle(webhook, REFUSED, poison.pop(), at=START + after)
        assert len(mails_to_primary(webhook)) == mails
    assert states(webhook).count(FAILED) == 3
    assert webhook.switched_off_at is None


# --- Switched off


def test_a_webhook_without_success_for_three_days_is_switched_off_and_loses_nothing(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    receiver.answer = status(500)
    happen(webhook.organisation, 12)
    fail_for(webhook, clock, 71 * HOUR)
    assert (webhook.switched_off_at, mails_to_primary(webhook)) == (None, [])
    fail_for(webhook, clock, 12 * HOUR)
    assert webhook.switched_off_at
    assert webhook.switched_off_at - START >= settling.PATIENCE
    assert webhook.switched_off_why == SwitchedOff.FAILING
    assert set(states(webhook)) == {WAITING}
    assert len(mails_to_primary(webhook)) == 1
    event = AuditEvent.objects.get(action=Action.WEBHOOK_SWITCHED_OFF)
    assert (event.actor, event.target, event.detail["why"]) == (
        "system:webhooks", f"webhook:{webhook.pk}", "failing",
    )  # fmt: skip

    receiver.answer = status(204)
    receiver.calls.clear()
    happen(webhook.organisation, 3)
    clock.shift(20 * DAY)
    send()
    assert receiver.calls == []
    _switch_on(webhook)
    send()
    assert states(webhook) == [DELIVERED] * 15
    assert len(set(receiver.ids)) == len(receiver.calls) == 15
    assert len(mails_to_primary(webhook)) == 1


def _switch_on(webhook: Webhook) -> None:
    endpoints.switch_on(webhook=webhook, by=primary_of(webhook.organisation), now=timezone.now())


def test_a_receiver_that_is_gone_is_switched_off_at_once(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = status(410)
    happen(webhook.organisation, 3)
    send()
    webhook.refresh_from_db()
    assert webhook.switched_off_why == SwitchedOff.GONE
    assert states(webhook) == [WAITING] * 3
    assert len(mails_to_primary(webhook)) == 1
    assert AuditEvent.objects.get(action=Action.WEBHOOK_SWITCHED_OFF).detail["why"] == "gone"
    receiver.answer = status(204)
    send()
    assert len(receiver.calls) == 3
    _switch_on(webhook)
    send()
    assert states(webhook) == [DELIVERED] * 3


def test_switched_off_by_the_user_nothing_is_sent_and_nothing_lost(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    queued(webhook, 2)
    endpoints.switch_off(webhook=webhook, by=primary_of(webhook.organisation), now=timezone.now())
    happen(webhook.organisation, 2)
    clock.shift(10 * DAY)
    send()
    assert receiver.calls == []
    assert mails_to_primary(webhook) == []
    _switch_on(webhook)
    send()
    assert states(webhook) == [DELIVERED] * 4


def test_a_failure_of_what_was_under_way_when_it_was_switched_off_changes_nothing(webhook: Webhook) -> None:
    (message,) = queued(webhook)
    (turn,) = sending.take_turns(1)
    endpoints.switch_off(webhook=webhook, by=primary_of(webhook.organisation), now=timezone.now())
    settle(turn.webhook, GONE, message, at=START + 10 * DAY)
    assert (turn.webhook.failures, turn.webhook.switched_off_why) == (0, SwitchedOff.BY_USER)
    assert message.state == WAITING


def test_while_the_organisation_is_suspended_nothing_is_sent_and_later_everything(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    (share,) = happen(webhook.organisation)
    queueing.fill(timezone.now())
    queueing.ask_for_test(webhook=webhook, now=timezone.now())
    Organisation.objects.update(state=OrganisationState.SUSPENDED)
    change_result(share.result, score=171)
    send()
    clock.shift(10 * DAY)
    send()
    assert receiver.calls == []
    Organisation.objects.update(state=OrganisationState.ACTIVE)
    send()
    assert sorted(call.content["type"] for call in receiver.calls) == [
        "result.changed", "share.created", "webhook.test",
    ]  # fmt: skip


# --- Changed, deleted, and given another secret


def _change(webhook: Webhook, address: str) -> None:
    endpoints.change(
        webhook=webhook,
        by=primary_of(webhook.organisation),
        name=webhook.name,
        address=address,
        events=ChangeType.values,
        now=timezone.now(),
    )


def test_at_another_address_what_waits_is_tried_at_once(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    receiver.answer = status(500)
    happen(webhook.organisation, 12)
    fail_for(webhook, clock, DAY)
    with receiving() as another:
        _change(webhook, another.address)
        send()
        assert len(another.calls) == 12
    assert states(webhook) == [DELIVERED] * 12


@pytest.mark.parametrize("outcome", [REFUSED, GONE])
def test_what_the_former_address_answers_says_nothing_of_the_new_one(
    webhook: Webhook, receiver: Receiver, outcome: Outcome
) -> None:
    (message,) = queued(webhook)
    for hour in range(7):
        settle(webhook, REFUSED, message, at=START - (7 - hour) * HOUR)
    WebhookMessage.objects.update(due_at=START)
    Webhook.objects.update(rests_until=START)
    (turn,) = sending.take_turns(1)
    with receiving() as another:
        _change(webhook, another.address)
        settling.settle(turn.webhook, [(each, outcome) for each in turn.messages], timezone.now())
        webhook.refresh_from_db()
        assert (webhook.failures, webhook.switched_off_at) == (0, None)
        send()
        assert len(another.calls) == 1
    assert states(webhook) == [DELIVERED]
    assert receiver.calls == []


def test_what_failed_when_somebody_switched_it_on_again_is_tried_at_once(webhook: Webhook, receiver: Receiver) -> None:
    (message,) = queued(webhook)
    for hour in range(7):
        settle(webhook, REFUSED, message, at=START - (7 - hour) * HOUR)
    WebhookMessage.objects.update(due_at=START)
    Webhook.objects.update(rests_until=START)
    (turn,) = sending.take_turns(1)
    endpoints.switch_off(webhook=webhook, by=primary_of(webhook.organisation), now=timezone.now())
    _switch_on(webhook)
    settling.settle(turn.webhook, [(each, REFUSED) for each in turn.messages], timezone.now())
    message.refresh_from_db()
    assert message.due_at <= timezone.now() + 6 * SECOND
    assert receiver.calls == []


@pytest.mark.django_db(transaction=True)
def test_a_webhook_may_be_deleted_while_its_message_is_on_its_way(webhook: Webhook, receiver: Receiver) -> None:
    primary = primary_of(webhook.organisation)

    def deleting(handler: Any) -> None:
        if Webhook.objects.exists():
            endpoints.delete(webhook=webhook, by=primary)
        connections.close_all()
        status(204)(handler)

    happen(webhook.organisation)
    receiver.answer = deleting
    send()
    assert len(receiver.calls) == 1
    for model in (Webhook, WebhookMessage, WebhookAttempt):
        assert not model._default_manager.exists()
    happen(webhook.organisation)
    send()
    assert len(receiver.calls) == 1


def test_a_replaced_secret_signs_too_for_a_day(
    organisation: Organisation, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    webhook, old = make_webhook(organisation, receiver.address)
    new = endpoints.replace_secret(webhook=webhook, by=primary_of(organisation), at_once=False, now=timezone.now())
    clock.shift(endpoints.OVERLAP_HOURS * HOUR - MINUTE)
    _verified_by(organisation, receiver, {old, new}, refused=set())
    clock.shift(2 * MINUTE)
    _verified_by(organisation, receiver, {new}, refused={old})


def test_a_secret_that_leaked_signs_nothing_more(organisation: Organisation, receiver: Receiver) -> None:
    webhook, old = make_webhook(organisation, receiver.address)
    by = primary_of(organisation)
    middle = endpoints.replace_secret(webhook=webhook, by=by, at_once=False, now=timezone.now())
    new = endpoints.replace_secret(webhook=webhook, by=by, at_once=True, now=timezone.now())
    _verified_by(organisation, receiver, {new}, refused={old, middle})


def _verified_by(organisation: Organisation, receiver: Receiver, secrets: set[str], *, refused: set[str]) -> None:
    happen(organisation)
    send()
    call = receiver.calls[-1]
    for secret in secrets:
        Verifier(secret).verify(call.body, call.headers)
    for secret in refused:
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(call.body, call.headers)


# --- Tests, and sending again


def test_a_test_is_sent_once_also_while_the_webhook_rests_or_is_switched_off(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    receiver.answer = status(500)
    happen(webhook.organisation)
    send()
    webhook.refresh_from_db()
    resting = (webhook.failures, webhook.rests_until)
    assert resting[1]
    receiver.calls.clear()
    for _ in range(2):
        queueing.ask_for_test(webhook=webhook, now=timezone.now())
        send()
        send()
    assert [call.content["type"] for call in receiver.calls] == [TEST, TEST]
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.rests_until) == resting, "its failure counts for nothing"

    endpoints.switch_off(webhook=webhook, by=primary_of(webhook.organisation), now=timezone.now())
    receiver.answer = status(204)
    test = queueing.ask_for_test(webhook=webhook, now=timezone.now())
    send()
    clock.shift(30 * DAY - MINUTE)
    send()
    assert len(receiver.calls) == 3
    assert receiver.calls[-1].content["data"] == {}
    test.refresh_from_db()
    assert test.state == DELIVERED
    assert sorted(webhook.messages.values_list("type", "state")) == [
        ("share.created", WAITING), (TEST, DELIVERED), (TEST, FAILED), (TEST, FAILED),
    ]  # fmt: skip
    webhook.refresh_from_db()
    assert webhook.switched_off_why == SwitchedOff.BY_USER


def test_a_failed_test_does_not_make_a_webhook_rest(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = status(410)
    queueing.ask_for_test(webhook=webhook, now=timezone.now())
    send()
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.rests_until, webhook.switched_off_at) == (0, None, None)
    assert mails_to_primary(webhook) == []
    assert queueing.send_again(webhook=webhook, now=timezone.now()) == 0, "all that were given up are of the ledger"


def test_an_accepted_test_ends_the_rest(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = status(500)
    happen(webhook.organisation, 12)
    send()
    receiver.answer = status(204)
    queueing.ask_for_test(webhook=webhook, now=timezone.now())
    Webhook.objects.update(failing_since=START - settling.OUTAGE)
    send()
    assert set(states(webhook)) == {DELIVERED}


def test_sending_again_keeps_id_and_body(webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller) -> None:
    delivered, given_up, untouched = queued(webhook, 3)
    send()
    first = {call.message_id: call.body for call in receiver.calls}
    WebhookMessage.objects.filter(pk=given_up.pk).update(state=FAILED, failures=12, failing_since=START - 4 * DAY)
    clock.shift(5 * DAY)
    change_result(untouched.change.share.result, label="Pass at Grade B")  # type: ignore[union-attr]
    receiver.calls.clear()
    assert queueing.send_again(webhook=webhook, now=timezone.now(), message_id=delivered.pk) == 1
    assert queueing.send_again(webhook=webhook, now=timezone.now()) == 1
    assert queueing.send_again(webhook=webhook, now=timezone.now()) == 0
    receiver.answer = status(500)
    send()
    assert set(states(webhook)[:2]) == {WAITING}, "as if for the first time"
    receiver.answer = status(204)
    clock.shift(HOUR)
    send()
    again = {call.message_id: call.body for call in receiver.calls if call.content["type"] == "share.created"}
    assert again == {message.message_id: first[message.message_id] for message in (delivered, given_up)}
    assert set(states(webhook)) == {DELIVERED}


# --- Who hears of what


def test_events_that_are_not_chosen_are_not_sent(organisation: Organisation, receiver: Receiver) -> None:
    webhook, _secret = make_webhook(organisation, receiver.address, [ChangeType.SHARE_WITHDRAWN])
    share, kept = happen(organisation, 2)
    change_result(kept.result, score=171)
    shares.withdraw(share=share, by=share.result.claim.candidate.user, now=timezone.now())
    send()
    assert [call.content["type"] for call in receiver.calls] == ["share.withdrawn"]
    _change(webhook, receiver.address)
    happen(organisation)
    send()
    assert [call.content["type"] for call in receiver.calls] == ["share.withdrawn", "share.created"]


def test_a_webhook_hears_of_what_happens_after_it_was_created(organisation: Organisation, receiver: Receiver) -> None:
    (share,) = happen(organisation)
    verification = make_verification(organisation, make_result())
    change_result(verification.result, score=171)
    webhook, _secret = make_webhook(organisation, receiver.address)
    send()
    assert receiver.calls == []
    change_result(share.result, score=172)
    send()
    (call,) = receiver.calls
    assert call.content["data"]["share_id"] == str(share.pk)
    assert webhook.messages.count() == 1


def test_rows_of_another_organisation_reach_only_its_own_webhooks(organisation: Organisation) -> None:
    another = make_organisation("Another")
    with receiving() as one, receiving() as two:
        make_webhook(organisation, one.address)
        make_webhook(another, two.address)
        ours, result = happen(organisation, 2)[0], make_result()
        theirs = [share_result(another, result), share_result(another)]
        both = share_result(organisation, result)
        change_result(result, score=171)
        send()
    heard = [{call.content["data"]["share_id"] for call in receiver.calls} for receiver in (one, two)]
    assert heard[1] == {str(share.pk) for share in theirs}
    assert {str(ours.pk), str(both.pk)} <= heard[0]
    assert not heard[0] & heard[1]


# --- Leases


@pytest.mark.django_db(transaction=True)
def test_while_one_worker_sends_another_does_not_send_the_same(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answer = slow(0.1)
    happen(webhook.organisation, 30)
    at_once(send, send, send)
    assert len(receiver.calls) == len(set(receiver.ids)) == 30
    assert states(webhook) == [DELIVERED] * 30


def test_a_lease_of_a_dead_worker_runs_out(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(webhook, 2)
    with monkeypatch.context() as patched:
        patched.setattr(settling, "settle", _die)
        send()
    assert len(receiver.calls) == 2
    assert states(webhook) == [WAITING] * 2
    clock.shift(sending.LEASE - 5 * SECOND)
    send()
    assert len(receiver.calls) == 2
    clock.shift(6 * SECOND)
    send()
    bodies = {call.message_id: {other.body for other in receiver.calls if other.message_id == call.message_id}
              for call in receiver.calls}  # fmt: skip
    assert len(receiver.calls) == 4
    assert [len(each) for each in bodies.values()] == [1, 1]
    assert states(webhook) == [DELIVERED] * 2


def _die(*_args: object) -> None:
    raise ZeroDivisionError


def test_what_another_worker_delivered_meanwhile_stays_delivered(webhook: Webhook) -> None:
    """The slower one of two, whose lease had run out, was refused: a receiver may refuse what it has already."""
    (message,) = queued(webhook)
    (slower,) = sending.take_turns(1)
    settle(webhook, ACCEPTED, message, at=timezone.now())
    settling.settle(slower.webhook, [(each, REFUSED) for each in slower.messages], timezone.now())
    assert states(webhook) == [DELIVERED]


# --- Forgetting, and what the database itself refuses


def test_messages_are_forgotten_thirty_days_after_they_ended_and_never_while_they_wait(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    waiting, delivered, given_up, late = queued(webhook, 4)
    send()
    WebhookMessage.objects.filter(pk=waiting.pk).update(state=WAITING, ended_at=None, created_at=START - 900 * DAY)
    WebhookMessage.objects.filter(pk=given_up.pk).update(state=FAILED)
    WebhookMessage.objects.filter(pk=late.pk).update(ended_at=START + DAY)
    clock.shift(30 * DAY - HOUR)
    forget_webhook_messages()
    assert webhook.messages.count() == WebhookAttempt.objects.count() == 4
    clock.shift(2 * HOUR)
    forget_webhook_messages()
    assert set(webhook.messages.values_list("pk", flat=True)) == {waiting.pk, late.pk}
    assert WebhookAttempt.objects.count() == 2
    send()
    assert receiver.ids.count(delivered.message_id) == 1, "what was forgotten is not made anew"


FORBIDDEN_OF_A_WEBHOOK: Final[list[dict[str, Any]]] = [
    {"events": ["share.created", "share.deleted"]},
    {"events": [TEST]},
    {"events": []},
    {"switched_off_at": START},
    {"switched_off_why": SwitchedOff.GONE},
    {"switched_off_at": START, "switched_off_why": "tired"},
    {"rests_until": START},
    {"failures": 1},
    {"failing_since": START},
]
FORBIDDEN_OF_A_MESSAGE: Final[list[dict[str, Any]]] = [
    {"state": "lost"},
    {"state": DELIVERED},
    {"ended_at": START},
    {"type": TEST},
    {"change": None},
]


@pytest.mark.parametrize("fields", FORBIDDEN_OF_A_WEBHOOK)
def test_the_database_refuses_a_webhook_that_cannot_be(webhook: Webhook, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Webhook.objects.filter(pk=webhook.pk).update(**fields)


@pytest.mark.parametrize("fields", FORBIDDEN_OF_A_MESSAGE)
def test_the_database_refuses_a_message_that_cannot_be(webhook: Webhook, fields: dict[str, Any]) -> None:
    (message,) = queued(webhook)
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookMessage.objects.filter(pk=message.pk).update(**fields)


def test_the_database_refuses_a_second_message_of_one_change(webhook: Webhook) -> None:
    (message,) = queued(webhook)
    with pytest.raises(IntegrityError), transaction.atomic():
        WebhookMessage.objects.create(webhook=webhook, change=message.change, type=message.type)


# --- Clocks


@pytest.mark.parametrize("jump", [-2 * HOUR, 2 * HOUR])
@pytest.mark.parametrize("accepts", [True, False])
def test_a_clock_that_jumps_two_hours_loses_nothing_and_sends_nothing_for_ever(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller, jump: timedelta, *, accepts: bool
) -> None:
    receiver.answer = status(204 if accepts else 500)
    happen(webhook.organisation, 12)
    send()
    clock.shift(jump)
    happen(webhook.organisation, 3)
    send()
    clock.shift(-jump)
    happen(webhook.organisation, 3)
    send()
    assert len(receiver.calls) <= (18 if accepts else 12)
    receiver.answer = status(204)
    for _quarter in range(16):
        clock.shift(HOUR / 4)
        send()
    assert states(webhook) == [DELIVERED] * 18
    sent = len(receiver.calls)
    assert sent <= (18 if accepts else 30)
    clock.shift(DAY)
    send()
    assert len(receiver.calls) == sent


def test_a_clock_that_was_a_year_ahead_puts_nothing_off(
    webhook: Webhook, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    receiver.answer = status(500)
    clock.shift(365 * DAY)
    happen(webhook.organisation, 3)
    send()
    sending.take_turns(1)
    Webhook.objects.update(leased_until=timezone.now() + sending.LEASE)
    clock.move_to(START)
    send()
    webhook.refresh_from_db()
    assert len(receiver.calls) > 3
    assert webhook.failing_since
    assert webhook.failing_since < START + DAY
    receiver.answer = status(204)
    clock.shift(HOUR)
    send()
    assert states(webhook) == [DELIVERED] * 3
