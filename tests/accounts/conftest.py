"""What the tests of log-in, reset and mail share."""

import socket

import pytest

from accounts.models import User
from tests.factories import make_user


@pytest.fixture
def person(db: None) -> User:
    return make_user("known@example.org")


@pytest.fixture
def unused_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
