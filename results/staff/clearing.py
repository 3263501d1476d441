"""The end of an import: people's results do not lie about longer than they serve."""

import uuid
from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Action
from results.staff.models import ImportJob, ImportState

KEEP_PREVIEW = timedelta(days=30)
"""For so long after the end rejects, samples and problems can be looked at."""
WAIT_FOR_STAFF = timedelta(days=30)
"""A file that nobody confirms for so long is discarded."""
FOLDER = "imports"


class ImportStateError(Exception):
    """The import is not (or no longer) where this can be done; says so for the person who tried."""


@transaction.atomic
def discard(*, job_id: uuid.UUID, by: str) -> None:
    """End an import that waits for staff; nothing is loaded.

    Raises ImportStateError when it does not wait (any more).
    """
    job = ImportJob.objects.waiting_for_staff().select_for_update().filter(pk=job_id).first()
    if job is None:
        raise ImportStateError(_("This import does not wait for you any more: look at where it stands now."))
    job.state, job.ended_at = ImportState.DISCARDED, timezone.now()
    job.save(update_fields=["state", "ended_at"])
    audit.record(actor=by, action=Action.IMPORT_DISCARDED, target=f"importjob:{job.pk}")
    transaction.on_commit(lambda: delete_upload(job))


def delete_upload(job: ImportJob) -> None:
    """Delete what was uploaded; safe to do again."""
    for file in (job.file, job.photos):
        if file:
            file.delete(save=False)
    ImportJob.objects.filter(pk=job.pk).update(file="", photos="")


def forget_imports(now: datetime) -> None:
    """Discard what nobody confirmed, and delete what is left of imports that have ended."""
    for job in ImportJob.objects.waiting_for_staff().filter(uploaded_at__lt=now - WAIT_FOR_STAFF):
        discard(job_id=job.pk, by=audit.system_actor("forget_imports"))
    for job in ImportJob.objects.with_leftovers():
        delete_upload(job)
    for job in ImportJob.objects.with_preview().ended_before(now - KEEP_PREVIEW):
        if job.rejects:
            job.rejects.delete(save=False)
        job.problems.all().delete()
        ImportJob.objects.filter(pk=job.pk).update(rejects="", samples={})
    _forget_strays(now)


def _forget_strays(now: datetime) -> None:
    """Delete uploads that no row knows: their request was killed between storing the file and storing the row."""
    if not default_storage.exists(FOLDER):
        return
    known = set(map(str, ImportJob.objects.values_list("pk", flat=True)))
    for folder in set(default_storage.listdir(FOLDER)[0]) - known:
        for name in default_storage.listdir(f"{FOLDER}/{folder}")[1]:
            stray = f"{FOLDER}/{folder}/{name}"
            if default_storage.get_modified_time(stray) < now - timedelta(days=1):
                default_storage.delete(stray)
