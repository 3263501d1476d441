"""Processes that live no longer than their owner, and what is left over when an owner was killed.

Two locks guard a folder. `owner.lock` is held by the owner alone: who has it may start things. `alive.lock` is also
inherited by every child: who gets it knows that nothing of an earlier run is alive, whatever pid files say.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Every descendant inherits this variable, so a child whose own parent was killed is still known to be ours.
MARK = "RVS_OWNER_ROOT"
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Seconds to wait for a child that was asked to stop, and what it gets then.
PATIENCE: tuple[tuple[float, signal.Signals], ...] = ((20, signal.SIGQUIT), (5, signal.SIGKILL))


class Refused(Exception):  # noqa: N818  (a refusal with a reason, not a fault of the program)
    """One sentence for the person at the terminal."""


@dataclass
class Child:
    """A process of the owner, with a log file of its own."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    log_start: int  # bytes that earlier runs wrote
    stop_signal: signal.Signals
    _asked: bool = field(default=False, init=False)

    @property
    def log_end(self) -> str:
        """What this run wrote last, at most 2,000 bytes."""
        with self.log.open("rb") as log:
            log.seek(max(self.log_start, self.log.stat().st_size - 2000))
            return log.read().decode(errors="replace").strip()

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        code = self.process.poll()
        if code is None:
            return "still running"
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once `ready` says so (an OSError counts as no); Refused if the child ends first or the time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                if ready():
                    return
            time.sleep(0.03)
        raise Refused(f"{self.name} did not start. The end of {self.log}:\n{self.log_end}")

    def ask_to_stop(self) -> None:
        """Send the stop signal once; twice would make some servers drop what they are doing."""
        if not self._asked and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        self._asked = True

    def stop(self) -> None:
        """Ask, then insist: a server that hangs must not keep the terminal."""
        self.ask_to_stop()
        for seconds, harder in PATIENCE:
            try:
                self.process.wait(seconds)
                return
            except subprocess.TimeoutExpired:
                self.process.send_signal(harder)
        self.process.wait()


class Owner:
    """The one process that may run things for a folder. Use from the main thread: children die with that thread."""

    def __init__(self, root: Path, alive: int) -> None:
        self.root = root
        self.children: list[Child] = []
        self._alive = alive

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        prefix: Sequence[str] = (),
        stop_signal: signal.Signals = signal.SIGTERM,
        folder: Path = Path("/"),
    ) -> Child:
        """Start a child that appends to `log/NAME.log`, is stopped when the owner ends, and dies if it is killed."""
        log = self.root / "log" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("ab") as out:
            start = out.tell()
            # A session of its own: Ctrl-C in the terminal reaches the owner only, who stops things in order.
            process = subprocess.Popen(
                self._tied(command, prefix, stop_signal),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._marked(environment),
                cwd=folder,
                pass_fds=[self._alive],
                start_new_session=True,
            )
        child = Child(name, process, log, start, stop_signal)
        self.children.append(child)
        return child

    def run(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        prefix: Sequence[str] = (),
        typed: str = "",
    ) -> None:
        """Run a short command to its end, with `typed` as its input; Refused with what it said if it fails."""
        done = subprocess.run(
            self._tied(command, prefix, signal.SIGKILL),
            input=typed,
            env=self._marked(environment),
            cwd="/",
            pass_fds=[self._alive],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Refused(f"{Path(command[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}")

    def fallen(self) -> Child | None:
        """The first child that has ended, or None while all are alive."""
        return next((child for child in self.children if child.process.poll() is not None), None)

    def stop(self) -> None:
        """Stop all children, the last one first."""
        for child in reversed(self.children):
            child.stop()
        self.children.clear()

    def _marked(self, environment: Mapping[str, str]) -> dict[str, str]:
        return {**environment, MARK: str(self.root)}

    @staticmethod
    def _tied(command: Sequence[str | Path], prefix: Sequence[str], death_signal: signal.Signals) -> list[str | Path]:
        # After the prefix, because a change of user clears the death signal.
        return [*prefix, "setpriv", "--pdeathsig", death_signal.name.removeprefix("SIG"), "--", *command]


@contextlib.contextmanager
def ownership(root: Path, *, settled: Callable[[], bool]) -> Iterator[Owner]:
    """Own a folder, after killing what an earlier owner left behind; stop all children at the end.

    `settled` tells whether another living owner is up. If so, Refused at once; if not, it is starting or stopping,
    and is given some seconds.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        root = root.resolve()
        with contextlib.ExitStack() as stack:
            _take_owner_lock(stack, root, settled)
            _kill_marked(root)
            alive = _take_alive_lock(stack, root)
            stack.callback(_kill_marked, root)
            owner = Owner(root, alive)
            stack.callback(owner.stop)
            yield owner
    except PermissionError as error:
        if error.filename is None or not Path(os.fsdecode(error.filename)).is_relative_to(root):
            raise
        raise Refused(
            f"{error.filename} belongs to another user, often root: remove it, or run this as they do."
        ) from error


def is_owned(root: Path) -> bool:
    """Whether a living process owns the folder."""
    try:
        with (root / "owner.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt once; later ones are ignored, so stopping is not cut short.

    SIGINT is set too: a shell's background job starts with it ignored.
    """

    def interrupt(number: int, frame: object) -> None:
        for one in STOP_SIGNALS:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in STOP_SIGNALS}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _take_owner_lock(stack: contextlib.ExitStack, root: Path, settled: Callable[[], bool]) -> None:
    lock = _open_lock(stack, root / "owner.lock")
    end = time.monotonic() + 30
    while not _locked(lock):
        if settled() or time.monotonic() > end:
            raise Refused(f"Already running on {root}.")
        time.sleep(0.05)


def _take_alive_lock(stack: contextlib.ExitStack, root: Path) -> int:
    """Wait for servers of a killed owner: they stop by themselves, and what does not is killed after 5 s."""
    lock = _open_lock(stack, root / "alive.lock")
    begin = time.monotonic()
    while not _locked(lock):
        waited = time.monotonic() - begin
        if waited > 20:
            raise Refused(f"Servers of an earlier run on {root} will not stop.")
        if waited > 5:
            for pid in _holders(lock):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    return lock


def _open_lock(stack: contextlib.ExitStack, path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    stack.callback(os.close, lock)
    return lock


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holders(lock: int) -> Iterator[int]:
    mine = os.fstat(lock)
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            there, pid = link.stat(), int(link.parts[2])
            if os.path.samestat(there, mine) and pid != os.getpid():
                yield pid


def _kill_marked(root: Path) -> None:
    """Kill every process that carries this folder's mark: only its owner calls this, so they have no other owner."""
    end = time.monotonic() + 10
    while (pids := list(_marked_pids(root))) and time.monotonic() < end:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _marked_pids(root: Path) -> Iterator[int]:
    mark = os.fsencode(f"{MARK}={root}")
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            pid = int(environ.parent.name)
            if pid != os.getpid() and mark in environ.read_bytes().split(b"\0"):
                yield pid
