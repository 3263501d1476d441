"""What staff's work with results needs to remember: uploaded files.

Part of the app's models (results/models.py imports it); it imports nothing of theirs.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from results.staff.querysets import ImportJobQuerySet


class ImportState(models.TextChoices):
    """How far a results file that staff uploaded has come."""

    UPLOADED = "uploaded", _("Waits to be checked")
    CHECKING = "checking", _("Being checked")
    READY = "ready", _("Waits for confirmation")
    CONFIRMED = "confirmed", _("Waits to be loaded")
    LOADING = "loading", _("Being loaded")
    LOADED = "loaded", _("Loaded")
    UNCHANGED = "unchanged", _("Nothing to change")
    REFUSED = "refused", _("Refused")
    DISCARDED = "discarded", _("Discarded")
    FAILED = "failed", _("Failed")


def upload_name(job: "ImportJob", file_name: str) -> str:
    """Where a file of an import is stored: never under the name that a person gave it."""
    return f"imports/{job.pk}/{file_name}"


class ImportJob(models.Model):
    """A results file that staff uploaded: checked by the worker, shown as a preview, then loaded or discarded.

    This row is the truth about the work.  A worker that takes it holds a lease, which it renews; whoever finds the
    lease run out goes on, and the worker that lost it can no longer write (results/staff/worker.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.UPLOADED)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=upload_name, blank=True)
    photos_name = models.CharField(max_length=255, blank=True)
    photos = models.FileField(upload_to=upload_name, blank=True)
    uploaded_by = models.CharField(max_length=100)
    uploaded_at = models.DateTimeField(default=timezone.now)

    preview = models.PositiveSmallIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    samples = models.JSONField(default=dict, blank=True)
    rejects = models.FileField(upload_to=upload_name, blank=True)

    confirmed_by = models.CharField(max_length=100, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    valid_rows_only = models.BooleanField(default=False)
    batch = models.OneToOneField(
        "results.ImportBatch", on_delete=models.PROTECT, null=True, blank=True, related_name="job"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    lines_read = models.PositiveSmallIntegerField(default=0, help_text="per cent")
    photos_read = models.PositiveIntegerField(default=0)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ("add", "view")
        permissions = [("confirm_importjob", "Can confirm and discard imports")]
        indexes = [
            models.Index(fields=["uploaded_at"], name="importjob_open", condition=Q(ended_at=None)),
            models.Index(fields=["file_sha256"], name="importjob_by_file"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="importjob_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["checking", "loading"], lease__isnull=False, lease_until__isnull=False)
                | (~Q(state__in=["checking", "loading"]) & Q(lease=None, lease_until=None)),
                name="importjob_at_work_under_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["confirmed", "loading", "loaded"])
                | (~Q(confirmed_by="") & Q(confirmed_at__isnull=False)),
                name="importjob_loaded_only_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(state="loaded", batch__isnull=False) | (~Q(state="loaded") & Q(batch=None)),
                name="importjob_loaded_has_batch",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["loaded", "unchanged", "refused", "discarded"], ended_at__isnull=False)
                | (~Q(state__in=["loaded", "unchanged", "refused", "discarded"]) & Q(ended_at=None)),
                name="importjob_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.uploaded_at:%Y-%m-%d %H:%M})"

    def twins(self) -> "models.QuerySet[ImportJob]":
        """Other uploads of the same bytes that have not ended."""
        return ImportJob.objects.filter(file_sha256=self.file_sha256, ended_at=None).exclude(pk=self.pk)


class ImportProblem(models.Model):
    """One thing that is wrong with a line of an uploaded file (or, as a warning, odd), in the order of the lines."""

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="problems", db_index=False)
    position = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=60)
    message = models.TextField()
    warning = models.BooleanField(default=False)

    class Meta:
        ordering = ["job", "position"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["job", "position"], name="importproblem_position")]

    def __str__(self) -> str:
        return f"Line {self.line}, column {self.column}"
