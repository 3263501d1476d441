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
def worker(django_db_setup: None) -> Iterator[Worker]:
    """The importer in processes of its own, on the tests' database."""
    name = str(connection.settings_dict["NAME"])
    url = urlsplit(os.environ["DATABASE_URL"])
    worker = Worker({"DATABASE_URL": url._replace(path=f"/{name}").geturl()})
    yield worker
    worker.stop()
