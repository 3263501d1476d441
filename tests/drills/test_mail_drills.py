"""A real worker, two beats and a real mail server: whatever is killed, wiped or refused, no mail is lost.

Three kills over 60 recipients; with RVS_DRILLS=full at least thirty over 1,000, which wait for leases to run out by
themselves.  RVS_SEED repeats a drill that failed.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import Sum
from django.test import Client
from django.utils import timezone

from accounts import delivery, mails
from accounts.models import Mail, MailState, RefusedAddress, Throttle, User
from accounts.tasks import clear_sessions, deliver_mail
from notifications import digests
from notifications.models import Digest, Stream, Subscription
from organisations.models import Membership, Organisation, Role
from sharing import publishing
from tests.accounts.smtp import MailServer, running
from tests.drills.mailing import Machines, dice, machines, wait_until, wipe_broker
from tests.factories import make_organisation, share_result

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

FULL = os.environ.get("RVS_DRILLS") == "full"
RECIPIENTS, KILLS = (1_000, 30) if FULL else (60, 3)
VICTIMS = ["worker", "child", "child", "beat"]


def write(count: int) -> list[Mail]:
    letters = (
        mails.write("account/email/email_change_taken", f"person{number}@example.org", {}) for number in range(count)
    )
    mails.send_all(letters)
    return list(Mail.objects.all())


def waiting() -> int:
    return Mail.objects.filter(state=MailState.QUEUED).count()


def end_leases() -> None:
    """As time does.  A mail under way keeps its lease: then whoever held it is gone."""
    if not FULL:
        Mail.objects.filter(state=MailState.QUEUED, attempts__gt=0).update(due_at=timezone.now())


def clocks_that_jumped(rows: list[Mail]) -> None:
    """A quarter was put back by a clock a year ahead, a quarter written by one, and a quarter by one a day behind."""
    year, now = timedelta(days=365), timezone.now()
    first, second, third = ([mail.pk for mail in rows[quarter::4]] for quarter in range(3))
    Mail.objects.filter(pk__in=first).update(due_at=now + year, attempts=1)
    Mail.objects.filter(pk__in=second).update(due_at=now + year, created_at=now + year)
    Mail.objects.filter(pk__in=third).update(due_at=now - timedelta(days=1), created_at=now - timedelta(days=1))


@pytest.fixture
def server() -> Iterator[MailServer]:
    """Slow enough that a kill finds something under way."""
    slow = MailServer(seconds=0.012)
    with running(slow):
        yield slow


def kill_on_and_on(
    running_machines: Machines,
    server: MailServer,
    chance: random.Random,
    *,
    left: Callable[[], int],
    kills: int = KILLS,
) -> int:
    """Kill at random instants until so many workers died; returns how often the broker was wiped."""
    wiped, step, last = 0, RECIPIENTS // (KILLS + 4), running_machines.kills_of_workers + kills
    while running_machines.kills_of_workers < last:
        goal = len(server.offered) + chance.randint(1, step)
        if chance.random() < 0.7:
            wait_until(lambda: len(server.offered) >= goal or not left(), "the next mails")  # noqa: B023
        time.sleep(chance.random() * chance.choice([0.03, 0.03, 2]))
        running_machines.kill(chance.choice(VICTIMS), chance)
        if chance.random() < 0.1 or running_machines.kills_of_workers == last - kills // 2:
            wipe_broker()
            wiped += 1
    return wiped


def report(what: str, running_machines: Machines, wiped: int, ids: Counter[str], expected: int) -> None:
    duplicates = sum(ids.values()) - len(ids)
    print(  # noqa: T201  (the drill's figures)
        f"{what}: kills {running_machines.kills}, broker wiped {wiped} times: "
        f"{expected - len(ids)} lost, {duplicates} duplicates with the same Message-ID"
    )
    assert duplicates <= running_machines.kills_of_workers


def message_ids(server: MailServer) -> Counter[str]:
    return Counter(str(message["Message-ID"]) for message in server.offered)


def test_killed_workers_and_beats_and_a_wiped_broker_lose_no_mail(server: MailServer, tmp_path: Path) -> None:
    chance = dice()
    rows = write(RECIPIENTS)
    clocks_that_jumped(rows)
    with machines(server.port, tmp_path) as running_machines:
        wiped = kill_on_and_on(running_machines, server, chance, left=waiting)
        end_leases()
        wait_until(lambda: not waiting(), "the last mail")

    ids = message_ids(server)
    report(f"{RECIPIENTS} mails", running_machines, wiped, ids, RECIPIENTS)
    assert set(ids) == {delivery.message_id(mail) for mail in rows}, "none lost, and a duplicate is the same mail"
    assert {message["To"] for message in server.offered} == {mail.recipient for mail in rows}
    assert Mail.objects.filter(state=MailState.SENT, text="", html="").count() == RECIPIENTS


def make_users() -> list[Organisation]:
    """Ten organisations with a hundred users each; all hear of new results at eight in the morning."""
    organisations = [make_organisation() for _ in range(10)]
    for organisation in organisations:
        users = [
            User(email=f"{organisation.slug}.{number}@example.org", given_name="Ada", password="!")
            for number in range(RECIPIENTS // 10)
        ]
        User.objects.bulk_create(users)
        Membership.objects.bulk_create(
            Membership(organisation=organisation, user=user, role=Role.ADMIN) for user in users
        )
    digests.run(timezone.now())
    return organisations


def morning(organisations: list[Organisation]) -> None:
    """Each organisation gets a result, and the clock reaches eight."""
    now = timezone.now()
    for organisation in organisations:
        share_result(organisation, now=now)
    publishing.publish(now)
    Subscription.objects.filter(stream=Stream.NEW_RESULTS, due_at__gt=now).update(due_at=now)


def test_killed_workers_and_beats_lose_and_repeat_no_digest(server: MailServer, tmp_path: Path) -> None:
    chance = dice()
    organisations, mornings = make_users(), list[datetime]()

    def left() -> int:
        told = Digest.objects.aggregate(told=Sum("results"))["told"] or 0
        return RECIPIENTS * len(mornings) - told + waiting()

    with machines(server.port, tmp_path) as running_machines:
        wiped = 0
        for _ in range(2):
            morning(organisations)
            mornings.append(timezone.now())
            wiped += kill_on_and_on(running_machines, server, chance, left=left, kills=-(-KILLS // 2))
        end_leases()
        wait_until(lambda: not left(), "the last digest")

    ids = message_ids(server)
    rows = {delivery.message_id(mail) for mail in Mail.objects.filter(pk__in=Digest.objects.values("pk"))}
    report(f"digests of {RECIPIENTS} users", running_machines, wiped, ids, Digest.objects.count())
    assert set(ids) == rows, "none lost, and a duplicate is the same mail"
    assert len(rows) == Digest.objects.count()
    told = Digest.objects.values_list("user").annotate(told=Sum("results")).values_list("told", flat=True)
    assert Counter(told) == {2: RECIPIENTS}, "everybody hears of both results, and of each once"


def test_a_mail_server_with_every_fault_holds_up_nobody_and_loses_nothing(tmp_path: Path) -> None:
    """Refuses connections, hangs, greylists, refuses one address for good, hangs up before its answer."""
    gone = "person7@example.org"
    server = MailServer()
    with running(server):
        port = server.port
    # Nothing listens there now.
    write(30)
    with machines(port, tmp_path):
        wait_until(lambda: Mail.objects.filter(failure="ConnectionRefusedError").exists(), "refused", seconds=60)
        assert waiting() == 30

        server.seconds = 60
        with running(server, port):
            _hangs()
        Mail.objects.filter(state=MailState.QUEUED).update(due_at=timezone.now())

        server.seconds = 0
        server.refuses, server.refusal = (
            frozenset({"person3@example.org", "person4@example.org"}),
            "451 4.7.1 greylisted",
        )
        with running(server, port):
            wait_until(lambda: waiting() == 2, "all but the greylisted", seconds=60)
            greylisted = Mail.objects.filter(state=MailState.QUEUED)
            assert set(greylisted.values_list("failure", flat=True)) == {"SMTPRecipientsRefused 451"}

            server.refuses, server.refusal = frozenset({gone}), "550 5.1.1 no such person"
            Mail.objects.filter(state=MailState.QUEUED).update(due_at=timezone.now())
            write(30)
            wait_until(lambda: not waiting(), "all but the address that is gone", seconds=60)
            assert Mail.objects.get(state=MailState.FAILED).recipient == gone
            assert RefusedAddress.objects.get().email == gone

            before = len(server.offered)
            server.refuses, server.drops = frozenset(), True
            (row,) = [mail for mail in write(1) if mail.state == MailState.QUEUED]
            wait_until(lambda: Mail.objects.get(pk=row.pk).failure == "SMTPServerDisconnected", "hung up", seconds=60)
            server.drops = False
            Mail.objects.filter(pk=row.pk).update(due_at=timezone.now())
            wait_until(lambda: not waiting(), "the mail that it had not answered", seconds=60)
            twice = [str(message["Message-ID"]) for message in server.offered[before:]]
            assert twice == [delivery.message_id(row)] * 2
    assert Mail.objects.filter(state=MailState.SENT).count() == 60


def _hangs() -> None:
    """The server says nothing: the worker's other process works, pages answer at once, each mail is tried once."""
    Mail.objects.filter(state=MailState.QUEUED).update(due_at=timezone.now())
    tried = Mail.objects.filter(attempts__gte=1)
    before = tried.count()
    wait_until(lambda: tried.count() > before or Mail.objects.filter(attempts__gte=2).exists(), "it hangs", seconds=60)
    for _ in range(4):
        deliver_mail.apply_async()
    Throttle.objects.create(key=b"old", uses=[], ends_at=timezone.now() - timedelta(days=2))
    clear_sessions.apply_async()
    took = wait_until(lambda: not Throttle.objects.filter(key=b"old").exists(), "another task", ring=False, seconds=30)
    assert took < 9, "it did not wait until the mail server's time was up"
    began = time.monotonic()
    assert Client().post("/password/reset/", {"email": "nobody@example.org"}).status_code == 302
    assert time.monotonic() - began < 2
    Mail.objects.filter(recipient="nobody@example.org").delete()
