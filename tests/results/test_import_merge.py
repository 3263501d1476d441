"""What a load changes: new results, new versions, corrected numbers, and nothing where nothing differs."""

import io
from datetime import UTC, datetime
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Action, AuditEvent
from results import holds
from results.importer import columns
from results.importer.columns import COLUMNS
from results.models import ImportBatch, Reason, Result, ResultVersion, Status
from results.numbers import secret_matches
from tests.results.loading import ACTOR, csv_file, first_row, load, problems, some_rows, stored, undone

pytestmark = pytest.mark.django_db


def test_a_new_result_has_its_first_version() -> None:
    now = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    row = first_row(
        reference_number="15b-gb961 5003",
        verification_number="v2x 9",
        candidate_id="sir094701",
        secret_number="0482",
        exempt="yes",
        certificate_number="0041573562",
        certificate_date="2016-01-20",
    )
    report = load([row], now=now)
    assert (report.rows, report.added, report.accepted) == (1, 1, True)
    result = Result.objects.get()
    assert (result.reference_number, result.verification_number) == ("15BGB9615003", "V2X9")
    assert result.candidate_id == "SIR094701"
    assert result.secret_digest is not None
    assert secret_matches(result.secret_digest, "SIR094701", "0482")
    version = result.current
    assert version.result == result
    assert (version.number, version.reason, version.created_at) == (1, Reason.IMPORTED, now)
    assert (version.status, version.issued_status, version.held) == (Status.RELEASED, Status.RELEASED, False)
    assert (version.label, version.score, version.cefr, version.use_of_english) == ("Pass at Grade C", 172, "B2", "172")
    assert version.exempt
    assert str(version.certificate_date) == "2016-01-20"
    assert version.country.code == "GB"
    assert version.photo == ""


def test_the_load_is_on_record() -> None:
    report = load([first_row()])
    batch = ImportBatch.objects.get()
    assert report.batch_id == batch.id
    assert (batch.actor, batch.file_name, len(batch.file_sha256)) == (ACTOR, "test.csv", 64)
    assert (batch.added, batch.changed, batch.unchanged, batch.refused, batch.held) == (1, 0, 0, 0, 0)
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.target) == (ACTOR, Action.RESULTS_IMPORTED, f"import:{batch.id}")


def test_the_same_file_again_writes_nothing_at_all() -> None:
    rows = some_rows(50)
    load(rows)
    before = stored()
    with CaptureQueriesContext(connection) as queries:
        report = load(rows)
    assert (report.added, report.changed, report.numbers_corrected, report.unchanged) == (0, 0, 0, 50)
    assert stored() == before
    sql = "\n".join(query["sql"] for query in queries)
    assert "import_plan" in sql
    for written in ("INTO results_", "INTO accounts_", "UPDATE results_", 'INTO "', 'UPDATE "'):
        assert written not in sql
    assert ImportBatch.objects.count() == AuditEvent.objects.count() == 1


def test_a_difference_is_a_new_version_and_the_old_one_stays() -> None:
    load([first_row(), first_row(reference_number="X1")])
    report = load([first_row(result="Pass at Grade A", score="181", cefr="C1")])
    assert (report.added, report.changed, report.unchanged) == (0, 1, 0)
    result = Result.objects.get(reference_number="15BGB9615003")
    assert [version.score for version in result.versions.all()] == [172, 181]
    assert (result.current.number, result.current.label) == (2, "Pass at Grade A")
    other = Result.objects.get(reference_number="X1")
    assert other.current.number == 1, "a reference that the file does not name is left alone"


@pytest.mark.parametrize(
    "change",
    [
        {"given_names": "Anna"},
        {"family_name": "Ēxample"},
        {"date_of_birth": "1998-05-10"},
        {"email": "ana@example.org"},
        {"session": "November 2015"},
        {"exam_date": "2015-11-21"},
        {"exam": "FCEFS"},
        {"centre_number": "GB599"},
        {"centre_name": "Other"},
        {"place_of_entry": "BATH"},
        {"country": "IE"},
        {"status": "cancelled"},
        {"score": "171"},
        {"speaking": "171"},
        {"exempt": "yes"},
        {"certificate_number": "0041573562"},
        {"certificate_date": "2016-01-20"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_column_counts_as_content(change: dict[str, str]) -> None:
    load([first_row()])
    report = load([first_row(**change)])
    assert (report.changed, report.unchanged) == (1, 0)
    assert ResultVersion.objects.count() == 2


@pytest.mark.parametrize(
    "change", [{"verification_number": "V1"}, {"candidate_id": "SIR094701", "secret_number": "8482"}], ids=str
)
def test_corrected_numbers_make_no_version(change: dict[str, str]) -> None:
    load([first_row()])
    report = load([first_row(**change)])
    assert (report.changed, report.numbers_corrected, report.unchanged) == (0, 1, 0)
    assert ResultVersion.objects.count() == 1
    result = Result.objects.get()
    assert (result.verification_number, result.candidate_id) == (
        change.get("verification_number"),
        change.get("candidate_id", ""),
    )
    assert load([first_row(**change)]).unchanged == 1
    assert load([first_row()]).numbers_corrected == 1, "an empty cell takes the number back"


def test_one_file_may_swap_two_verification_numbers() -> None:
    one, two = first_row(verification_number="V1"), first_row(reference_number="X1", verification_number="V2")
    load([one, two])
    report = load([one | {"verification_number": "V2"}, two | {"verification_number": "V1"}])
    assert report.numbers_corrected == 2
    assert Result.objects.get(verification_number="V1").reference_number == "X1"


def test_without_the_refused_rows_a_swap_falls_too() -> None:
    one, two = first_row(verification_number="V1"), first_row(reference_number="X1", verification_number="V2")
    three = first_row(reference_number="X2")
    load([one, two])
    report = load(
        [one | {"verification_number": "V2"}, two | {"verification_number": "V1", "country": "XX"}, three],
        skip_invalid=True,
    )
    assert problems(report) == {(2, "verification_number"), (3, "country")}
    assert (report.added, report.refused) == (1, 2)
    assert Result.objects.get(verification_number="V1").reference_number == "15BGB9615003"


def test_skip_invalid_loads_the_others() -> None:
    report = load([first_row(), first_row(reference_number="X1", score="999")], skip_invalid=True)
    assert (report.accepted, report.added, report.refused) == (True, 1, 1)
    assert ImportBatch.objects.get().refused == 1
    report = load([first_row(reference_number="X1", score="999")], skip_invalid=True)
    assert not report.accepted


def test_a_dry_run_counts_and_changes_nothing() -> None:
    load([first_row()])
    before = stored()
    report = load([first_row(score="171"), first_row(reference_number="X1")], dry_run=True)
    assert (report.accepted, report.added, report.changed) == (True, 1, 1)
    assert stored() == before
    assert ImportBatch.objects.count() == AuditEvent.objects.count() == 1


def test_a_header_alone_is_nothing_to_do() -> None:
    report = load([])
    assert report.accepted
    assert not report.changes_something


def test_columns_that_nobody_needs_may_be_left_out() -> None:
    needed = [column.name for column in COLUMNS.values() if column.in_header]
    row = first_row(status="pending", result="", score="", cefr="", **dict.fromkeys(("reading", "writing"), ""))
    report = load(csv_file([row], [*needed, "family_name"]))
    assert report.accepted
    assert Result.objects.get().current.family_name == "Example"
    assert problems(load(csv_file([row], needed))) == {(2, "family_name")}
    assert problems(
        load(csv_file([row | {"candidate_id": "SIR094701"}], [*needed, "family_name", "candidate_id"]))
    ) == {(2, "secret_number")}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.permutations(list(COLUMNS)), st.booleans())
def test_valid_files_load_whatever_the_order_of_columns_and_rows(seed: int, columns: list[str], bom: bool) -> None:
    rows = some_rows(50, seed=seed)
    with undone():
        assert load(rows).problems == []
        expected = stored()
    shuffled = list(rows)
    Random(seed).shuffle(shuffled)
    with undone():
        file = csv_file(shuffled, columns)
        report = load(io.BytesIO((b"\xef\xbb\xbf" if bom else b"") + file.getvalue()))
        assert (report.added, report.problems, report.warnings[1:]) == (50, [], [])
        found = stored()
        for result in expected + found:
            result["secret_digest"] = bytes(result["secret_digest"] or b"")
        assert found == expected


LETTERS = st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters=sorted(columns._BLANK))
# A letter and what may follow it: marks, spaces, joiners; fewer than would paint over the lines around a name.
OTHERS = st.text(st.characters(codec="utf-8", categories=["M", "Zs"], include_characters="\u200c\u200d"), max_size=4)
NAMES = st.lists(st.tuples(LETTERS, OTHERS).map("".join), min_size=1, max_size=16).map("".join)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES, NAMES)
def test_names_are_kept_exactly(given_names: str, family_name: str) -> None:
    with undone():
        assert load([first_row(given_names=given_names, family_name=family_name)]).problems == []
        version = Result.objects.get().current
        assert (version.given_names, version.family_name) == (given_names, family_name)


@pytest.mark.parametrize(
    ("given_names", "family_name"),
    [
        ("", "Sukarno"),
        ("محمد", "الهاشمي"),
        ("O'Brien\\N", '"quoted", comma'),
        ("می\u200cنا", "x" * 200),
        ("\\N", "\\."),
    ],
)
def test_difficult_names(given_names: str, family_name: str) -> None:
    assert load([first_row(given_names=given_names, family_name=family_name)]).problems == []
    version = Result.objects.get().current
    assert (version.given_names, version.family_name) == (given_names, family_name)


def test_two_spellings_of_one_unicode_name_are_no_difference() -> None:
    load([first_row(given_names="Zo\N{LATIN SMALL LETTER E WITH DIAERESIS}")])
    report = load([first_row(given_names="Zoe\N{COMBINING DIAERESIS}")])
    assert report.unchanged == 1


def test_a_hold_stays_over_what_files_say() -> None:
    load([first_row()])
    holds.hold(result=Result.objects.get(), status=Status.WITHHELD, reason="Under review", by="user:1")
    report = load([first_row()])
    assert (report.unchanged, report.held) == (1, ["15BGB9615003"])
    report = load([first_row(score="171")])
    assert (report.changed, report.held) == (1, ["15BGB9615003"])
    assert ImportBatch.objects.get(changed=1).held == 1
    version = Result.objects.get().current
    assert (version.number, version.status, version.held) == (3, Status.WITHHELD, True)
    assert (version.issued_status, version.score) == (Status.RELEASED, 171)
    load([first_row(score="171", status="cancelled")])
    version = Result.objects.get().current
    assert (version.status, version.issued_status, version.held) == (Status.WITHHELD, Status.CANCELLED, True)
    version = holds.lift(result=Result.objects.get(), reason="Cleared", by="user:1")
    assert (version.status, version.held, version.score) == (Status.CANCELLED, False, 171)
