"""Real servers for the whole test run: `-p tests.plugin` stands in pyproject.toml.

They start once, in the controlling process, before pytest-django loads the settings; workers of pytest-xdist inherit
the environment. Set DATABASE_URL and REDIS_URL to test against servers of your own.
"""

import contextlib
import os
from collections.abc import Generator

import pytest

from rvs import embedded


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """A wrapper comes before every other plugin's hook, pytest-django's included."""
    stack = contextlib.ExitStack()
    early_config.add_cleanup(stack.close)
    if not os.environ.get("DATABASE_URL"):
        _start(stack)
    return (yield)


def _start(stack: contextlib.ExitStack) -> None:
    try:
        servers = stack.enter_context(embedded.throwaway())
    except embedded.Refused as refused:
        raise pytest.UsageError(str(refused)) from None
    os.environ.update(
        {
            **servers.environment,
            "DEMONSTRATION": "1",
            "DEBUG": "0",
            "SECRET_KEY": "for-tests-only",
            "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
            "PUBLIC_BASE_URL": "http://testserver",
            "EMAIL_URL": "memory://",
            "STORAGE_URL": (servers.owner.root / "storage").as_uri(),
        }
    )
