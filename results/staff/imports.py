"""What staff do with a results file: upload it, confirm its preview, start it again."""

import uuid
from datetime import datetime
from typing import NamedTuple

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, doorbell
from accounts.models import Action
from results.models import ImportBatch
from results.staff.clearing import ImportStateError, delete_upload
from results.staff.files import sha256
from results.staff.models import ImportJob, ImportState
from results.tasks import work_on_imports


def upload(*, file: "File[bytes]", photos: "File[bytes] | None", by: str) -> ImportJob:
    """Store a results file, and a ZIP file of photos if there is one, for the worker to check."""
    job = ImportJob(
        file_name=_name(file), file_sha256=sha256(file), photos_name=_name(photos) if photos else "", uploaded_by=by
    )
    try:
        job.file.save("results.csv", file, save=False)
        if photos:
            job.photos.save("photos.zip", photos, save=False)
        with transaction.atomic():
            job.save()
            _record(Action.IMPORT_UPLOADED, job, by)
            doorbell.ring(work_on_imports)
    except BaseException:
        delete_upload(job)
        raise
    return job


@transaction.atomic
def confirm(*, job_id: uuid.UUID, preview: int, valid_rows_only: bool, by: str) -> None:
    """Let the worker load what the preview showed.

    Args:
        preview: number of the preview that was looked at; another one may have been made since.
        valid_rows_only: load although some rows are refused.

    Raises:
        ImportStateError: somebody else was faster, there is a newer preview, or rows are refused and it was not said
            that the others should be loaded.
    """
    job = _locked(job_id)
    if job.state != ImportState.READY or job.preview != preview:
        raise ImportStateError(_("This import does not wait for you any more: look at where it stands now."))
    if job.counts["refused"] and not valid_rows_only:
        raise ImportStateError(
            _("Some rows are refused. Tick that only the valid rows are loaded, or discard the file.")
        )
    job.state, job.confirmed_by, job.confirmed_at = ImportState.CONFIRMED, by, timezone.now()
    job.valid_rows_only, job.note = bool(job.counts["refused"]), ""
    job.save(update_fields=["state", "confirmed_by", "confirmed_at", "valid_rows_only", "note"])
    _record(Action.IMPORT_CONFIRMED, job, by)
    doorbell.ring(work_on_imports)


@transaction.atomic
def restart(*, job_id: uuid.UUID, by: str) -> None:
    """Check a failed import again from the start.  Raises ImportStateError when it has not failed."""
    job = _locked(job_id)
    if job.state != ImportState.FAILED:
        raise ImportStateError(_("This import does not wait for you any more: look at where it stands now."))
    job.state, job.note, job.confirmed_by, job.confirmed_at = ImportState.UPLOADED, "", "", None
    job.save(update_fields=["state", "note", "confirmed_by", "confirmed_at"])
    _record(Action.IMPORT_RESTARTED, job, by)
    doorbell.ring(work_on_imports)


class Earlier(NamedTuple):
    """The same file was loaded before: when and by whom."""

    loaded_at: datetime
    actor: str


def loaded_before(job: ImportJob) -> Earlier | None:
    """The latest time that a file with the same content was loaded, from here or from the command line."""
    batches = ImportBatch.objects.filter(file_sha256=job.file_sha256).order_by("-loaded_at")
    if job.batch_id:
        batches = batches.exclude(pk=job.batch_id)
    latest = batches.first()
    return Earlier(latest.loaded_at, latest.actor) if latest else None


def _locked(job_id: uuid.UUID) -> ImportJob:
    return ImportJob.objects.select_for_update().get(pk=job_id)


def _name(file: "File[bytes]") -> str:
    return (file.name or "")[-255:]


def _record(action: Action, job: ImportJob, by: str) -> None:
    detail = {"sha256": job.file_sha256, "counts": job.counts, "valid_rows_only": job.valid_rows_only}
    audit.record(actor=by, action=action, target=f"importjob:{job.pk}", detail=detail)
