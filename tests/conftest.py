"""Personas and settings that all tests share."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files() -> Iterator[None]:
    """No hashed names, so that no `collectstatic` has to run first; and mail goes through our outbox."""
    before = settings.STORAGES
    settings.STORAGES = {
        **before,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    yield
    settings.STORAGES = before


@pytest.fixture(autouse=True)
def _outbox(settings: pytest.FixtureRequest) -> None:
    """Django's test runner replaces the mail backend; ours is part of what is tested."""
    settings.EMAIL_BACKEND = "accounts.outbox.OutboxBackend"  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: object) -> None:
    """Let the tests' TRUNCATE pass the append-only triggers; nothing else may."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
        cursor.execute(f"alter database {name} set rvs.allow_truncate = 'on'")
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
