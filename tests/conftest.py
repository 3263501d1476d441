"""Personas and settings that all tests share."""

import os
from collections.abc import Iterator

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from pytest_django import DjangoDbBlocker

from accounts.models import User
from organisations.models import Organisation, Role
from tests.factories import make_member, make_organisation, make_user

# The gate tries the same examples each time, so that it fails for a change and not for a day; drills try new ones.
# No deadline: how fast something is, bench/ measures; a busy machine is no fault of the code.
hypothesis.settings.register_profile("gate", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("drills", print_blob=True, deadline=None)
hypothesis.settings.load_profile("drills" if os.environ.get("RVS_DRILLS") == "full" else "gate")


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files() -> Iterator[None]:
    """No hashed names, so that no `collectstatic` has to run first."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(
        STORAGES={**settings.STORAGES, "staticfiles": plain}, WHITENOISE_AUTOREFRESH=True, WHITENOISE_USE_FINDERS=True
    ):
        yield


@pytest.fixture(autouse=True)
def _outbox(settings: pytest.FixtureRequest) -> None:
    """Django's test runner replaces the mail backend; ours is part of what is tested."""
    settings.EMAIL_BACKEND = "accounts.outbox.OutboxBackend"  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the tests' TRUNCATE pass the append-only triggers; nothing else may."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
        cursor.execute(f"alter database {name} set rvs.allow_truncate = 'on'")
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # A process that a drill killed may still have a session here, and would keep the database from being dropped.
        cursor.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


@pytest.fixture
def organisation(db: None) -> Organisation:
    return make_organisation("University of Example")


@pytest.fixture
def verifier(organisation: Organisation) -> Client:
    """An Admin User of `organisation`, logged in."""
    return _logged_in(make_member(organisation))


@pytest.fixture
def primary(organisation: Organisation) -> Client:
    """The Primary User of `organisation`, logged in."""
    return _logged_in(make_member(organisation, Role.PRIMARY))


@pytest.fixture
def outsider(db: None) -> Client:
    """A user of another organisation, logged in."""
    return _logged_in(make_member(make_organisation("Another Organisation")))


@pytest.fixture
def candidate(db: None) -> Client:
    """A person without an organisation, logged in."""
    return _logged_in(make_user())


@pytest.fixture
def staff(db: None) -> Client:
    """The awarding body's staff, logged in."""
    return _logged_in(make_user(is_staff=True, is_superuser=True))


def _logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
