"""What the tests of log-in, reset and mail share."""

import pytest

from accounts.models import User
from tests.factories import make_user


@pytest.fixture
def person(db: None) -> User:
    return make_user("known@example.org")
