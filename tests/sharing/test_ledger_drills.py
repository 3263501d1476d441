"""Slow and fast transactions at once: a reader of the ledger misses none and gets none twice.

Several real connections, in an order that a seed decides, so that a failure repeats: RVS_SEED=n tries that one alone.
With RVS_DRILLS=full 1,000 seeds.
"""

import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from organisations.models import Organisation
from results import holds
from results.importer import ImportConflictError
from results.models import Result, ResultVersion, Status, VersionOutbox
from sharing import ledger, publishing
from sharing.models import Change, Share
from tests.factories import change_result, make_organisation, share_result
from tests.results.loading import csv_file, load, some_rows
from tests.results.test_import_drills import database_url
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
SEEDS: Final = [int(os.environ["RVS_SEED"])] if "RVS_SEED" in os.environ else range(1000 if FULL else 40)
WRITERS: Final = 4
STEPS: Final = 40

NEW_SHARE_EVENT: Final = """
    insert into sharing_change (public_id, type, occurred_at, organisation_id, share_id)
    select gen_random_uuid(), 'share.updated', now(), organisation_id, id from sharing_share where id = %s returning id
"""
NEW_VERSION: Final = """
    insert into results_resultversion ({columns}, number, created_at, reason, note)
    select {columns}, number + 1, now(), 'imported', '' from results_resultversion v
    where result_id = (select result_id from sharing_share where id = %s) order by number desc limit 1 returning id
"""


News = tuple[str, int]
"""An event by its row's id, or a version by its own."""


@dataclass(slots=True)
class Writer:
    """A connection with a transaction that may take its time, and what it has written in it."""

    connection: "psycopg.Connection[Any]"
    share: Share
    open: bool = False
    written: set[News] = field(default_factory=set)

    def write(self, random: Random) -> None:
        self.open = True
        if random.random() < 0.5:
            self.written.add(("event", self._insert(NEW_SHARE_EVENT)))
        else:
            self.written.add(("version", self._insert(NEW_VERSION.format(columns=_copied_columns()))))

    def _insert(self, statement: str) -> int:
        row = self.connection.execute(statement.encode(), [self.share.pk]).fetchone()
        assert row is not None
        return int(row[0])

    def end(self, committed: set[News], *, keep: bool) -> None:
        if keep:
            self.connection.commit()
            committed |= self.written
        else:
            self.connection.rollback()
        self.open, self.written = False, set()


def _copied_columns() -> str:
    changing = {"id", "number", "created_at", "reason", "note"}
    return ", ".join(sorted({str(each.column) for each in ResultVersion._meta.concrete_fields} - changing))


@pytest.fixture
def organisation() -> Organisation:
    return make_organisation()


@pytest.fixture
def writers(organisation: Organisation) -> Iterator[list[Writer]]:
    """Each with a result of its own, shared with the one organisation."""
    opened = [psycopg.connect(database_url()) for _number in range(WRITERS)]
    yield [Writer(each, share_result(organisation)) for each in opened]
    for each in opened:
        each.close()


Read = Callable[[Organisation, int, int], list[tuple[int, Change]]]
"""An organisation's next rows after a cursor, at most so many, each with its cursor."""


def by_position(organisation: Organisation, after: int, limit: int) -> list[tuple[int, Change]]:
    rows = ledger.read(organisation=organisation, after=after, limit=limit, now=timezone.now())
    return [(row.position or 0, row) for row in rows]


def by_id(organisation: Organisation, after: int, limit: int) -> list[tuple[int, Change]]:
    """What anybody would write first."""
    publishing.pass_on_versions(timezone.now())
    return [(row.pk, row) for row in organisation.changes.filter(pk__gt=after).order_by("pk")[:limit]]


def run(seed: int, writers: list[Writer], read: Read, after: int) -> tuple[list[Change], set[News]]:
    """One interleaving: what a reader who began after the cursor `after` got, and what was committed meanwhile."""
    random, got, committed = Random(seed), list[Change](), set[News]()

    def take(limit: int) -> bool:
        nonlocal after
        rows = read(writers[0].share.organisation, after, limit)
        got.extend(row for _cursor, row in rows)
        after = rows[-1][0] if rows else after
        return bool(rows)

    patience = [random.random() for _writer in writers]  # some commit at once, others take their time
    for _step in range(STEPS):
        if random.random() < 0.25:
            take(random.randint(1, 5))
            continue
        writer, slowness = random.choice(list(zip(writers, patience, strict=True)))
        if not writer.open or random.random() < slowness:
            writer.write(random)
        else:
            writer.end(committed, keep=random.random() < 0.8)
    for writer in random.sample(writers, len(writers)):
        if writer.open:
            writer.end(committed, keep=random.random() < 0.8)
    while take(100):
        pass
    return got, committed


def missed_and_doubled(got: list[Change], committed: set[News]) -> tuple[int, int]:
    told = [("version", row.version_id) if row.version_id else ("event", row.pk) for row in got]
    assert set(told) <= committed, "nothing that was rolled back"
    return len(committed) - len(set(told)), len(told) - len(set(told))


def _last(column: str) -> int:
    return Change.objects.aggregate(last=Max(column))["last"] or 0


@pytest.mark.drill
def test_a_reader_by_position_misses_none_and_gets_none_twice(writers: list[Writer]) -> None:
    publishing.publish(timezone.now())
    rows = 0
    for seed in SEEDS:
        got, committed = run(seed, writers, by_position, _last("position"))
        assert missed_and_doubled(got, committed) == (0, 0), f"RVS_SEED={seed}"
        rows += len(got)
    positions = list(Change.objects.order_by("position").values_list("position", flat=True))
    first = positions[0] or 0
    assert positions == list(range(first, first + len(positions))), "no gaps"
    assert rows > len(SEEDS) * 5


@pytest.mark.drill
def test_a_reader_by_id_misses_rows(writers: list[Writer]) -> None:
    """The same test must be able to fail: the reader that this ledger exists to replace fails it."""
    missed = 0
    for seed in range(20):
        got, committed = run(seed, writers, by_id, _last("id"))
        missed += missed_and_doubled(got, committed)[0]
    assert missed > 0


# --- At the same time -------------------------------------------------------------------------------------------------


@pytest.mark.drill
def test_readers_and_writers_in_threads(organisation: Organisation) -> None:
    """Readers number the rows too: they must not number one twice, nor leave one out."""
    held = [share_result(organisation) for _number in range(3)]
    publishing.publish(timezone.now())
    start, seconds, writing = _last("position"), 20 if FULL else 2, threading.Barrier(3)
    got: dict[int, list[int]] = {0: [], 1: []}
    done = threading.Event()

    def write(number: int) -> None:
        random, until = Random(number), time.monotonic() + seconds
        with psycopg.connect(database_url()) as own:
            writer, committed = Writer(own, held[number]), set[News]()
            while time.monotonic() < until:
                writer.write(random)
                time.sleep(random.random() / 200)
                writer.end(committed, keep=random.random() < 0.8)
        if writing.wait() == 0:
            done.set()

    def follow(number: int) -> None:
        after, last_round = start, False
        while True:
            rows = by_position(organisation, after, 7)
            got[number].extend(row.pk for _cursor, row in rows)
            after = rows[-1][0] if rows else after
            if last_round and not rows:
                return
            last_round = done.is_set()

    at_once(*(lambda number=number: write(number) for number in range(3)), lambda: follow(0), lambda: follow(1))

    written = list(Change.objects.filter(position__gt=start).order_by("position").values_list("pk", flat=True))
    assert got[0] == got[1] == written
    assert len(written) > 100
    assert not Change.objects.filter(position=None).exists()


def test_two_passes_at_once_tell_each_version_once(organisation: Organisation) -> None:
    results = [share_result(organisation).result for _number in range(30)]
    for _round in range(10 if FULL else 3):
        for result in Result.objects.filter(pk__in=[each.pk for each in results]).select_related("current"):
            change_result(result, place_of_entry=f"TOWN {result.current.number}")
        at_once(*[lambda: publishing.pass_on_versions(timezone.now())] * 4)
        assert not VersionOutbox.objects.exists()
    told = Change.objects.filter(type="result.changed").values_list("version_id", flat=True)
    assert sorted(told) == sorted(ResultVersion.objects.filter(number__gt=1).values_list("pk", flat=True))


def test_a_pass_whose_server_process_is_killed_loses_nothing(organisation: Organisation) -> None:
    change_result(share_result(organisation).result, score=171)

    def die_half_way() -> None:
        with transaction.atomic():
            publishing.pass_on_versions(timezone.now())
            assert Change.objects.filter(type="result.changed").exists()
            with psycopg.connect(database_url()) as other, connection.cursor() as cursor:
                cursor.execute("select pg_backend_pid()")
                other.execute("select pg_terminate_backend(%s, 5000)", cursor.fetchone())

    with pytest.raises(OperationalError):
        at_once(die_half_way)
    got = by_position(organisation, 0, 10)
    assert [row.type for _cursor, row in got] == ["share.created", "result.changed"]


def _loaded(file: bytes) -> bool:
    """Staff may be quicker; then the file is loaded again."""
    try:
        return load(io.BytesIO(file)).accepted
    except ImportConflictError:
        return False


def test_no_version_is_skipped_while_files_are_loaded_and_results_held(organisation: Organisation) -> None:
    rows = some_rows(200 if FULL else 40)
    load(rows)
    for result in Result.objects.all():
        share_result(organisation, result)
    done = threading.Event()

    def load_files() -> None:
        try:
            for number in range(1, 9 if FULL else 4):
                file = csv_file(row | {"place_of_entry": f"TOWN {number}"} for row in rows[::number]).getvalue()
                while not _loaded(file):
                    pass
        finally:
            done.set()

    def hold_and_lift() -> None:
        random = Random(5)
        ids = list(Result.objects.values_list("pk", flat=True))
        while not done.is_set():
            result = Result.objects.get(pk=random.choice(ids))
            holds.hold(result=result, status=Status.WITHHELD, reason="Asked", by="user:staff")
            holds.lift(result=result, reason="Cleared", by="user:staff")
            time.sleep(random.random() / 10)

    def pass_on() -> None:
        while not done.is_set():
            publishing.publish(timezone.now())

    at_once(load_files, hold_and_lift, pass_on, pass_on)
    publishing.publish(datetime.now(UTC))
    told = Change.objects.filter(type="result.changed").values_list("version_id", flat=True)
    assert sorted(told) == sorted(ResultVersion.objects.filter(number__gt=1).values_list("pk", flat=True))
