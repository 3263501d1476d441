"""Some days in the life of webhooks whose receivers have every fault: whoever is well in the end has heard everything.

What happens, and which receiver is ill when, is drawn from a seed; in which order five connections answer is not.
RVS_DRILLS=full: more of everything, and other seeds; RVS_SEED tries one alone.
"""

import os
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from random import Random
from typing import Any, Final

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Action, AuditEvent, User
from accounts.months import months_later
from notifications.models import MessageState, SwitchedOff, Webhook, WebhookAttempt
from notifications.models.webhooks import TEST
from notifications.webhooks import endpoints, queueing, transport
from organisations.models import Organisation, OrganisationState
from results.models import Result
from sharing import expiry, shares
from sharing.models import Change, ChangeType, Share
from tests.factories import change_result, make_organisation, make_result, make_verification, share_result
from tests.notifications.webhooks.receiver import (
    Answer,
    Receiver,
    hanging,
    hanging_up,
    huge,
    receiving,
    slow,
    status,
)
from tests.notifications.webhooks.steps import make_webhook, primary_of, send
from tests.threads import at_once

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
SEEDS: Final = [int(os.environ["RVS_SEED"])] if "RVS_SEED" in os.environ else range(6) if FULL else [2026]
ORGANISATIONS, ROUNDS_OF_KINDS, DAYS, LONGEST_STEP = (8, 3, 9, 120) if FULL else (3, 1, 4, 300)
START: Final = datetime(2026, 10, 22, 9, tzinfo=UTC)
OUTAGE: Final = timedelta(days=2)
TIMEOUT: Final = 1.0
"""Seconds; the product's own would make the days long."""
ACCEPTING: Final = status(204)


class Moods:
    """How each kind of receiver answers, given a number between 0 and 1 and whether its bad days are now."""

    def well(self, _chance: float, *, bad: bool) -> Answer:
        return ACCEPTING

    def never(self, _chance: float, *, bad: bool) -> Answer:
        return status(500)

    def down(self, _chance: float, *, bad: bool) -> Answer:
        return status(503) if bad else ACCEPTING

    def redirecting(self, _chance: float, *, bad: bool) -> Answer:
        return status(307, Location="/hooks/elsewhere") if bad else ACCEPTING

    def slow(self, chance: float, *, bad: bool) -> Answer:
        return slow(TIMEOUT * 1.3 if bad and chance < 0.05 else TIMEOUT * 0.1)

    def huge(self, chance: float, *, bad: bool) -> Answer:
        return huge if bad and chance < 0.5 else ACCEPTING

    def hanging_up(self, chance: float, *, bad: bool) -> Answer:
        return hanging_up if bad and chance < 0.5 else ACCEPTING

    def lying(self, chance: float, *, bad: bool) -> Answer:
        if not bad or chance < 0.5:
            return ACCEPTING
        return status((302, 400, 404, 410, 429, 500, 503)[int(chance * 1_000) % 7])


KINDS: Final = ("well", "never", "down", "redirecting", "slow", "huge", "hanging_up", "lying")
PATIENT: Final = ("well", "down", "redirecting", "huge", "slow")
"""For these nothing is ever given up, and nobody has to do anything."""


@dataclass
class Program:
    """A program of an organisation, as the test sees it."""

    kind: str
    webhook: Webhook
    receiver: Receiver
    random: Random
    bad_from: datetime
    before: set[int]
    """What had happened when its webhook was created."""
    is_cured: bool = False
    accepted: set[str] = field(default_factory=set)
    """The ids of messages that it answered with a 2xx."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self.lock:
            chance = self.random.random()
        bad = not self.is_cured and self.bad_from <= timezone.now() < self.bad_from + OUTAGE
        chosen: Answer = ACCEPTING if self.is_cured else getattr(Moods(), self.kind)(chance, bad=bad)
        message_id = handler.headers["webhook-id"]
        if chosen in {ACCEPTING, huge}:
            self.accepted.add(message_id)
        chosen(handler)

    def due_to_hear(self) -> set[str]:
        """The rows of the ledger that concern it."""
        rows = Change.objects.filter(organisation=self.webhook.organisation_id, type__in=self.webhook.events)
        return {str(public_id) for public_id in rows.exclude(pk__in=self.before).values_list("public_id", flat=True)}

    def told(self) -> set[str]:
        """The rows of which it accepted a message, or kept one for which its answer was lost or late."""
        kept = set(self.webhook.messages.filter(state=MessageState.DELIVERED).values_list("pk", flat=True))
        sure = {f"msg_{pk.hex}" for pk in kept}
        if self.kind != "slow":
            assert sure <= self.accepted, "delivered means that it was accepted"
        return {
            call.content["data"]["change_id"]
            for call in list(self.receiver.calls)
            if call.message_id in sure and call.content["type"] != TEST
        }

    def check_repetitions(self) -> int:
        """A message is the same however often it comes, and a row has one; returns how many repetitions there were."""
        bodies, ids = defaultdict(set), defaultdict(set)
        for call in self.receiver.calls:
            bodies[call.message_id].add(call.body)
            if call.content["type"] != TEST:
                ids[call.content["data"]["change_id"]].add(call.message_id)
        assert {*map(len, bodies.values()), *map(len, ids.values())} == {1}
        return len(self.receiver.calls) - len(bodies)


class Days:
    """Organisations, their programs, and candidates who share, withdraw, and whose results change."""

    def __init__(self, seed: int, clock: time_machine.Traveller, stack: ExitStack) -> None:
        self.random, self.clock = Random(seed), clock
        self.organisations = [make_organisation() for _number in range(ORGANISATIONS)]
        self.programs: list[Program] = []
        for organisation in self.organisations:
            share_result(organisation)
        kinds = list(KINDS) * ROUNDS_OF_KINDS
        self.random.shuffle(kinds)
        for number, kind in enumerate(kinds):
            self._make_program(self.organisations[number % ORGANISATIONS], kind, stack.enter_context(receiving()))
        for organisation in self.organisations:
            self._share(organisation)

    def _make_program(self, organisation: Organisation, kind: str, receiver: Receiver) -> None:
        events = self.random.choice([ChangeType.values, ChangeType.values, ["share.created", "result.changed"]])
        webhook, _secret = make_webhook(organisation, receiver.address, events)
        before = set(organisation.changes.values_list("pk", flat=True))
        bad_from = START + timedelta(hours=self.random.uniform(1, 24 * (DAYS - 2.5)))
        program = Program(kind, webhook, receiver, Random(self.random.random()), bad_from, before)
        receiver.answer = program.answer
        self.programs.append(program)

    def live(self) -> int:
        """Until the days are over; returns how often the worker ran."""
        runs = 0
        while timezone.now() < START + timedelta(days=DAYS):
            self.clock.shift(timedelta(minutes=self.random.choice([0, 1, 6, self.random.uniform(10, LONGEST_STEP)])))
            for _event in range(self.random.choice([0, 1, 1, 2, 3])):
                self._something()
            expiry.expire_due(timezone.now())
            send()
            runs += 1
        return runs

    def _something(self) -> None:
        action: Callable[[Organisation], None] = self.random.choice(
            [self._share, self._share, self._share, self._withdraw, self._move_end, self._shorten, self._change_result,
             self._change_result, self._verify, self._suspend, self._switch, self._ask_for_test]
        )  # fmt: skip
        action(self.random.choice(self.organisations))

    def _share(self, organisation: Organisation) -> None:
        if self._is_active(organisation):
            share_result(organisation)

    def _withdraw(self, organisation: Organisation) -> None:
        if share := self._one_in_force(organisation):
            shares.withdraw(share=share, by=self._owner(share), now=timezone.now())

    def _move_end(self, organisation: Organisation) -> None:
        if share := self._one_in_force(organisation):
            now = timezone.now()
            end = months_later(now, self.random.randint(1, 24))
            shares.change_end(share=share, by=self._owner(share), expires_at=end, now=now)

    def _shorten(self, organisation: Organisation) -> None:
        """It runs out in some hours: as if it had been made a year ago."""
        if share := self._one_in_force(organisation):
            end = timezone.now() + timedelta(minutes=self.random.randint(1, 1_000))
            Share.objects.filter(pk=share.pk).update(expires_at=end)

    def _change_result(self, organisation: Organisation) -> None:
        """Of a result that perhaps another organisation holds too."""
        if share := self._one_in_force(organisation):
            result = Result.objects.select_related("current").get(pk=share.result_id)
            change_result(result, score=self.random.randint(160, 172), status="released")
            others = [each for each in self.organisations if each != organisation and self._is_active(each)]
            if others and self.random.random() < 0.5:
                another = self.random.choice(others)
                if not another.shares.filter(result=result).exists():
                    share_result(another, result)

    def _verify(self, organisation: Organisation) -> None:
        verification = make_verification(organisation, make_result())
        change_result(verification.result, label="Pass at Grade B", score=174)

    def _suspend(self, organisation: Organisation) -> None:
        state = OrganisationState.SUSPENDED if self._is_active(organisation) else OrganisationState.ACTIVE
        Organisation.objects.filter(pk=organisation.pk).update(state=state)

    def _switch(self, organisation: Organisation) -> None:
        """The Primary User switches off what is on, and on what is off; those that never accept are left alone."""
        program = self.random.choice(self.programs)
        if program.kind not in {"never", "down", "redirecting"} and program.webhook.organisation == organisation:
            webhook = Webhook.objects.get(pk=program.webhook.pk)
            switch = endpoints.switch_on if webhook.switched_off_at else endpoints.switch_off
            switch(webhook=webhook, by=primary_of(organisation), now=timezone.now())

    def _ask_for_test(self, organisation: Organisation) -> None:
        if webhook := organisation.webhooks.order_by("?").first():
            queueing.ask_for_test(webhook=webhook, now=timezone.now())

    def cure(self, kinds: set[str]) -> None:
        """From now on these are well, switched on, and what was given up is sent again."""
        Organisation.objects.update(state=OrganisationState.ACTIVE)
        for program in self.programs:
            if program.kind in kinds:
                program.is_cured = True
                webhook = Webhook.objects.get(pk=program.webhook.pk)
                endpoints.switch_on(webhook=webhook, by=primary_of(webhook.organisation), now=timezone.now())
                queueing.send_again(webhook=webhook, now=timezone.now())

    def wait(self, hours: int) -> None:
        """Nothing happens any more; the worker works."""
        send()
        for _half_an_hour in range(2 * hours):
            self.clock.shift(timedelta(minutes=30))
            send()

    def _one_in_force(self, organisation: Organisation) -> Share | None:
        found = list(organisation.shares.in_force(timezone.now()).order_by("shared_at", "pk"))
        return self.random.choice(found) if found else None

    @staticmethod
    def _owner(share: Share) -> User:
        return User.objects.get(candidate__claims__result=share.result_id)

    @staticmethod
    def _is_active(organisation: Organisation) -> bool:
        return Organisation.objects.get(pk=organisation.pk).state == OrganisationState.ACTIVE


@pytest.fixture
def days(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Days]:
    monkeypatch.setattr(transport, "TIMEOUT", TIMEOUT)
    with time_machine.travel(START, tick=True) as clock, ExitStack() as stack:
        yield Days(request.param, clock, stack)


@pytest.mark.drill
@pytest.mark.parametrize("days", SEEDS, indirect=True)
def test_whatever_receivers_do_those_that_are_well_in_the_end_have_heard_everything_once(days: Days) -> None:
    runs = days.live()
    _nothing_was_given_up(days)
    days.cure(set(KINDS) - {"never"})
    days.wait(hours=12)
    for program in days.programs:
        if program.kind != "never":
            assert program.told() == program.due_to_hear(), program.kind
            assert not program.webhook.messages.exclude(change=None).exclude(state=MessageState.DELIVERED).exists()

    _those_that_never_accept_are_off_and_lose_nothing(days)
    days.cure({"never"})
    send()
    repeated = 0
    for program in days.programs:
        assert program.told() == program.due_to_hear() != set(), program.kind
        repeated += program.check_repetitions()
    sent = sum(len(program.receiver.calls) for program in days.programs)
    print(f"{Change.objects.count()} rows of the ledger, {runs} runs, {sent} sent, {repeated} of them again")  # noqa: T201


def _nothing_was_given_up(days: Days) -> None:
    for program in days.programs:
        if program.kind in PATIENT:
            assert not program.webhook.messages.filter(state=MessageState.FAILED).exclude(change=None).exists()
            assert not Webhook.objects.filter(
                pk=program.webhook.pk, switched_off_why__in=[SwitchedOff.FAILING, SwitchedOff.GONE]
            ).exists()
        if program.kind == "well":
            failed = WebhookAttempt.objects.filter(message__webhook=program.webhook).exclude(problem="").count()
            assert program.check_repetitions() <= failed


def _those_that_never_accept_are_off_and_lose_nothing(days: Days) -> None:
    for program in days.programs:
        if program.kind == "never":
            webhook = Webhook.objects.get(pk=program.webhook.pk)
            assert webhook.switched_off_why == SwitchedOff.FAILING
            assert not program.accepted
            assert set(webhook.messages.exclude(change=None).values_list("state", flat=True)) == {MessageState.WAITING}
            told = AuditEvent.objects.filter(action=Action.WEBHOOK_SWITCHED_OFF, target=f"webhook:{webhook.pk}")
            assert told.count() == 1


# --- Those that are well are not delayed by those that are not

LIMIT: Final = 4.0
"""Seconds that an attempt may take, in place of the product's ten."""
SLOW, TO_EACH = 30, 5


@dataclass
class Crowd:
    """A healthy webhook, and thirty of other organisations to which as much is to be sent."""

    healthy: Organisation
    receiver: Receiver

    def arrivals(self, began: float) -> list[float]:
        return [call.at - began for call in self.receiver.calls]


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Crowd]:
    monkeypatch.setattr(transport, "TIMEOUT", LIMIT)
    with receiving() as receiver:
        crowd = Crowd(make_organisation(), receiver)
        make_webhook(crowd.healthy, receiver.address)
        yield crowd


def slow_ones(address: Callable[[int], str]) -> None:
    for number in range(SLOW):
        if number % endpoints.MOST == 0:
            organisation = make_organisation()
        make_webhook(organisation, address(number))
    for others in Organisation.objects.filter(webhooks__isnull=False).distinct():
        for _number in range(TO_EACH):
            share_result(others)


def serve_last(organisation: Organisation) -> None:
    """Whoever was served longest ago comes first."""
    organisation.webhooks.update(served_at=timezone.now())


def run_while_something_happens(crowd: Crowd) -> float:
    """One worker runs once, and meanwhile something happens; returns when it began."""
    serve_last(crowd.healthy)
    began = time.monotonic()

    def later() -> None:
        time.sleep(LIMIT / 3)
        for _number in range(TO_EACH):
            share_result(crowd.healthy)

    at_once(send, later)
    return began


def check_arrivals(crowd: Crowd, began: float) -> None:
    arrivals = sorted(crowd.arrivals(began))
    assert len(arrivals) == 2 * TO_EACH
    assert arrivals[TO_EACH - 1] < LIMIT / 2, "what was there at the beginning"
    assert arrivals[-1] < LIMIT * 0.9, "what happened while the others were slow, before one of them had its time"
    print([round(each, 2) for each in arrivals])  # noqa: T201


@pytest.mark.drill
def test_thirty_receivers_that_hang_do_not_delay_the_others(crowd: Crowd) -> None:
    released = threading.Event()
    with receiving(hanging(released)) as hung:
        slow_ones(lambda _number: hung.address)
        began = run_while_something_happens(crowd)
        released.set()
    check_arrivals(crowd, began)
    assert min(call.at for call in hung.calls) < min(call.at for call in crowd.receiver.calls) + LIMIT / 2
    assert WebhookAttempt.objects.filter(problem="timeout").count() == SLOW * TO_EACH


@pytest.mark.drill
def test_thirty_names_that_nobody_answers_for_do_not_delay_the_others(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name whose server is silent takes a thread until the system's resolver gives up."""
    ask = socket.getaddrinfo

    def asked(host: Any, *args: Any, **kwargs: Any) -> Any:
        if str(host).endswith(".example.org"):
            time.sleep(LIMIT * 1.5)
            raise socket.gaierror(socket.EAI_AGAIN, "silence")
        return ask(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    slow_ones(lambda number: f"https://crm{number}.example.org/hooks")
    began = run_while_something_happens(crowd)
    check_arrivals(crowd, began)
    assert time.monotonic() - began < LIMIT * 2.5
