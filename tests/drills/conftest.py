import uuid

import pytest


@pytest.fixture
def queue() -> str:
    """Of the broker: nobody else's worker listens to it."""
    return f"drill-{uuid.uuid4()}"
