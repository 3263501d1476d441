"""What staff see before they confirm a results file, and that only this is loaded, once."""

import csv
import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import Action, AuditEvent
from results import holds
from results.models import ImportBatch, ImportJob, Result, Status
from results.staff import clearing, imports, worker
from results.staff.clearing import ImportStateError
from rvs.sample_photos import drawn_photo
from tests.results.loading import first_row, load, some_rows
from tests.results.staff_files import BY, WRONG, checked, confirm, loaded, stored_files, upload, zipped

pytestmark = pytest.mark.django_db(transaction=True)


# --- The preview ------------------------------------------------------------------------------------------------------


def test_nothing_is_loaded_before_it_is_confirmed_and_then_everything_is() -> None:
    load([first_row()])
    rows = [first_row(place_of_entry="BATH"), first_row(reference_number="15BGB9615004")]

    job = checked(rows)

    assert job.state == "ready"
    assert job.counts == {
        "rows": 2, "added": 1, "changed": 1, "numbers_corrected": 0, "unchanged": 0, "refused": 0, "held": 0,
        "problems": 0, "warnings": 0,
    }  # fmt: skip
    assert Result.objects.get().current.place_of_entry == "BRISTOL"

    loaded(job)

    assert job.state == "loaded"
    assert Result.objects.count() == 2
    assert Result.objects.get(reference_number="15BGB9615003").current.place_of_entry == "BATH"
    assert job.batch is not None
    assert (job.batch.actor, job.batch.file_sha256) == (BY, job.file_sha256)
    assert (job.batch.added, job.batch.changed) == (1, 1)


def test_the_preview_shows_rows_as_they_would_be_loaded() -> None:
    held = first_row(reference_number="15BGB9615005")
    load([first_row(), held])
    result = Result.objects.get(reference_number="15BGB9615005")
    holds.hold(result=result, status=Status.WITHHELD, reason="Under investigation", by=BY)
    new = first_row(reference_number="15BGB9615004", given_names="Zoë", family_name="")
    changed = first_row(
        given_names="Anna", candidate_id="AB1234567", secret_number="0042", status="pending",
        score="", result="", cefr="",
        reading="", use_of_english="", writing="", listening="", speaking="",
    )  # fmt: skip

    job = checked([new, changed, {**held, "centre_name": "Another College"}])

    assert job.samples["added"] == [
        {"line": 2, "reference_number": "15BGB9615004", "name": "Zoë", "exam": "FCE", "exam_date": "2015-11-20",
         "status": "released", "result": "Pass at Grade C", "score": "172"}
    ]  # fmt: skip
    first, second = job.samples["changed"]
    told = {each["column"]: (each["old"], each["new"]) for each in first["differences"]}
    assert told.pop("given_names") == ("Ana", "Anna")
    assert told.pop("secret_number") == (None, None), "never shown"
    assert told["status"] == ("released", "pending")
    assert told["score"] == ("172", "")
    assert told["candidate_id"] == ("", "AB1234567")
    assert "exam" not in told
    assert (second["held"], job.samples["held"]) == (True, ["15BGB9615005"])


def test_another_spelling_of_the_same_name_is_no_difference() -> None:
    load([first_row(given_names="Zoe\u0308")])
    assert checked([first_row(given_names="Zo\u00eb")]).state == "unchanged"


def test_only_the_first_rows_are_samples() -> None:
    job = checked(some_rows(45))
    assert [len(job.samples[kind]) for kind in ("added", "changed", "refused")] == [20, 0, 0]


def test_photos_are_checked_and_a_replaced_one_is_told_without_being_shown() -> None:
    row = first_row(photo="ana.jpg")
    loaded(checked([row], zipped(ana=drawn_photo(1))))
    job = checked([row], zipped(ana=drawn_photo(2)))
    assert job.samples["changed"][0]["differences"] == [{"column": "photo", "old": None, "new": None}]
    loaded(job)
    assert Result.objects.get().current.photo


@pytest.mark.parametrize(
    ("photos", "message"),
    [
        (b"this is no archive", "the photo archive cannot be used: File is not a zip file"),
        (zipped(other=drawn_photo(1)), "‘ana.jpg’: there is no such photo"),
        (zipped(ana=b"no picture"), "‘ana.jpg’: is not a JPEG or PNG picture"),
    ],
)
def test_photos_that_cannot_be_used_refuse_the_file(photos: bytes, message: str) -> None:
    job = checked([first_row(photo="ana.jpg")], photos)
    assert job.state == "refused"
    assert message in [problem.message for problem in job.problems.all()]
    assert not Result.objects.exists()


# --- Refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"exam,grade\n", "größe\n".encode("latin-1"), b"PK\x03\x04" + bytes(100), bytes(1_000)],
)
def test_a_file_that_cannot_be_read_is_refused_and_deleted(content: bytes) -> None:
    job = checked(content)
    assert job.state == "refused"
    assert job.problems.filter(line=1).exists()
    assert stored_files(job) == set()
    with pytest.raises(ImportStateError):
        confirm(job, valid_rows_only=True)


def test_every_problem_is_told_and_the_refused_rows_can_be_had() -> None:
    job = checked([first_row(), WRONG])
    assert job.state == "ready"
    problems = list(job.problems.values_list("position", "line", "column", "warning"))
    assert problems == [(1, 3, "country", False), (2, 3, "status", False)]
    (sample,) = job.samples["refused"]
    assert (sample["line"], sample["reference_number"]) == (3, WRONG["reference_number"])
    assert {each["column"] for each in sample["problems"]} == {"country", "status"}
    with job.rejects.open("r") as file:
        (rejected,) = csv.DictReader(file)
    assert rejected["reference_number"] == WRONG["reference_number"]
    assert "country: " in rejected["problem"]
    assert "status: " in rejected["problem"]


def test_the_valid_rows_are_loaded_only_if_somebody_says_so() -> None:
    job = checked([first_row(), WRONG])
    with pytest.raises(ImportStateError):
        confirm(job)
    assert not worker.work_on_next()
    assert not Result.objects.exists()

    loaded(job, valid_rows_only=True)

    assert job.state == "loaded"
    assert list(Result.objects.values_list("reference_number", flat=True)) == [first_row()["reference_number"]]
    assert stored_files(job) == {"rejects.csv"}, "the upload is deleted, the rejects are kept"


def test_a_file_without_any_valid_row_is_refused() -> None:
    job = checked([WRONG])
    assert job.state == "refused"
    assert job.rejects


def test_a_file_with_wrong_rows_and_nothing_new_cannot_be_loaded() -> None:
    load([first_row()])
    assert checked([first_row(), WRONG]).state == "refused"


# --- The same file, at once and again ---------------------------------------------------------------------------------


def test_the_same_file_twice_is_recognised_and_changes_nothing() -> None:
    first = loaded(checked([first_row()]))
    again = checked([first_row()])
    assert again.state == "unchanged"
    earlier = imports.loaded_before(again)
    assert earlier is not None
    assert first.batch is not None
    assert (earlier.loaded_at, earlier.actor) == (first.batch.loaded_at, BY)
    assert imports.loaded_before(first) is None
    assert ImportBatch.objects.count() == 1


def test_a_file_loaded_from_the_command_line_is_recognised_too() -> None:
    load([first_row()])
    earlier = imports.loaded_before(checked([first_row()]))
    assert earlier is not None
    assert earlier.actor == "system:tests"


def both_at_once(*steps: Callable[[], object]) -> list[str]:
    """Runs the steps in threads of their own; returns the names of what they raised, or "done"."""
    outcomes: list[str] = []
    start = threading.Barrier(len(steps))

    def run(step: Callable[[], object]) -> None:
        try:
            start.wait()
            step()
            outcomes.append("done")
        except Exception as error:  # noqa: BLE001  (is compared)
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[step]) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_of_two_confirms_at_once_one_wins() -> None:
    job = checked([first_row()])
    assert both_at_once(lambda: confirm(job), lambda: confirm(job)) == ["ImportStateError", "done"]
    assert AuditEvent.objects.filter(action=Action.IMPORT_CONFIRMED).count() == 1


def test_of_confirm_and_discard_at_once_one_wins() -> None:
    job = checked([first_row()])
    outcomes = both_at_once(lambda: confirm(job), lambda: clearing.discard(job_id=job.pk, by=BY))
    assert outcomes == ["ImportStateError", "done"]


def test_of_two_workers_at_once_one_takes_the_file() -> None:
    upload([first_row()])
    both_at_once(worker.work_on_next, worker.work_on_next)
    assert ImportJob.objects.get().state == "ready"
    assert ImportJob.objects.get().preview == 1


def test_what_was_confirmed_is_what_is_loaded() -> None:
    load([first_row(), first_row(reference_number="15BGB9615005")])
    job = checked([first_row(score="171"), first_row(reference_number="15BGB9615005", score="171")])
    confirm(job)
    load([first_row(score="170")])  # the counts stay the same; what would happen does not

    assert worker.work_on_next()

    job.refresh_from_db()
    assert (job.state, job.confirmed_by) == ("uploaded", "")
    assert Result.objects.get(reference_number="15BGB9615003").current.score == 170
    assert worker.work_on_next()
    job.refresh_from_db()
    assert (job.state, job.preview) == ("ready", 2)
    assert "made again" in job.note
    with pytest.raises(ImportStateError):
        imports.confirm(job_id=job.pk, preview=1, valid_rows_only=False, by=BY)
    assert loaded(job).state == "loaded"
    assert job.note == ""
