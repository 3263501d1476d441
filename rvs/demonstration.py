"""The demonstration: embedded servers, and on them the whole service in one terminal.

`main` is the outer part, which runs before Django has settings; the Django command `demo` calls `serve` later.
"""

import contextlib
import errno
import http.client
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import django
from django.core.management import call_command

from rvs.embedded import Refused, Running, running, servers
from rvs.processes import Child, ownership, stoppable

BASE = Path(__file__).resolve().parent.parent
ROOT = BASE / "var"
READY_SECONDS = 90
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Address:
    """Where the demonstration listens (HOST and PORT), and what a person types."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """With a name and not a number: passkeys need one."""
        return f"http://localhost:{self.port}"

    @property
    def local_host(self) -> str:
        """The address at which this machine reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  (compared, not bound)

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "Address":
        """From HOST and PORT; Refused if PORT is no port number."""
        host, port = variables.get("HOST") or "127.0.0.1", variables.get("PORT") or "8000"
        if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
            raise Refused(f"PORT must be a number from 1 to 65535, not {port!r}.")
        return cls(host, int(port))

    def check_free(self) -> None:
        """Refused if something listens there; also on ::1, which a browser may try first for localhost."""
        for host in dict.fromkeys([self.host, *(["::1"] if self.host in LOOPBACK else [])]):
            try:
                family, _, _, _, place = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)[0]
                with socket.socket(family, socket.SOCK_STREAM) as trial:
                    trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    trial.bind(place)
            except OSError as error:
                self._explain(host, error)

    def _explain(self, host: str, error: OSError) -> None:
        if error.errno == errno.EADDRINUSE:
            other = self.port + 1 if self.port < 65535 else 8000
            raise Refused(f"Port {self.port} is taken by another program: choose another with PORT={other} make demo")
        if error.errno == errno.EACCES:
            raise Refused(f"Port {self.port} is reserved for root: choose another with PORT=8000 make demo")
        if host == self.host:
            raise Refused(f"HOST={host} is not an address of this machine ({error.strerror}).")


def main() -> int:
    """Run until Ctrl-C or SIGTERM (0), or until something fails (1)."""
    try:
        with stoppable():
            _demonstrate()
    except Refused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
    return 0


def _demonstrate() -> None:
    address = Address.read(os.environ)
    if live := running(ROOT):
        raise Refused(f"The demonstration is already running at {live.get('PUBLIC_BASE_URL', 'another address')}.")
    ROOT.mkdir(exist_ok=True)
    if not os.access(ROOT, os.W_OK):
        raise Refused(f"{ROOT} belongs to {ROOT.owner()}: run this as {ROOT.owner()}, or remove that folder.")
    if os.environ.get("DATABASE_URL"):
        say("DATABASE_URL is set but not used: the demonstration has its own database.")
    say("Starting PostgreSQL and Valkey (data and logs are under var/)")
    with servers(ROOT, environment=_environment(address)) as ready:
        address.check_free()  # after the servers have cleared away what a killed run left on the port
        os.environ.update(ready.environment)
        os.environ["DJANGO_SETTINGS_MODULE"] = "rvs.settings"
        django.setup()
        call_command("demo", ready=ready, address=address)


def _environment(address: Address) -> dict[str, str]:
    hosts = ["localhost", "127.0.0.1", *([address.host] if address.local_host == address.host else [])]
    return {
        "DEMONSTRATION": "1",
        "SECRET_KEY": _secret_key(),
        "PUBLIC_BASE_URL": address.url,
        "ALLOWED_HOSTS": ",".join(dict.fromkeys(hosts)),
        "EMAIL_URL": (ROOT / "mail").as_uri(),
        "STORAGE_URL": (ROOT / "storage").as_uri(),
        "DEFAULT_FROM_EMAIL": "Results Verification Service <no-reply@example.org>",
    }


def _secret_key() -> str:
    """Made once, so that sessions and keyed hashes survive a restart."""
    path = ROOT / "secret_key"
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=ROOT) as draft:
            draft.write(secrets.token_urlsafe(50))
            draft.flush()
            with contextlib.suppress(FileExistsError):  # of two first starts at once, the first one's key stays
                os.link(draft.name, path)
    return path.read_text()


def serve(ready: Running, address: Address) -> None:
    """Start web, worker and beat, say when they are up, and watch them until interrupted; Refused if one ends."""
    with _service(ready, address) as web:
        web.wait_until(lambda: _answers(address), READY_SECONDS)
        _announce(address)
        while (fallen := ready.owner.fallen()) is None:
            time.sleep(0.3)
        raise Refused(
            f"{fallen.name} ended unexpectedly ({fallen.ending}), so everything is stopped. "
            f"Start again with: make demo\nThe end of {fallen.log}:\n{fallen.log_end}"
        )


@contextlib.contextmanager
def _service(ready: Running, address: Address) -> Iterator[Child]:
    environment = {**os.environ, **ready.environment}
    # `python -m`, because a script's first line cannot hold a long path or one with spaces.
    granian = ["granian", "--interface", "wsgi", "--host", address.host, "--port", str(address.port)]
    celery = ["celery", "-A", "rvs"]
    commands = {
        # Fewer threads than connections in a process's pool, so that no request waits for one.
        "web": [*granian, "--workers", "2", "--blocking-threads", "8", "--no-ws", "rvs.wsgi:application"],
        "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING"],
        "beat": [*celery, "beat", "--schedule", str(ROOT / "beat-schedule"), "--pidfile=", "--loglevel", "WARNING"],
    }
    children = [
        ready.owner.start(name, [sys.executable, "-m", *command], environment=environment, folder=BASE)
        for name, command in commands.items()
    ]
    try:
        yield children[0]
    finally:
        for child in children:  # all at once; the owner then waits for each
            child.ask_to_stop()
        say("Stopping ...")


def _answers(address: Address) -> bool:
    connection = http.client.HTTPConnection(address.local_host, address.port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(http.client.HTTPException):
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{address.port}"})
        return connection.getresponse().status == 200
    return False


def _announce(address: Address) -> None:
    say(f"\nThe Results Verification Service is up: {address.url}\n")
    call_command("demo_accounts")
    say(f"\nMails it sends: {address.url}/_mail/   Logs: var/log/\nCtrl-C stops everything.")


def clean() -> int:
    """Remove the demonstration's data; refused while it is running."""
    try:
        with ownership(ROOT, settled=lambda: running(ROOT) is not None):
            for path in ROOT.iterdir():
                if path.name not in {"owner.lock", "alive.lock"}:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    except Refused as refused:
        sys.stderr.write(f"{refused} Stop it first.\n")
        return 1
    say("The demonstration's data are removed; make demo starts with new ones.")
    return 0


def say(text: str) -> None:
    """At once also where the output is a pipe."""
    print(text, flush=True)  # noqa: T201
