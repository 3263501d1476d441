import pytest
from django.db import DatabaseError, connection, transaction

from accounts import audit
from accounts.models import Action, AuditEvent

pytestmark = pytest.mark.django_db


def test_an_event_is_kept() -> None:
    audit.record(actor="system:tests", action=Action.LOGGED_IN, target="user:1", detail={"how": "password"})
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.target, event.detail) == (
        "system:tests", "logged_in", "user:1", {"how": "password"},
    )  # fmt: skip


def test_an_event_without_an_actor_is_refused() -> None:
    with pytest.raises(ValueError, match="must name its actor"):
        audit.record(actor="", action=Action.LOGGED_IN)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.create(actor="", action=Action.LOGGED_IN)


@pytest.mark.parametrize("statement", ["update accounts_auditevent set actor = 'x'", "delete from accounts_auditevent"])
def test_events_are_never_changed_or_removed(statement: str) -> None:
    audit.record(actor="system:tests", action=Action.LOGGED_IN)
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        connection.cursor().execute(statement)
    assert AuditEvent.objects.get().actor == "system:tests"


def test_the_table_cannot_be_emptied_outside_the_tests() -> None:
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("set local rvs.allow_truncate = 'off'")
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            cursor.execute("truncate accounts_auditevent")
