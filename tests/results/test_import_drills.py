"""Whatever happens in the middle of a load: the old state or the new one, and never two loads at once."""

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from results import holds
from results.importer import ImportConflictError, merging
from results.models import ImportBatch, Result, ResultVersion, Status
from tests.results.loading import csv_file, first_row, load, some_rows, stored

pytestmark = pytest.mark.django_db(transaction=True)

FULL = os.environ.get("RVS_DRILLS") == "full"
ROWS, KILLS = (100_000, 20) if FULL else (2_000, 3)


def database_url() -> str:
    """Of the tests' own database, for a process of its own."""
    database = settings.DATABASES["default"]
    host, port = quote(str(database["HOST"]), safe=""), f":{database['PORT']}" if database.get("PORT") else ""
    password = f":{quote(str(database['PASSWORD']), safe='')}" if database.get("PASSWORD") else ""
    return f"postgresql://{database['USER']}{password}@{host}{port}/{database['NAME']}"


def start_import(file: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.results.import_process", str(file)],
        env={**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "rvs.settings"},
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process: "subprocess.Popen[str]") -> None:
    with process:
        output, _errors = process.communicate(timeout=600)
    assert (output, process.returncode) == ("done\n", 0)


def wait_until_its_backend_is_gone() -> None:
    """PostgreSQL notices a dead client at its next word to it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    pytest.fail("the lock of a killed import is still held")


def state() -> tuple[int, int, int, list[dict[str, Any]]]:
    return (Result.objects.count(), ResultVersion.objects.count(), ImportBatch.objects.count(), stored())


@pytest.mark.drill
def test_kill_9_at_any_moment_leaves_the_old_state_and_the_next_load_completes_it(tmp_path: Path) -> None:
    rows = some_rows(ROWS)
    half = rows[: ROWS // 2]
    load(half)
    before = state()
    file = tmp_path / "drill.csv"
    file.write_bytes(csv_file(row | {"place_of_entry": "ELSEWHERE"} for row in rows).getvalue())
    random, seconds = Random(5), 0.3
    for _kill in range(KILLS):
        with start_import(file) as process:
            time.sleep(random.uniform(0, seconds))
            was_running = process.poll() is None
            process.kill()
        wait_until_its_backend_is_gone()
        if was_running and state() != before:
            # The commit was already on its way: then it must be the whole of it.
            assert Result.objects.count() == ROWS
            break
        seconds *= 1.3 if was_running else 0.7
    finish(start_import(file))
    assert Result.objects.count() == ROWS
    assert ResultVersion.objects.count() == ROWS + len(half)
    assert set(ResultVersion.objects.filter(number=1 + 1).values_list("place_of_entry", flat=True)) == {"ELSEWHERE"}
    after = stored()
    finish(start_import(file))
    assert stored() == after, "the same file again changes nothing"
    assert ImportBatch.objects.count() == 2


class SlowFile(io.BytesIO):
    """A file that stops after its header until it is told to go on."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.reached, self.go_on = threading.Event(), threading.Event()

    def readline(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            self.reached.set()
            assert self.go_on.wait(30)
        return super().readline(size)


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    """With a connection of its own, which is closed again."""

    def body() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def test_of_two_loads_at_once_the_second_is_refused() -> None:
    first = SlowFile(csv_file([first_row()]).getvalue())
    reports = []
    thread = in_a_thread(lambda: reports.append(load(first)))
    try:
        assert first.reached.wait(30)
        with pytest.raises(ImportConflictError, match="Another results file is being loaded"):
            load([first_row(reference_number="X1")])
    finally:
        first.go_on.set()
        thread.join()
    assert reports[0].added == 1
    assert load([first_row(reference_number="X1")]).added == 1, "afterwards it goes through"
    assert Result.objects.count() == 2


def test_a_hold_that_comes_in_between_is_not_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    load([first_row()])
    plan = merging.plan

    def plan_then_hold(**options: bool) -> merging.Plan:
        made = plan(**options)
        result = Result.objects.get()
        hold = lambda: holds.hold(result=result, status=Status.WITHHELD, reason="Now", by="user:1")  # noqa: E731
        in_a_thread(hold).join()
        return made

    monkeypatch.setattr(merging, "plan", plan_then_hold)
    with pytest.raises(ImportConflictError, match="Staff changed a result"):
        load([first_row(score="171"), first_row(reference_number="X1")])
    monkeypatch.undo()
    result = Result.objects.get()
    assert (result.current.number, result.current.status, result.current.score) == (2, Status.WITHHELD, 172)
    report = load([first_row(score="171"), first_row(reference_number="X1")])
    assert (report.added, report.changed, report.held) == (1, 1, ["15BGB9615003"])
