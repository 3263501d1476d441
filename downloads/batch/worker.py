"""The worker's part of a batch check: one question after another, each with its rows in one transaction.

A row waits until the transaction that checked it commits, so that a crash neither loses a row nor counts one twice.  A
worker gives a list back after some hundred rows, and the next organisation has its turn.
"""

import logging
import time
import uuid
from datetime import datetime
from typing import Final

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import audit
from accounts.leases import LEASE
from downloads.batch import endings
from downloads.models import BatchCheck, BatchRow, BatchState, RowOutcome
from downloads.names import Comparison, Issued, compare
from organisations.permissions import is_user_today
from sharing import door
from sharing.door import Matched
from sharing.models import Pause

logger = logging.getLogger("rvs.batch")

MAX_ATTEMPTS: Final = 5
"""Times a worker may die over the same list before a person has to look."""
A_TURN: Final = 200
TURN_SECONDS: Final = 5.0


class LeaseLostError(Exception):
    """The list was cancelled, or another worker has taken it over; nothing of ours may be stored."""


def work_on_next() -> bool:
    """Check some rows of the list whose turn it is; False when there is nothing to do."""
    batch = _claim(timezone.now())
    if batch is None:
        return False
    try:
        if reason := _refused(batch):
            _end(batch, BatchState.FAILED, note=reason)
        else:
            _take_turn(batch)
    except LeaseLostError:
        logger.warning("a batch check was cancelled, or another worker went on with it")
    except OperationalError:
        logger.exception("the database went away during a batch check; it goes on when the lease has run out")
    except Exception:
        logger.exception("a batch check failed")
        _fail(batch)
    return True


@transaction.atomic
def _claim(now: datetime) -> BatchCheck | None:
    waiting = BatchCheck.objects.to_do(now).select_for_update(of=("self",), skip_locked=True)
    batch = waiting.select_related("organisation", "asked_by").first()
    if batch is None:
        return None
    batch.state, batch.paused_until, batch.note = BatchState.RUNNING, None, ""
    batch.lease, batch.lease_until, batch.turn_at = uuid.uuid4(), now + LEASE, now
    batch.attempts += 1
    batch.save(update_fields=["state", "paused_until", "note", "lease", "lease_until", "turn_at", "attempts"])
    return batch


def _refused(batch: BatchCheck) -> str:
    """Why nothing is checked any more: whoever asked must be a user of the organisation today."""
    if batch.attempts > MAX_ATTEMPTS:
        return _("It was interrupted too often. Tell the helpdesk.")
    if not is_user_today(batch.organisation, batch.asked_by):
        return _("Whoever started it is no longer a user of the organisation.")
    return ""


def _take_turn(batch: BatchCheck) -> None:
    until = time.monotonic() + TURN_SECONDS
    for _number in range(A_TURN):
        row = batch.rows.filter(outcome=RowOutcome.WAITING).order_by("line").first()
        if row is None:
            _end(batch, BatchState.DONE)
            return
        if pause := _check(batch, row, timezone.now()):
            _pause(batch, pause)
            return
        if time.monotonic() > until:
            break
    _give_back(batch)


@transaction.atomic
def _check(batch: BatchCheck, row: BatchRow, now: datetime) -> Pause | None:
    """Check what a row asks, for all rows that ask the same; the pause when the organisation's allowance is used up."""
    _keep(batch, lease_until=now + LEASE)
    assert batch.asked_by is not None  # noqa: S101  (looked at when the turn began)
    assert row.read_date is not None  # noqa: S101  (a constraint says so)
    found = door.check_announced(
        announcement=batch.pk,
        organisation=batch.organisation,
        actor=audit.user_actor(batch.asked_by),
        number=row.read_number,
        date_of_birth=row.read_date,
        applicant_reference=row.applicant_reference,
        now=now,
    )
    if isinstance(found, Pause) and found.scope == "organisation":
        return found
    same = list(batch.rows.asking_the_same(row))
    for each in same:
        each.outcome, each.explanation = _told(each, found)
        each.verification_id = found.verification_id if isinstance(found, Matched) else None
        each.checked_at = now
    BatchRow.objects.bulk_update(same, ["outcome", "explanation", "verification", "checked_at"])
    _keep(batch, rows_done=F("rows_done") + len(same), attempts=0)
    return None


def _told(row: BatchRow, found: Matched | Pause | None) -> tuple[RowOutcome, str]:
    """What a row came to, and why, in words."""
    if isinstance(found, Pause):
        text = _("Checks of this number are paused until %(until)s UTC: it was tried with too many wrong dates.")
        return RowOutcome.NOT_CHECKED, text % {"until": date_format(found.until, "j F Y, H:i")}
    if found is None:
        return RowOutcome.NO_MATCH, _("No released result has this number and this date of birth.")
    compared = compare(row.name, Issued(found.given_names, found.family_name)) if row.name else None
    told = []
    if found.cancelled:
        told.append(_("The result has been cancelled."))
    if compared:
        told.append(compared.in_words())
    if found.changed:
        text = _("Since your organisation last checked it, this has changed: %(what)s.")
        told.append(text % {"what": ", ".join(found.changed)})
    return _outcome(found, compared), " ".join(told)[:500]


def _outcome(found: Matched, compared: Comparison | None) -> RowOutcome:
    """The first that fits, the most pressing first."""
    if found.cancelled:
        return RowOutcome.CANCELLED
    if compared and not compared.same:
        return RowOutcome.OTHER_NAME
    if found.changed:
        return RowOutcome.CHANGED
    return RowOutcome.VARIANT if compared and compared.differences else RowOutcome.MATCH


def _keep(batch: BatchCheck, **fields: object) -> None:
    """Write to the list while it is ours.  Raises LeaseLostError otherwise."""
    if not BatchCheck.objects.filter(pk=batch.pk, lease=batch.lease, state=BatchState.RUNNING).update(**fields):
        raise LeaseLostError


def _pause(batch: BatchCheck, pause: Pause) -> None:
    _keep(
        batch, state=BatchState.PAUSED, paused_until=pause.until, lease=None, lease_until=None, attempts=0,
        turn_at=timezone.now(),
    )  # fmt: skip


def _give_back(batch: BatchCheck) -> None:
    _keep(batch, state=BatchState.QUEUED, lease=None, lease_until=None, turn_at=timezone.now())


@transaction.atomic
def _end(batch: BatchCheck, state: BatchState, *, note: str = "") -> None:
    _keep(batch, turn_at=timezone.now())
    batch.refresh_from_db()
    endings.finish(batch, state, timezone.now(), note=note)


def _fail(batch: BatchCheck) -> None:
    try:
        _end(batch, BatchState.FAILED, note=_("Something went wrong in the service. Tell the helpdesk."))
    except LeaseLostError:
        logger.warning("another worker went on with a batch check")
