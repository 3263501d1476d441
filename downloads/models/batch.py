"""A batch check: many checks by number, from an uploaded file."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from downloads.querysets import BatchCheckQuerySet
from organisations.models import Organisation
from sharing.models import Verification


class BatchState(models.TextChoices):
    MAPPING = "mapping", _("Waits for its columns to be named")
    QUEUED = "queued", _("Waits its turn")
    RUNNING = "running", _("Being checked")
    PAUSED = "paused", _("Paused by a limit")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


class RowOutcome(models.TextChoices):
    """What a row came to; the page and the file say it in these words."""

    WAITING = "waiting", _("Not checked yet")
    MATCH = "match", _("Match")
    OTHER_NAME = "other_name", _("Match with a different name")
    NO_MATCH = "no_match", _("No match")
    CHANGED = "changed", _("Match, changed since it was last seen")
    CANCELLED = "cancelled", _("Match, cancelled")
    UNREADABLE = "unreadable", _("Cannot be read")


def upload_name(batch: "BatchCheck", file_name: str) -> str:
    return f"batch-checks/{batch.pk}/{file_name}"


class BatchCheck(models.Model):
    """An uploaded list, checked by the worker row by row; leases as for downloads."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="batch_checks", db_index=False
    )
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_by_name = models.CharField(max_length=310)
    asked_at = models.DateTimeField(default=timezone.now)
    uploaded_name = models.CharField(max_length=255)
    file = models.FileField(upload_to=upload_name, blank=True)
    mapping = models.JSONField(default=dict, blank=True)

    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.MAPPING)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = BatchCheckQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["organisation", "-asked_at"], name="batch_history"),
            models.Index(
                fields=["asked_at"], name="batch_open", condition=Q(state__in=["queued", "running", "paused"])
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_known"),
            models.CheckConstraint(
                condition=Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease=None, lease_until=None)),
                name="batch_runs_under_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"Batch check {self.asked_at:%Y-%m-%d %H:%M}"


class BatchRow(models.Model):
    """One row of an uploaded list: what it asked, as typed, and what it came to.  Gone with its batch."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(BatchCheck, on_delete=models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()  # of the uploaded file, the heading is line 1
    number = models.CharField(max_length=60, blank=True)
    date_of_birth = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=400, blank=True)
    applicant_reference = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=12, choices=RowOutcome.choices, default=RowOutcome.WAITING)
    explanation = models.CharField(max_length=500, blank=True)
    verification = models.ForeignKey(
        Verification, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["line"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="batch_row_line"),
            models.CheckConstraint(condition=Q(outcome__in=RowOutcome.values), name="batch_row_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"Line {self.line}"
