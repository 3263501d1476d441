"""What the tests of hostile input share."""

from collections.abc import Iterator

import pytest

from tests import programs
from tests.hostile.addresses import addresses, everybody, everywhere, people, targets
from tests.hostile.worker import Worker

__all__ = ["addresses", "everybody", "everywhere", "people", "targets", "worker"]


@pytest.fixture(scope="session")
def worker(django_db_setup: None) -> Iterator[Worker]:
    """The importer in processes of its own."""
    worker = Worker(programs.environment())
    yield worker
    worker.stop()
