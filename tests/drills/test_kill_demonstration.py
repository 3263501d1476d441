"""Whatever of a running demonstration is killed, the next start works at once and has the data of the first.

One round of random victims; with RVS_DRILLS=full 20 rounds. RVS_SEED repeats a drill that failed.
"""

import contextlib
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from rvs import embedded
from rvs.demonstration import BASE
from rvs.processes import MARK

CODE = [
    "accounts", "downloads", "notifications", "organisations", "results", "rvs", "sharing", "static", "templates",
]  # fmt: skip
START_SECONDS = 60
FULL = os.environ.get("RVS_DRILLS") == "full"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, in a folder with a space: the drill must not touch a demonstration that runs in this checkout."""
    copy = tmp_path_factory.mktemp("check out")
    for name in CODE:
        shutil.copytree(BASE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(BASE / "manage.py", copy)
    return copy


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        number: int = trial.getsockname()[1]
        return number


@contextlib.contextmanager
def demonstration(checkout: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py demo`, ready when the block begins; killed at its end if it still runs."""
    variables = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", MARK}}
    output = (checkout / "output").open("ab")
    with (
        output,
        subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=checkout,
            env={**variables, "PORT": str(port)},
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            wait_until_ready(process, checkout, port)
            yield process
        finally:
            process.kill()


def wait_until_ready(process: subprocess.Popen[bytes], checkout: Path, port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        if embedded.running(checkout / "var") and status(port) == 200:
            return
        time.sleep(0.1)
    pytest.fail(f"did not start: {(checkout / 'output').read_text()[-3000:]}")


def status(port: int) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    return None


def family(checkout: Path) -> dict[int, str]:
    """Pid and command of everything the owner started, grandchildren included."""
    found = {}
    parents = {int(path.name): _parent(path) for path in Path("/proc").glob("[0-9]*")}
    marked = {pid for pid in parents if f"{MARK}={checkout / 'var'}".encode() in _environ(pid)}
    # PostgreSQL's backends write over their environment, so go by parent as well.
    while more := {pid for pid, parent in parents.items() if parent in marked} - marked:
        marked |= more
    for pid in marked:
        with contextlib.suppress(OSError):
            found[pid] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return {pid: command for pid, command in found.items() if command}  # a zombie has none


def _parent(path: Path) -> int:
    with contextlib.suppress(OSError):
        return int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
    return 0


def _environ(pid: int) -> list[bytes]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []


def results(checkout: Path) -> int:
    environment = embedded.running(checkout / "var")
    assert environment is not None
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        row = connection.execute("select count(*) from results_result").fetchone()
        assert row is not None
        return int(row[0])


def leftovers(checkout: Path) -> Mapping[int, str]:
    """What is still alive after the servers of a killed owner had ten seconds to stop by themselves."""
    end = time.monotonic() + 10
    while (alive := family(checkout)) and time.monotonic() < end:
        time.sleep(0.1)
    return alive


@pytest.mark.drill
def test_start_after_kill(checkout: Path, port: int) -> None:
    seed = int(os.environ.get("RVS_SEED", str(time.time_ns())))
    print(f"RVS_SEED={seed}")  # noqa: T201  (shown when the drill fails)
    chance = random.Random(seed)
    counts = set()
    for _ in range(20 if FULL else 1):
        with demonstration(checkout, port) as process:
            counts.add(results(checkout))
            everything = [process.pid, *family(checkout)]
            victims = chance.sample(everything, chance.choice([1, 2, len(everything)]))
            for pid in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if process.pid not in victims:
                time.sleep(chance.random())  # the owner may have noticed by now, or not
                process.send_signal(signal.SIGTERM)
                process.wait(30)
    with demonstration(checkout, port) as process:
        counts.add(results(checkout))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert leftovers(checkout) == {}
    assert not (checkout / "var/run").is_symlink()
    assert len(counts) == 1
    assert counts.pop() > 0
