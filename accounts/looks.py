"""Opening a person's record with a reason: one mechanism for every record that staff may look at.

Whoever said why may look for a while; each look is written into the audit trail, with the reason, before it is shown.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from accounts import audit
from accounts.models import Action, RecordLook

OPEN_FOR: Final = timedelta(minutes=30)
"""How long a record stays open to whoever said why."""


def begin(*, target: str, purpose: str, note: str, by: str, now: datetime) -> RecordLook:
    """Remember why somebody opens a record (`kind:id`, as the audit trail names it)."""
    return RecordLook.objects.create(
        target=target, actor=by, purpose=purpose, note=note, opened_at=now, until=now + OPEN_FOR
    )


def running(*, target: str, by: str, now: datetime) -> RecordLook | None:
    """The reason that this person gave for this record, if it still counts."""
    return RecordLook.objects.open_for(by, now).at(target).first()


def find(*, look_id: uuid.UUID, by: str, now: datetime) -> RecordLook | None:
    """The look with that id, if it is theirs and still counts."""
    return RecordLook.objects.open_for(by, now).filter(pk=look_id).first()


def record(look: RecordLook, action: Action, detail: Mapping[str, object] | None = None) -> None:
    """What is looked at now; call it before anything is shown."""
    reason = {"look": str(look.pk), "reason": look.purpose}
    audit.record(actor=look.actor, action=action, target=look.target, detail={**reason, **(detail or {})})
