"""From the staged rows into the results: new ones, new versions, corrected numbers, and nothing for the rest."""

# ruff: noqa: S608  (the SQL is put together from our own column names; no value of a file gets into it)

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from results.catalogue import COMPONENT_CODES
from results.importer.report import ImportConflictError
from results.models import Reason

# Column of results_resultversion: the same column of the staged row.
CONTENT = {
    name: f"s.{name}"
    for name in (
        "date_of_birth",
        "email",
        "exam",
        "session",
        "exam_date",
        "centre_number",
        "centre_name",
        "place_of_entry",
        "country",
        "score",
        "cefr",
        *COMPONENT_CODES,
        "exempt",
        "certificate_number",
        "certificate_date",
    )
} | {"label": "s.result", "issued_status": "s.status"}
NAMES = ("given_names", "family_name")
NUMBERS = {
    "verification_number": "s.verification_number",
    "candidate_id": "s.candidate_id",
    "secret_digest": "s.secret_digest",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What loading the staged rows would do, counted."""

    added: int
    changed: int
    numbers_corrected: int
    unchanged: int
    held: list[str]


def plan(*, with_photos: bool) -> Plan:
    """Fill `import_plan`: one row for each result that is new or changes.  Changes nothing that is stored."""
    stored_photo = (
        "coalesce(ph.stored, '')" if with_photos else "CASE WHEN e.has_photo THEN coalesce(v.photo, '') ELSE '' END"
    )
    photo_table = "import_photo ph ON ph.name = s.photo" if with_photos else "import_exam e ON e.code = s.exam"
    content = [(f"v.{name}", value) for name, value in CONTENT.items()] + [("v.photo", stored_photo)]
    differs = f"({_listed(content, 0)}) IS DISTINCT FROM ({_listed(content, 1)}) OR {_names_differ()}"
    numbers = [(f"r.{name}", value) for name, value in NUMBERS.items()]
    numbers_differ = f"({_listed(numbers, 0)}) IS DISTINCT FROM ({_listed(numbers, 1)})"
    with connection.cursor() as cursor:
        sequences = {table: _sequence(cursor, table) for table in ("results_result", "results_resultversion")}
        cursor.execute(
            f"""
            CREATE TEMPORARY TABLE import_plan ON COMMIT DROP AS
            SELECT line, action, before, number, held, held_status, photo,
                   CASE action WHEN 'new' THEN nextval('{sequences["results_result"]}') ELSE result_id END AS result_id,
                   CASE WHEN action IN ('new', 'changed') THEN nextval('{sequences["results_resultversion"]}') END
                   AS version_id
            FROM (
                SELECT s.line, r.id AS result_id, r.current_id AS before, coalesce(v.number, 0) + 1 AS number,
                       coalesce(v.held, false) AS held, v.status AS held_status, {stored_photo} AS photo,
                       CASE WHEN r.id IS NULL THEN 'new' WHEN {differs} THEN 'changed'
                            WHEN {numbers_differ} THEN 'numbers' ELSE 'same' END AS action
                FROM import_row s
                LEFT JOIN results_result r ON r.reference_number = s.reference_number
                LEFT JOIN results_resultversion v ON v.id = r.current_id
                LEFT JOIN {photo_table}
            ) compared WHERE action <> 'same' OR held
            """
        )
        cursor.execute("ANALYZE import_plan")
        cursor.execute("SELECT action, count(*) FROM import_plan WHERE action <> 'same' GROUP BY action")
        counts: dict[str, int] = dict(cursor.fetchall())
        cursor.execute(
            "SELECT s.reference_number FROM import_plan p JOIN import_row s USING (line) WHERE held ORDER BY 1"
        )
        held = [reference for (reference,) in cursor.fetchall()]
        cursor.execute("SELECT count(*) FROM import_row")
        ((rows,),) = cursor.fetchall()
    return Plan(
        added=counts.get("new", 0),
        changed=counts.get("changed", 0),
        numbers_corrected=counts.get("numbers", 0),
        unchanged=rows - sum(counts.values()),
        held=held,
    )


def merge(batch_id: UUID, now: datetime) -> None:
    """Carry out the plan, in the caller's transaction.

    Raises ImportConflictError when somebody put a new version in force since the plan was made.
    """
    content = {**CONTENT, **{name: f"s.{name}" for name in NAMES}}
    with connection.cursor() as cursor:
        # First, because it locks: whoever holds or lifts a result at this moment is seen here.
        cursor.execute(
            """
            UPDATE results_result r
            SET current_id = coalesce(p.version_id, r.current_id), verification_number = s.verification_number,
                candidate_id = s.candidate_id, secret_digest = s.secret_digest
            FROM import_plan p JOIN import_row s USING (line)
            WHERE r.id = p.result_id AND r.current_id = p.before AND p.action IN ('changed', 'numbers')
            """
        )
        updated = cursor.rowcount
        cursor.execute("SELECT count(*) FROM import_plan WHERE action IN ('changed', 'numbers')")
        ((expected,),) = cursor.fetchall()
        if updated != expected:
            raise ImportConflictError(
                "Staff changed a result of this file while it was being loaded. Nothing was loaded; start again."
            )
        cursor.execute(
            f"""
            INSERT INTO results_resultversion (id, result_id, number, created_at, reason, note, batch_id, status, held,
                photo, {", ".join(content)})
            SELECT p.version_id, p.result_id, p.number, %s, %s, '', %s,
                CASE WHEN p.held THEN p.held_status ELSE s.status END, p.held, p.photo, {", ".join(content.values())}
            FROM import_plan p JOIN import_row s USING (line)
            WHERE p.action IN ('new', 'changed')
            """,
            [now, Reason.IMPORTED.value, batch_id],
        )
        cursor.execute(
            f"""
            INSERT INTO results_result (id, reference_number, current_id, {", ".join(NUMBERS)})
            SELECT p.result_id, s.reference_number, p.version_id, {", ".join(NUMBERS.values())}
            FROM import_plan p JOIN import_row s USING (line)
            WHERE p.action = 'new'
            """
        )


def _names_differ() -> str:
    """Two spellings of one Unicode text are one name; what is stored stays as it was first written."""
    return " OR ".join(f"(v.{name} <> s.{name} AND normalize(v.{name}) <> normalize(s.{name}))" for name in NAMES)


def _listed(pairs: list[tuple[str, str]], side: int) -> str:
    return ", ".join(pair[side] for pair in pairs)


def _sequence(cursor: CursorWrapper, table: str) -> str:
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
    ((name,),) = cursor.fetchall()
    return str(name)
