"""The worker's part of an import: leases, faults, and what is left when it has ended."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import Action, AuditEvent
from results.importer import ImportConflictError, import_results
from results.models import ImportJob, Result
from results.staff import clearing, imports, worker
from results.staff.clearing import ImportStateError
from results.tasks import forget_imports, work_on_imports
from rvs.sample_photos import drawn_photo
from tests.factories import make_import
from tests.results.loading import first_row
from tests.results.staff_files import BY, WRONG, checked, confirm, loaded, stored_files, upload, zipped

pytestmark = pytest.mark.django_db(transaction=True)


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
