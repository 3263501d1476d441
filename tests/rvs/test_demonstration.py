"""What a newcomer meets before the demonstration is up, or when it cannot be."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from rvs import demonstration
from rvs.demonstration import Address
from rvs.embedded import Refused
from rvs.processes import ownership


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(demonstration, "ROOT", tmp_path)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.delenv("HOST", raising=False)
    return tmp_path


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_address_comes_from_host_and_port() -> None:
    assert Address.read({}) == Address("127.0.0.1", 8000)
    assert Address.read({"PORT": "", "HOST": ""}) == Address("127.0.0.1", 8000)
    chosen = Address.read({"PORT": "8001", "HOST": "0.0.0.0"})  # noqa: S104
    assert chosen.url == "http://localhost:8001"
    assert chosen.local_host == "127.0.0.1"


@pytest.mark.parametrize("port", ["eight", "0", "65536", "-1", "80.5", "８０"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(Refused, match="PORT must be a number from 1 to 65535"):
        Address.read({"PORT": port})


def test_a_taken_port_says_how_to_choose_another(taken: int) -> None:
    with pytest.raises(Refused, match=f"Port {taken} is taken .*PORT={taken + 1} make demo"):
        Address("127.0.0.1", taken).check_free()


def test_a_port_that_is_free_passes_and_stays_free(taken: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    Address("127.0.0.1", free).check_free()
    Address("127.0.0.1", free).check_free()


def test_a_host_of_another_machine_is_refused() -> None:
    with pytest.raises(Refused, match=r"HOST=192\.0\.2\.1 is not an address of this machine"):
        Address("192.0.2.1", 8765).check_free()


def test_taken_port_ends_with_one_sentence_and_no_servers_left(
    taken: int, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", str(taken))
    assert demonstration.main() == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (root / "run").is_symlink()
    assert not (root / "servers.json").exists()


def test_the_secret_key_is_made_once_and_private(root: Path) -> None:
    key = demonstration._secret_key()
    assert len(key) > 50
    assert demonstration._secret_key() == key
    assert (root / "secret_key").stat().st_mode & 0o777 == 0o600


def test_it_answers_to_both_names_and_to_its_host() -> None:
    def hosts(host: str) -> str:
        return demonstration._environment(Address(host, 8000))["ALLOWED_HOSTS"]

    assert hosts("127.0.0.1") == "localhost,127.0.0.1"
    assert hosts("0.0.0.0") == "localhost,127.0.0.1"  # noqa: S104
    assert hosts("192.0.2.1") == "localhost,127.0.0.1,192.0.2.1"


def test_a_second_demonstration_is_told_where_the_first_one_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demonstration, "running", lambda _root: {"PUBLIC_BASE_URL": "http://localhost:8123"})
    assert demonstration.main() == 1
    assert capsys.readouterr().err == "The demonstration is already running at http://localhost:8123.\n"


def test_clean_removes_the_data(root: Path) -> None:
    (root / "postgres").mkdir()
    (root / "postgres/PG_VERSION").touch()
    (root / "secret_key").touch()
    assert demonstration.clean() == 0
    assert {path.name for path in root.iterdir()} <= {"owner.lock", "alive.lock"}


def test_clean_is_refused_while_it_runs(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "secret_key").touch()
    monkeypatch.setattr(demonstration, "running", lambda _root: {})
    with ownership(root, settled=lambda: True):
        assert demonstration.clean() == 1
    assert "Already running" in capsys.readouterr().err
    assert (root / "secret_key").exists()


def test_data_of_another_user_are_named(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    assert demonstration.main() == 1
    assert f"belongs to {root.owner()}: run this as {root.owner()}" in capsys.readouterr().err


def test_the_django_command_alone_explains_itself() -> None:
    with pytest.raises(CommandError, match=r"Start it with: manage\.py demo"):
        call_command("demo")
