"""Results files as staff upload them; the worker's part runs in the test itself."""

import io
import zipfile
from collections.abc import Iterable, Mapping

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from results.models import ImportJob
from results.staff import imports, worker
from tests.results.loading import csv_file, first_row

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
