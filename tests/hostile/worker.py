"""Loads hostile deliveries, each in a process of its own whose memory and time are measured.

Started once by the tests; it has imported everything and opened no connection, so that a fork of it costs little and
counts everything that the delivery makes it do.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path

import django
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command, load_command_class
from django.db import connection

SECONDS = 10
MEGABYTES = 512
_HARD_SECONDS = 120
_HARD_BYTES = 4 << 30


@dataclass(frozen=True)
class Outcome:
    """What the import of a delivery did."""

    exit_code: int
    output: str
    changed: bool
    seconds: float
    worked_seconds: float
    peak_mb: int


class Worker:
    """The process that forks; `load` is answered in order."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def load(self, folder: Path, session_key: str = "") -> Outcome:
        """Load the delivery in a folder as `manage.py import_results` does, or upload it as whoever has the session."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{session_key}\t{folder}\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        self._process.communicate(timeout=_HARD_SECONDS)


def assert_refused(worker: Worker, folder: Path, message: str) -> None:
    """Refused by the command in its own words, in time, within the memory, without a trace.

    A machine that was busy with something else gets a second try.
    """
    outcome = worker.load(folder)
    if outcome.seconds >= SECONDS:
        outcome = worker.load(folder)
    assert [c for c in outcome.output if not c.isprintable() and c != "\n"] == [], "it would command a terminal"
    assert_harmless(outcome, message)
    assert outcome.seconds < SECONDS, outcome.seconds


def assert_harmless(outcome: Outcome, message: str) -> None:
    """Refused with the message, without a trace, within the memory and the time, waiting for a busy machine aside."""
    assert outcome.exit_code in {1, 2}, outcome
    assert message in outcome.output, outcome.output[:2_000]
    assert not outcome.changed, outcome
    assert outcome.peak_mb < MEGABYTES, outcome.peak_mb
    assert outcome.worked_seconds < SECONDS, outcome.worked_seconds


def main() -> None:
    django.setup()
    load_command_class("results", "import_results")
    import_module("tests.hostile.uploading")
    import_module("rvs.urls")  # what else the product has in memory, WeasyPrint with its settings of Pillow among it
    for line in sys.stdin:
        session_key, _tab, folder = line.rstrip("\n").partition("\t")
        sys.stdout.write(f"{json.dumps(_measured(Path(folder), session_key))}\n")
        sys.stdout.flush()


def _measured(folder: Path, session_key: str) -> dict[str, object]:
    answer = folder / "outcome.json"
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _child(folder, session_key, answer)
    _pid, status, usage = os.wait4(child, 0)
    said = json.loads(answer.read_text()) if answer.exists() else {"output": "", "changed": True}
    return {
        "exit_code": os.waitstatus_to_exitcode(status),
        "seconds": round(time.monotonic() - began, 2),
        "worked_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mb": usage.ru_maxrss // 1024,
        **said,
    }


def _child(folder: Path, session_key: str, answer: Path) -> None:
    """Never returns.  The exit code is the command's, or 70 for an exception that it should have answered."""
    code = 70
    try:
        resource.setrlimit(resource.RLIMIT_AS, (_HARD_BYTES, _HARD_BYTES))
        signal.alarm(_HARD_SECONDS)
        from tests.hostile import uploading  # noqa: PLC0415  (only now is Django set up)

        before = _fingerprint()
        code, text = uploading.upload(folder, session_key) if session_key else _load(folder)
        output = text if len(text) < 100_000 else f"{text[:50_000]}\n{text[-50_000:]}"
        changed = _fingerprint() != before
        answer.write_text(json.dumps({"output": output, "changed": changed}))
    except BaseException:  # noqa: BLE001  (reported by the parent, whatever it is)
        answer.write_text(json.dumps({"output": traceback.format_exc(), "changed": True}))
    finally:
        os._exit(code)


def _load(folder: Path) -> tuple[int, str]:
    photos = [f"--photos={path}" for path in (folder / "photos", folder / "photos.zip") if path.exists()]
    output, code = StringIO(), 0
    try:
        call_command("import_results", str(folder / "results.csv"), *photos, stdout=output)
    except CommandError as refused:
        code = refused.returncode
        output.write(str(refused))
    return code, output.getvalue()


def _fingerprint() -> list[object]:
    """What of the database an import may change, and how many photos are stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select (select md5(coalesce(string_agg(r::text, '' order by id), '')) from results_result r), "
            "(select count(*) from results_resultversion), (select count(*) from results_importbatch), "
            "(select count(*) from accounts_auditevent where action in ('results_imported', 'import_confirmed'))"
        )
        found = list(cursor.fetchone() or ())
    connection.close()
    stored = Path(default_storage.path(""))
    return [*found, sum(1 for _path in stored.rglob("*.jpg"))]


if __name__ == "__main__":
    main()
