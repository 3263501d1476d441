"""What programs are told of a result: plain values in the shapes of sharing/api/schemas.py, for speed."""

from datetime import datetime
from typing import Any, Final

from results import catalogue
from sharing.door import Taken
from sharing.models import Change

Json = dict[str, Any]

_NAMES: Final = {exam.code: {"code": exam.code, "name": exam.display_name} for exam in catalogue.EXAMS.values()}
_COMPONENTS: Final = {
    exam.code: tuple((component.name, Taken._fields.index(component.code)) for component in exam.components)
    for exam in catalogue.EXAMS.values()
}


def moment(at: datetime) -> str:
    """RFC 3339 in UTC; times come from the database, whose sessions are in UTC."""
    return at.isoformat().replace("+00:00", "Z")


def share(taken: Taken) -> Json:
    return {
        "id": str(taken.right_id),
        "status": "active",
        "shared_at": moment(taken.given_at),
        "expires_at": taken.right_until and moment(taken.right_until),
        "applicant_reference": taken.applicant_reference or None,
        "candidate": {
            "given_names": taken.given_names,
            "family_name": taken.family_name,
            "date_of_birth": taken.date_of_birth.isoformat(),
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
        "exam_date": taken.exam_date.isoformat(),
        "centre_number": taken.centre_number,
        "result": taken.label or None,
        "score": taken.score,
        "cefr_level": taken.cefr or None,
        "components": [
            {"name": name, "score": int(value)} if value.isdecimal() else {"name": name, "profile": value}
            for name, value in components(taken)
            if value
        ],
        "changed_at": moment(taken.changed_at),
    }


def components(taken: Taken) -> list[tuple[str, str]]:
    """Every component that the exam has, in the catalogue's order; empty where the result says nothing of it."""
    return [(name, taken[place]) for name, place in _COMPONENTS[taken.exam]]  # type: ignore[misc]  # all texts


def verification(taken: Taken) -> Json:
    return {"outcome": "match", "verification_id": str(taken.right_id), "result": result(taken)}


def change(row: Change, taken: Taken | None) -> Json:
    """A row of the ledger, with the share as it is now."""
    right = (
        {"share_id": str(row.share_id)}
        if row.verification_id is None
        else {"verification_id": str(row.verification_id)}
    )
    return {
        "id": str(row.public_id),
        "type": row.type,
        "occurred_at": moment(row.occurred_at),
        **right,
        "share": taken and share(taken),
    }
