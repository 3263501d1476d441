"""Programs of two organisations."""

import pytest

from organisations.models import Organisation
from tests.factories import make_organisation
from tests.sharing.api.asking import Program


@pytest.fixture
def program(organisation: Organisation) -> Program:
    return Program(organisation)


@pytest.fixture
def foreign(db: None) -> Program:
    """Of another organisation."""
    return Program(make_organisation("Another Organisation"))
