"""A staff hold: one person's decision, on record, in force until it is lifted."""

import pytest

from accounts.models import Action, AuditEvent
from results import holds
from results.models import Reason, Result, Status
from tests.results.loading import first_row, load

pytestmark = pytest.mark.django_db


@pytest.fixture
def result() -> Result:
    load([first_row()])
    return Result.objects.get()


@pytest.mark.parametrize("status", [Status.WITHHELD, Status.CANCELLED])
def test_a_hold_is_a_version_of_its_own(result: Result, status: Status) -> None:
    version = holds.hold(result=result, status=status, reason=" Suspected malpractice ", by="user:7")
    result.refresh_from_db()
    assert result.current == version
    assert (version.number, version.reason, version.note) == (2, Reason.HELD, "Suspected malpractice")
    assert (version.status, version.issued_status, version.held) == (status, Status.RELEASED, True)
    assert (version.score, version.given_names, version.batch) == (172, "Ana", None)
    event = AuditEvent.objects.get(action=Action.RESULT_HELD)
    assert (event.actor, event.target) == ("user:7", f"result:{result.pk}")
    assert "malpractice" not in str(event.detail)


def test_lifting_puts_in_force_what_the_files_say(result: Result) -> None:
    holds.hold(result=result, status=Status.CANCELLED, reason="Mistaken identity", by="user:7")
    version = holds.lift(result=result, reason="Cleared up", by="user:8")
    result.refresh_from_db()
    assert result.current == version
    assert (version.number, version.reason, version.note) == (3, Reason.LIFTED, "Cleared up")
    assert (version.status, version.held, version.score) == (Status.RELEASED, False, 172)
    assert AuditEvent.objects.get(action=Action.RESULT_HOLD_LIFTED).actor == "user:8"


def test_what_cannot_be_is_refused_and_leaves_no_trace(result: Result) -> None:
    with pytest.raises(holds.HoldError, match="not held"):
        holds.lift(result=result, reason="x", by="user:7")
    with pytest.raises(holds.HoldError, match="reason"):
        holds.hold(result=result, status=Status.WITHHELD, reason="  ", by="user:7")
    with pytest.raises(holds.HoldError, match="withholds or cancels"):
        holds.hold(result=result, status=Status.PENDING, reason="x", by="user:7")
    with pytest.raises(ValueError, match="actor"):
        holds.hold(result=result, status=Status.WITHHELD, reason="x", by="")
    assert result.versions.count() == 1
    holds.hold(result=result, status=Status.WITHHELD, reason="x", by="user:7")
    with pytest.raises(holds.HoldError, match="already"):
        holds.hold(result=result, status=Status.CANCELLED, reason="x", by="user:7")
    assert result.versions.count() == 2
