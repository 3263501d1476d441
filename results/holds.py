"""Staff holds: a person withholds or cancels a result, and it stays so whatever files say, until a person lifts it."""

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Action
from results.models import Reason, Result, ResultVersion, Status

HOLD_STATUSES = (Status.WITHHELD, Status.CANCELLED)


class HoldError(Exception):
    """A hold or lift that cannot be: the result is (or is not) held already, or the reason is missing."""


@transaction.atomic
def hold(*, result: Result, status: Status, reason: str, by: str) -> ResultVersion:
    """Withhold or cancel a result until somebody lifts the hold; returns the version that says so.

    `by` names the actor as `accounts.audit` does.  Raises HoldError when the result is held already, when the status is
    neither withheld nor cancelled, or when no reason is given.
    """
    if status not in HOLD_STATUSES:
        raise HoldError("A hold withholds or cancels a result; nothing else.")
    current = _locked_current(result, reason)
    if current.held:
        raise HoldError("This result is held already. Lift that hold first.")
    version = _next_version(current, status=status, held=True, why=Reason.HELD, note=reason)
    _record(Action.RESULT_HELD, version, by)
    return version


@transaction.atomic
def lift(*, result: Result, reason: str, by: str) -> ResultVersion:
    """Lift the hold: what the results files say is in force again; returns the version that says so.

    Raises HoldError when the result is not held or no reason is given.
    """
    current = _locked_current(result, reason)
    if not current.held:
        raise HoldError("This result is not held.")
    issued = Status(current.issued_status)
    version = _next_version(current, status=issued, held=False, why=Reason.LIFTED, note=reason)
    _record(Action.RESULT_HOLD_LIFTED, version, by)
    return version


def _locked_current(result: Result, reason: str) -> ResultVersion:
    if not reason.strip():
        raise HoldError("A reason is required.")
    # Locked first and read then: with a join, a version that came in while it waited would be looked for in vain.
    locked = Result.objects.select_for_update().get(pk=result.pk)
    return locked.current


def _next_version(current: ResultVersion, *, status: Status, held: bool, why: Reason, note: str) -> ResultVersion:
    """A copy of the version in force with another status, put in force in its place."""
    content = {
        field.attname: getattr(current, field.attname)
        for field in ResultVersion._meta.concrete_fields  # noqa: SLF001  (public, whatever its name says)
        if not field.primary_key
    }
    changes = {"status": status, "held": held, "reason": why, "note": note.strip(), "batch_id": None}
    number = {"number": current.number + 1, "created_at": timezone.now()}
    version = ResultVersion.objects.create(**content | changes | number)
    Result.objects.filter(pk=current.result_id).update(current=version)
    return version


def _record(action: Action, version: ResultVersion, by: str) -> None:
    # The reason stays with the version: people write names into it, and the trail holds no personal data.
    detail = {"version": version.number, "status": version.status}
    audit.record(actor=by, action=action, target=f"result:{version.result_id}", detail=detail)
