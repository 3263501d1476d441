"""Worker, beat and mail server as processes and ports of their own, to be killed."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts.tasks import deliver_mail
from notifications.tasks import make_digests
from tests import programs

PATIENCE = 900


def dice() -> random.Random:
    seed = int(os.environ.get("RVS_SEED", str(time.time_ns())))
    print(f"RVS_SEED={seed}")  # noqa: T201  (shown when the drill fails)
    return random.Random(seed)


class Program:
    """`celery -A rvs ...` with all its children; killed without a warning, and started again."""

    def __init__(self, port: int, log: Path, *command: str) -> None:
        self.port, self.log, self.command = port, log, command
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "rvs", *self.command, "--loglevel", "WARNING"],
                env=programs.environment(EMAIL_URL=f"smtp://127.0.0.1:{self.port}"),
                cwd=settings.BASE_DIR,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def children(self) -> list[int]:
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with contextlib.suppress(OSError):
            return [int(pid) for pid in listed.read_text().split()]
        return []


@dataclass
class Machines:
    """A worker of two processes and two beats; what was killed."""

    worker: Program
    beats: list[Program]
    kills: dict[str, int] = field(default_factory=dict)

    def kill(self, victim: str, chance: random.Random) -> None:
        if victim == "child" and (children := self.worker.children()):
            for pid in chance.sample(children, chance.randint(1, len(children))):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        elif victim == "beat":
            beat = chance.choice(self.beats)
            beat.kill()
            beat.start()
        else:
            victim = "worker"
            self.worker.kill()
            self.worker.start()
        self.kills[victim] = self.kills.get(victim, 0) + 1

    @property
    def kills_of_workers(self) -> int:
        return self.kills.get("worker", 0) + self.kills.get("child", 0)


@contextlib.contextmanager
def machines(port: int, folder: Path) -> Iterator[Machines]:
    log = folder / "programs.log"
    worker = Program(port, log, "worker", "--concurrency", "2", "--without-gossip", "--without-mingle")
    beats = [Program(port, log, "beat", "--schedule", str(folder / f"beat{number}")) for number in range(2)]
    try:
        yield Machines(worker, beats)
    finally:
        for program in (worker, *beats):
            program.kill()
        wait_until_no_backend_is_left()


def wait_until(ready: Callable[[], object], what: str, *, ring: bool = True, seconds: float = PATIENCE) -> float:
    """Rings the doorbell as pages do; returns how long it took."""
    began, rung = time.monotonic(), 0.0
    while not ready():
        if time.monotonic() - began > seconds:
            pytest.fail(f"not after {seconds} s: {what}")
        if ring and time.monotonic() - rung > 1:
            for task in (deliver_mail, make_digests):
                task.apply_async(expires=5)
            rung = time.monotonic()
        time.sleep(0.005)
    return time.monotonic() - began


def wipe_broker() -> None:
    with deliver_mail.app.connection_for_write() as broker:
        queue: Any = broker.default_channel.client  # type: ignore[attr-defined]  # Redis alone has it
        queue.flushall()


def wait_until_no_backend_is_left() -> None:
    """PostgreSQL notices at once that a client was killed, and ends what it was doing."""
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    for _ in range(400):
        with connection.cursor() as cursor:
            cursor.execute(others)
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
