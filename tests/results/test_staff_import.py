"""Staff import a results file: upload, preview, confirm, load.  The worker's part runs in the test itself."""

import csv
import io
import threading
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Action, AuditEvent, User
from results import holds
from results.importer import ImportConflictError, import_results
from results.models import ImportBatch, ImportJob, Result, Status
from results.staff import clearing, imports, worker
from results.staff.clearing import ImportStateError
from results.tasks import forget_imports, work_on_imports
from rvs.sample_photos import drawn_photo
from tests.factories import make_import
from tests.results.loading import csv_file, first_row, load, some_rows

pytestmark = pytest.mark.django_db(transaction=True)

BY = "user:00000000-0000-4000-8000-000000000001"
WRONG = first_row(reference_number="15BGB9615009", status="odd", country="XX")


def upload(
    source: Iterable[Mapping[str, str]] | bytes, photos: bytes | None = None, name: str = "results.csv"
) -> ImportJob:
    content = source if isinstance(source, bytes) else csv_file(source).getvalue()
    archive = ContentFile(photos, name="photos.zip") if photos else None
    return imports.upload(file=ContentFile(content, name=name), photos=archive, by=BY)


def checked(source: Iterable[Mapping[str, str]] | bytes, photos: bytes | None = None) -> ImportJob:
    """Uploaded, and looked at by the worker."""
    job = upload(source, photos)
    assert worker.work_on_next()
    job.refresh_from_db()
    return job


def confirm(job: ImportJob, *, valid_rows_only: bool = False) -> None:
    imports.confirm(job_id=job.pk, preview=job.preview, valid_rows_only=valid_rows_only, by=BY)


def loaded(job: ImportJob, *, valid_rows_only: bool = False) -> ImportJob:
    confirm(job, valid_rows_only=valid_rows_only)
    assert worker.work_on_next()
    job.refresh_from_db()
    return job


def zipped(**pictures: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in pictures.items():
            archive.writestr(f"{name}.jpg", data)
    return buffer.getvalue()


def stored_files(job: ImportJob) -> set[str]:
    folder = f"imports/{job.pk}"
    return set(default_storage.listdir(folder)[1]) if default_storage.exists(folder) else set()


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


# --- The worker -------------------------------------------------------------------------------------------------------


def test_files_are_taken_in_their_order_and_one_at_a_time() -> None:
    first, second = upload([first_row()]), upload([first_row(score="171")])
    ImportJob.objects.filter(pk=first.pk).update(
        state="checking", lease=first.pk, lease_until=timezone.now() + timedelta(seconds=30)
    )
    assert not worker.work_on_next()
    ImportJob.objects.filter(pk=first.pk).update(lease_until=timezone.now())
    work_on_imports()
    assert ImportJob.objects.get(pk=first.pk).state == "ready"
    assert ImportJob.objects.get(pk=second.pk).state == "uploaded"


def test_a_worker_that_lost_its_lease_stores_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    job = checked([first_row()])
    confirm(job)
    genuine = import_results

    def overtaken(**arguments: Any) -> object:
        ImportJob.objects.filter(pk=job.pk).update(lease="00000000-0000-4000-8000-00000000000f")
        return genuine(**arguments)

    monkeypatch.setattr(worker, "import_results", overtaken)
    assert worker.work_on_next()
    assert not Result.objects.exists()
    assert ImportJob.objects.get().state == "loading", "it belongs to the other worker"


def test_another_import_at_the_same_moment_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    upload([first_row()])

    def busy(**_arguments: Any) -> None:
        raise ImportConflictError

    monkeypatch.setattr(worker, "import_results", busy)
    for _attempt in range(worker.MAX_ATTEMPTS + 1):
        assert worker.work_on_next()
    job = ImportJob.objects.get()
    assert (job.state, job.attempts) == ("uploaded", 0)


def test_a_fault_of_ours_ends_in_words_and_can_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    job = upload([first_row()])

    def broken(**_arguments: Any) -> None:
        raise RuntimeError("a name that must not be shown")

    with monkeypatch.context() as patch:
        patch.setattr(worker, "import_results", broken)
        assert worker.work_on_next()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "Something went wrong" in job.note
    assert "name" not in job.note
    assert not worker.work_on_next()

    imports.restart(job_id=job.pk, by=BY)
    with pytest.raises(ImportStateError):
        imports.restart(job_id=job.pk, by=BY)
    assert worker.work_on_next()
    job.refresh_from_db()
    assert (job.state, job.note) == ("ready", "")


def test_a_file_that_kills_every_worker_is_parked() -> None:
    job = upload([first_row()])
    for _death in range(worker.MAX_ATTEMPTS):
        assert worker._claim() is not None
        ImportJob.objects.update(lease_until=timezone.now())
    assert not worker.work_on_next()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "interrupted" in job.note


def test_the_lease_is_renewed_and_progress_told_while_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "RENEW_SECONDS", 0.05)
    upload([first_row(photo="ana.jpg")], zipped(ana=drawn_photo(1)))
    genuine, seen = import_results, []

    def slow(**arguments: Any) -> object:
        report = genuine(**arguments)
        lapsed = timezone.now()
        ImportJob.objects.update(lease_until=lapsed)
        for _look in range(100):
            job = ImportJob.objects.get()
            if job.lease_until != lapsed:
                break
            threading.Event().wait(0.05)
        seen.append((job.lines_read, job.photos_read, job.lease_until != lapsed))
        return report

    monkeypatch.setattr(worker, "import_results", slow)
    assert worker.work_on_next()
    assert seen == [(100, 1, True)]


# --- The end ----------------------------------------------------------------------------------------------------------


def test_a_discarded_file_is_deleted_and_its_rejects_stay_thirty_days() -> None:
    job = checked([first_row(), WRONG])
    clearing.discard(job_id=job.pk, by=BY)
    assert stored_files(job) == {"rejects.csv"}
    assert not Result.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        forget_imports()
        assert stored_files(job) == {"rejects.csv"}
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        forget_imports()
    job.refresh_from_db()
    assert stored_files(job) == set()
    assert (job.samples, job.rejects.name, job.problems.count()) == ({}, "", 0)
    assert (job.state, job.counts["refused"]) == ("discarded", 1), "the history stays"


def test_a_file_that_nobody_confirms_is_discarded_after_thirty_days() -> None:
    job = checked([first_row()])
    with time_machine.travel(timezone.now() + timedelta(days=29)):
        forget_imports()
        assert stored_files(job) == {"results.csv"}
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        forget_imports()
    job.refresh_from_db()
    assert job.state == "discarded"
    assert stored_files(job) == set()


def test_what_a_killed_process_left_is_deleted() -> None:
    ended = make_import(state="discarded", ended_at=timezone.now())
    ended.file.save("results.csv", ContentFile(b"x"))
    default_storage.save("imports/00000000-0000-4000-8000-0000000000ff/results.csv", ContentFile(b"x"))
    waiting = upload([first_row()])
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        forget_imports()
    assert stored_files(ended) == set()
    assert default_storage.listdir("imports/00000000-0000-4000-8000-0000000000ff")[1] == []
    assert stored_files(waiting) == {"results.csv"}


def test_every_step_is_audited_with_who_and_what() -> None:
    job = checked([first_row(), WRONG])
    loaded(job, valid_rows_only=True)
    steps = AuditEvent.objects.filter(target=f"importjob:{job.pk}").order_by("id")
    assert [(step.action, step.actor) for step in steps] == [
        (Action.IMPORT_UPLOADED, BY),
        (Action.IMPORT_CONFIRMED, BY),
    ]
    assert steps[1].detail["valid_rows_only"] is True
    assert AuditEvent.objects.get(action=Action.RESULTS_IMPORTED).actor == BY


# --- Pages ------------------------------------------------------------------------------------------------------------


def send(staff: Client, content: bytes, photos: bytes | None = None) -> Any:
    files = {"file": SimpleUploadedFile("results.csv", content, "text/csv")}
    if photos is not None:
        files["photos"] = SimpleUploadedFile("photos.zip", photos, "application/zip")
    return staff.post("/admin/results/importjob/add/", files)


def test_staff_upload_look_confirm_and_see_what_was_loaded(staff: Client) -> None:
    response = send(staff, csv_file([first_row(), WRONG]).getvalue())
    job = ImportJob.objects.get()
    page = response["Location"]
    assert page == f"/admin/results/importjob/{job.pk}/"
    assert "Waits to be checked" in staff.get(page).content.decode()
    assert worker.work_on_next()
    text = staff.get(page).content.decode()
    assert "Load the valid rows only" in text
    assert first_row()["reference_number"] in text
    assert "country" in staff.get(f"{page}problems/").content.decode()
    rejects = staff.get(f"{page}rejects.csv")
    assert "attachment" in rejects["Content-Disposition"]
    assert WRONG["reference_number"].encode() in b"".join(rejects)
    assert AuditEvent.objects.filter(action=Action.REJECTS_DOWNLOADED, target=f"importjob:{job.pk}").count() == 1

    without = staff.post(f"{page}confirm/", {"preview": "1"}, follow=True)
    assert "Tick that only the valid rows are loaded" in without.content.decode()
    staff.post(f"{page}confirm/", {"preview": "1", "valid_rows_only": "on"})
    assert worker.work_on_next()
    text = staff.get(page).content.decode()
    assert ">Loaded<" in text
    person = User.objects.get()
    assert f"{person.get_full_name()} ({person.email})" in text
    assert "results.csv" in staff.get("/admin/results/importbatch/").content.decode()
    again = staff.post(f"{page}confirm/", {"preview": "1", "valid_rows_only": "on"}, follow=True)
    assert "does not wait for you any more" in again.content.decode()


def test_the_same_file_says_when_and_by_whom_it_was_loaded(staff: Client) -> None:
    loaded(checked([first_row()]))
    page = send(staff, csv_file([first_row()]).getvalue())["Location"]
    assert worker.work_on_next()
    text = staff.get(page).content.decode()
    assert "This file was loaded before" in text
    assert "Nothing has to be loaded again." in text
    assert "Confirm and load" not in text


def test_problems_come_in_pages(staff: Client) -> None:
    rows = [first_row(reference_number=f"15BGB96{number:05}", country="XX") for number in range(101)]
    job = checked(rows)
    pages = [staff.get(f"/admin/results/importjob/{job.pk}/problems/?page={page}") for page in ("1", "3", "99", "x")]
    assert [len(page.context["problems"]) for page in pages] == [50, 1, 1, 50]
    assert pages[1].context["problems"][0].line == 102


def test_a_file_above_the_limit_is_dropped_with_a_message(staff: Client, settings: Any) -> None:
    settings.IMPORT_MAX_FILE_BYTES = 1_000
    settings.IMPORT_MAX_PHOTOS_BYTES = 200_000
    response = send(staff, b"x" * 1_001, b"y" * 200_001)
    text = response.content.decode()
    assert "The file is larger than 1000\xa0bytes. Split it into several." in text
    assert "The file is larger than 195.3\xa0KB." in text
    assert "Choose a results file" not in text
    assert not ImportJob.objects.exists()
    assert send(staff, b"x" * 1_000, b"y" * 200_000).status_code == 302


def test_files_go_nowhere_else(staff: Client, candidate: Client) -> None:
    for client, address in ((staff, "/admin/results/result/"), (candidate, "/admin/results/importjob/add/")):
        response = client.post(address, {"file": SimpleUploadedFile("results.csv", b"exam\n")})
        assert response.wsgi_request.FILES == {}


def test_an_empty_form_says_what_to_choose(staff: Client) -> None:
    response = staff.post("/admin/results/importjob/add/")
    assert "Choose a results file" in response.content.decode()


def test_what_a_file_says_is_shown_as_text(staff: Client) -> None:
    row = first_row(given_names="<script>alert(1)</script>", status="<b>odd</b>")
    job = checked([first_row(reference_number="15BGB9615007", given_names="<i>x</i>"), row])
    for page in (f"/admin/results/importjob/{job.pk}/", f"/admin/results/importjob/{job.pk}/problems/"):
        text = staff.get(page).content.decode()
        assert "<script>alert" not in text
        assert "<b>odd" not in text
        assert "<i>x" not in text
