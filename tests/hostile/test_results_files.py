"""Results files that mean harm are refused with a message, within limits, and change nothing."""

import io
from pathlib import Path

import pytest

from results.models import Result
from tests.hostile.corpus import RESULTS_FILES, Case
from tests.hostile.corpus_photos import PHOTO_DELIVERIES
from tests.hostile.worker import Worker, assert_refused
from tests.results.loading import load

REFUSED = [case for case in RESULTS_FILES if case.message]
HARMLESS = [case for case in RESULTS_FILES if not case.message]


def test_the_corpus_is_large_and_no_case_stands_twice() -> None:
    everything = [*RESULTS_FILES, *PHOTO_DELIVERIES]
    assert len({case.name for case in everything}) == len(everything)
    assert len([case for case in everything if case.message]) >= 60


@pytest.mark.django_db
@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_hostile_file_is_refused_within_limits_and_changes_nothing(
    case: Case, worker: Worker, tmp_path: Path
) -> None:
    case.make(tmp_path)
    assert_refused(worker, tmp_path, case.message)
    (tmp_path / "results.csv").unlink()  # pytest keeps the folders of its last three runs


@pytest.mark.django_db
@pytest.mark.parametrize("case", HARMLESS, ids=lambda case: case.name)
def test_what_is_harmless_is_loaded_as_it_stands(case: Case, tmp_path: Path) -> None:
    case.make(tmp_path)
    source = io.BytesIO((tmp_path / "results.csv").read_bytes())

    assert load(source).problems == []

    stored = [
        (result.current.given_names, result.current.family_name, result.current.centre_name)
        for result in Result.objects.select_related("current")
    ]
    assert stored == HARMLESS_CONTENT[case.name]


NAMES = ("Ana", "Example", "Harbour Street College")
HARMLESS_CONTENT = {
    "the header alone": [],
    "a photo with folders in its name": [NAMES],  # ignored: no photos were given
    "formulas of a spreadsheet": [("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0")],
    "commands of the database": [("\\.", "\\N", "'; DROP TABLE x; --")],
    "format codes": [("%s%n%(x)s", "Example", "{0.__class__}")],
}
