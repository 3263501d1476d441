"""A client of the API that is killed at any moment ends with exactly what its organisation may see.

The client is docs/examples/sync_client.py in a process of its own, over HTTP against the web server as the product runs
it, into an SQLite file.  It gets SIGKILL after a random time, again and again, while shares, withdrawals, other ends,
expiries and changed results go on from several connections with transactions of different lengths.  Who does what is
drawn from a seed; how the processes interleave is not.  RVS_DRILLS=full: 500 seeds; RVS_SEED tries one alone.
"""

import json
import os
import runpy
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.months import months_later
from organisations.models import ApiClient, Organisation
from results.models import Result
from sharing import expiry, shares
from sharing.models import Share
from tests import programs
from tests.factories import (
    api_secret,
    change_result,
    make_api_client,
    make_organisation,
    make_result,
    share_result,
)
from tests.threads import at_once

pytestmark = [pytest.mark.drill, pytest.mark.django_db(transaction=True)]

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
SEEDS: Final = [int(os.environ["RVS_SEED"])] if "RVS_SEED" in os.environ else range(500 if FULL else 3)
WRITERS: Final = 3
STEPS: Final = 8
CLIENT: Final = "docs/examples/sync_client.py"


class Writer:
    """Somebody with a connection and results of their own, who shares them, takes them back, and so on."""

    def __init__(self, organisation: Organisation, random: Random) -> None:
        self.organisation = organisation
        self.random = random
        self.owned = [share_result(organisation) for _number in range(2)]

    def __call__(self) -> None:
        for _step in range(STEPS):
            share = Share.objects.get(pk=self.random.choice(self.owned).pk)
            step = self.random.choice([self.share, self.share, self.withdraw, self.move_end, self.expire, self.change])
            with suppress(shares.ShareError), transaction.atomic():
                step(share)
                time.sleep(self.random.choice([0, 0, 0.005, 0.03]))  # some take their time before they commit

    def share(self, _share: Share) -> None:
        self.owned.append(share_result(self.organisation))

    def withdraw(self, share: Share) -> None:
        shares.withdraw(share=share, by=self._owner(share), now=timezone.now())

    def move_end(self, share: Share) -> None:
        now = timezone.now()
        end = months_later(now, self.random.randint(1, 24))
        shares.change_end(share=share, by=self._owner(share), expires_at=end, now=now)

    def expire(self, share: Share) -> None:
        """Its end has come: now, or when it was shared at the earliest."""
        end = max(timezone.now() - timedelta(seconds=1), share.shared_at + timedelta(microseconds=1))
        Share.objects.filter(pk=share.pk, ended_at=None).update(expires_at=end)
        expiry.expire_due(timezone.now())

    def change(self, share: Share) -> None:
        result = Result.objects.select_for_update().get(pk=share.result_id)
        result = Result.objects.select_related("current").get(pk=result.pk)
        change_result(result, score=self.random.randint(160, 172), status=self.random.choice(["released", "cancelled"]))

    def _owner(self, share: Share) -> User:
        return User.objects.get(candidate__claims__result=share.result_id)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web") / "log"


@pytest.fixture
def address(log: Path) -> Iterator[str]:
    with programs.web(log) as port:
        yield f"http://127.0.0.1:{port}"


def start(address: str, client: ApiClient, file: Path, page: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-S", CLIENT, address, str(file), str(page)],
        env={"RVS_CLIENT_ID": str(client.pk), "RVS_CLIENT_SECRET": api_secret(client)},
        cwd=settings.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def kill_again_and_again(random: Random, address: str, client: ApiClient, file: Path, kills: list[float]) -> None:
    """At least three times, in the middle of pages of any size; the times at which it was killed are told."""
    for _turn in range(random.randint(3, 5)):
        running = start(address, client, file, random.choice([1, 2, 5, 500]))
        time.sleep(random.uniform(0.02, 0.35))
        if running.poll() is None:
            running.send_signal(signal.SIGKILL)
            kills.append(time.monotonic())
        _out, said = running.communicate()
        assert running.returncode in {0, -signal.SIGKILL}, said


def held_by(file: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(file)) as database:
        return {row[0]: json.loads(row[1]) for row in database.execute("select id, document from share")}


def seen_by(address: str, client: ApiClient) -> dict[str, Any]:
    """What the list of shares says now."""
    service = runpy.run_path(CLIENT)["Service"](address, str(client.pk), api_secret(client))
    return {share["id"]: share for share in service.shares()}


def told(held: dict[str, Any]) -> dict[str, Any]:
    """What the feed tells of: a version that shows the same as the one before it, of a result that is not released, is
    no news (sharing/publishing.py), so that a copy keeps the number and the time of the earlier one.
    """
    quiet = {"version": 0, "changed_at": ""}
    return {
        name: share if share["result"]["status"] == "released" else {**share, "result": {**share["result"], **quiet}}
        for name, share in held.items()
    }


def run(seed: int, address: str, folder: Path) -> int:
    """One run; how often the client was killed while it was at work."""
    random = Random(seed)
    organisation = make_organisation()
    client = make_api_client(organisation)
    writers = [Writer(organisation, Random(random.random())) for _number in range(WRITERS)]
    file, kills = folder / f"{seed}.sqlite3", list[float]()
    at_once(*writers, lambda: kill_again_and_again(random, address, client, file, kills))
    expiry.expire_due(timezone.now())  # as every minute: it passes over a share that somebody takes at that moment
    last = start(address, client, file, random.choice([3, 500]))
    _out, said = last.communicate()
    assert last.returncode == 0, said

    held = held_by(file)
    in_force = set(map(str, organisation.shares.in_force(timezone.now()).values_list("pk", flat=True)))
    assert set(held) == in_force, f"seed {seed}"
    assert told(held) == told(seen_by(address, client)), f"seed {seed}"
    return len(kills)


def test_a_killed_client_ends_with_what_the_server_has(address: str, tmp_path: Path) -> None:
    make_result()  # of nobody's concern
    kills = [run(seed, address, tmp_path) for seed in SEEDS]
    print(f"{len(kills)} runs, {sum(kills)} kills")  # noqa: T201
    assert sum(kills) >= len(kills)


def test_a_client_that_stores_its_cursor_apart_is_noticed(address: str, tmp_path: Path) -> None:
    """The drill can fail: this client loses what was not stored when it was killed."""
    broken = tmp_path / "client.py"
    source = (settings.BASE_DIR / CLIENT).read_text()
    safe, at_once = "        with database:  # all of", "            for change in page"
    assert safe in source
    assert at_once in source
    cursor_first = """
            database.execute("insert or replace into state values ('cursor', ?)", [page["next_cursor"]])
            database.commit()
            time.sleep(0.2)
"""
    careless = source.replace(safe, "        if True:  #").replace(at_once, cursor_first + at_once)
    broken.write_text(careless)
    organisation = make_organisation()
    client, file = make_api_client(organisation), tmp_path / "broken.sqlite3"
    share_result(organisation)
    command = [sys.executable, str(broken), address, str(file)]
    env = {"RVS_CLIENT_ID": str(client.pk), "RVS_CLIENT_SECRET": api_secret(client)}
    first = subprocess.Popen(command, env=env)
    programs.wait_until(lambda: file.exists() and _has_cursor(file), "the client did not begin")
    first.kill()
    first.wait()
    subprocess.run(command, env=env, check=True)
    assert held_by(file) != seen_by(address, client)


def _has_cursor(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as database, suppress(sqlite3.OperationalError):
        return bool(database.execute("select 1 from state").fetchone())
    return False
