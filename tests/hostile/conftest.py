"""What the tests of hostile input share."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.hostile.addresses import addresses, everybody, everywhere, people, targets
from tests.hostile.worker import Worker

__all__ = ["addresses", "everybody", "everywhere", "people", "targets", "worker"]


@pytest.fixture(scope="session")
def environment(django_db_setup: None) -> dict[str, str]:
    """For a process of its own on the tests' database."""
    name = str(connection.settings_dict["NAME"])
    url = urlsplit(os.environ["DATABASE_URL"])
    return {**os.environ, "DATABASE_URL": url._replace(path=f"/{name}").geturl()}


@pytest.fixture(scope="session")
def worker(environment: dict[str, str]) -> Iterator[Worker]:
    """The importer in processes of its own."""
    worker = Worker(environment)
    yield worker
    worker.stop()
