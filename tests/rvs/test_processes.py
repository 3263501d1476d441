"""Children end with their owner, and an earlier owner's leftovers are found, but nothing else is touched."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rvs.processes import MARK, Owner, Refused, ownership, stoppable

ENVIRONMENT = dict(os.environ)


def never() -> bool:
    return False


def eventually(said: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if said():
            return True
        time.sleep(0.02)
    return said()


def shell(owner: Owner, script: str, name: str = "child") -> subprocess.Popen[bytes]:
    return owner.start(name, ["sh", "-c", script], environment=ENVIRONMENT).process


def gone(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_leftovers_are_killed_and_strangers_are_not(tmp_path: Path) -> None:
    command = ["sleep", "60"]
    other = f"{tmp_path}-other"
    with (
        subprocess.Popen(command, env={**ENVIRONMENT, MARK: str(tmp_path)}) as leftover,
        subprocess.Popen(command, env={**ENVIRONMENT, MARK: other}) as stranger,
    ):
        assert eventually(lambda: MARK.encode() in Path(f"/proc/{leftover.pid}/environ").read_bytes())
        with ownership(tmp_path, settled=never):
            assert leftover.wait(5) == -signal.SIGKILL
            assert stranger.poll() is None
        stranger.kill()


def test_orphans_of_a_killed_child_end_with_the_owner(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with ownership(tmp_path, settled=never) as owner:
        child = shell(owner, f"sleep 60 & echo $! > {pid_file}; wait")
        assert eventually(lambda: pid_file.exists() and pid_file.read_text().strip() != "")
        child.kill()
        orphan = int(pid_file.read_text())
        assert not gone(orphan)
    assert eventually(lambda: gone(orphan))


def test_children_die_with_a_killed_owner(tmp_path: Path) -> None:
    code = (
        "import os, sys, time; from pathlib import Path; from rvs.processes import ownership\n"
        "with ownership(Path(sys.argv[1]), settled=lambda: False) as owner:\n"
        "    child = owner.start('child', ['sleep', '60'], environment=os.environ)\n"
        "    print(child.process.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        time.sleep(0.1)  # setpriv has become sleep
        process.kill()
        assert eventually(lambda: gone(child))


def test_a_child_that_ends_early_shows_what_it_wrote_in_this_run_only(tmp_path: Path) -> None:
    log = tmp_path / "log/child.log"
    log.parent.mkdir()
    log.write_text("of an earlier run\n")
    with ownership(tmp_path, settled=never) as owner:
        child = owner.start("child", ["sh", "-c", "echo no such thing; exit 3"], environment=ENVIRONMENT)
        with pytest.raises(Refused, match="child did not start") as refused:
            child.wait_until(never, 5)
        assert "no such thing" in str(refused.value)
        assert "earlier" not in str(refused.value)
        assert owner.fallen() is child
        assert child.ending == "exit code 3"


def test_a_child_that_will_not_stop_is_made_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rvs.processes.PATIENCE", ((0.2, signal.SIGQUIT), (0.2, signal.SIGKILL)))
    with ownership(tmp_path, settled=never) as owner:
        child = shell(owner, "trap '' TERM QUIT; echo up; while :; do sleep 0.1; done")
        log = tmp_path / "log/child.log"
        assert eventually(lambda: log.read_text() == "up\n")
    assert child.returncode == -signal.SIGKILL


def test_a_failing_command_says_why(tmp_path: Path) -> None:
    with ownership(tmp_path, settled=never) as owner:
        owner.run(["sh", "-c", "read x; test $x = typed"], environment=ENVIRONMENT, typed="typed\n")
        with pytest.raises(Refused, match="sh failed: because"):
            owner.run(["sh", "-c", "echo because >&2; exit 1"], environment=ENVIRONMENT)


def test_an_owner_that_is_up_refuses_a_second_at_once_and_one_that_stops_is_waited_for(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from rvs.processes import ownership\n"
        "with ownership(Path(sys.argv[1]), settled=lambda: False):\n"
        "    print('up', flush=True); time.sleep(1)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "up\n"
        begin = time.monotonic()
        with pytest.raises(Refused, match="Already running"), ownership(tmp_path, settled=lambda: True):
            pass
        assert time.monotonic() - begin < 0.5
        with ownership(tmp_path, settled=never):
            assert first.wait(1) == 0


def test_the_first_signal_interrupts_and_later_ones_are_ignored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), stoppable():
        _signalled_while_cleaning_up()
    assert signal.getsignal(signal.SIGTERM) == before


def _signalled_while_cleaning_up() -> None:
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(os.getpid(), number)
