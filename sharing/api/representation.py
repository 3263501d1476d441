"""What programs are told of a result: plain values in the shapes of sharing/api/schemas.py, for speed."""

import uuid
from datetime import datetime
from typing import Any, Final, NamedTuple

from results import catalogue
from sharing.door import Taken

Json = dict[str, Any]

_NAMES: Final = {exam.code: {"code": exam.code, "name": exam.display_name} for exam in catalogue.EXAMS.values()}
_COMPONENTS: Final = {
    exam.code: tuple((component.name, Taken._fields.index(component.code)) for component in exam.components)
    for exam in catalogue.EXAMS.values()
}


class News(NamedTuple):
    """A row of the ledger."""

    public_id: uuid.UUID
    type: str
    occurred_at: datetime
    share_id: uuid.UUID | None
    verification_id: uuid.UUID | None
    position: int


def share(taken: Taken) -> Json:
    return {
        "id": taken.right_id,
        "status": "active",
        "shared_at": taken.given_at,
        "expires_at": taken.right_until,
        "applicant_reference": taken.applicant_reference or None,
        "candidate": {
            "given_names": taken.given_names,
            "family_name": taken.family_name,
            "date_of_birth": taken.date_of_birth,
            "email": taken.email or None,
        },
        "result": result(taken),
    }


def result(taken: Taken) -> Json:
    return {
        "reference_number": taken.reference_number,
        "version": taken.version_number,
        "status": taken.status,
        "exam": _NAMES[taken.exam],
        "session": taken.session,
        "exam_date": taken.exam_date,
        "centre_number": taken.centre_number,
        "result": taken.label or None,
        "score": taken.score,
        "cefr_level": taken.cefr or None,
        "components": [
            {"name": name, "score": int(value)} if value.isdecimal() else {"name": name, "profile": value}
            for name, value in components(taken)
            if value
        ],
        "changed_at": taken.changed_at,
    }


def components(taken: Taken) -> list[tuple[str, str]]:
    """Every component that the exam has, in the catalogue's order; empty where the result says nothing of it."""
    return [(name, taken[place]) for name, place in _COMPONENTS[taken.exam]]  # type: ignore[misc]  # all texts


def verification(taken: Taken) -> Json:
    return {"outcome": "match", "verification_id": taken.right_id, "result": result(taken)}


def change(news: News, taken: Taken | None) -> Json:
    """What happened, with the share as it is now."""
    public_id, kind, occurred_at, share_id, verification_id, _position = news
    right = {"share_id": share_id} if share_id else {"verification_id": verification_id}
    return {"id": public_id, "type": kind, "occurred_at": occurred_at, **right, "share": taken and share(taken)}
