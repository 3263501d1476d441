"""A batch check: many checks by number, from an uploaded file."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from downloads.querysets import BatchCheckQuerySet, BatchRowQuerySet
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
    """What a row came to, once: the first of these that fits.  The page and the file say it in these words."""

    WAITING = "waiting", _("Not checked yet")
    CANCELLED = "cancelled", _("Match, cancelled")
    OTHER_NAME = "other_name", _("Match with a different name")
    CHANGED = "changed", _("Match, changed since")
    VARIANT = "variant", _("Match, name written differently")
    MATCH = "match", _("Match")
    NO_MATCH = "no_match", _("No match")
    NOT_CHECKED = "not_checked", _("Not checked")
    UNREADABLE = "unreadable", _("Cannot be read")


def upload_name(batch: "BatchCheck", file_name: str) -> str:
    return f"batch-checks/{batch.pk}/{file_name}"


class BatchCheck(models.Model):
    """An uploaded list, checked by the worker row by row.  This row is the truth about the work.

    A worker that takes it holds a lease, which every row renews; whoever finds the lease run out goes on, and the
    worker that lost it can no longer write (downloads/batch/worker.py).  `file` is the table as it was read
    (downloads/batch/table.py), kept until its columns are named; then the rows are in BatchRow.  Both are gone 30 days
    after the end, or earlier if somebody deletes them (`erased_at`); the line stays, with its `counts` by outcome.
    """

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
    counts = models.JSONField(default=dict, blank=True)

    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.MAPPING)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    turn_at = models.DateTimeField(null=True, blank=True, editable=False)  # when a worker last took it
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
            models.CheckConstraint(
                condition=Q(state__in=["done", "cancelled", "failed"], ended_at__isnull=False)
                | (~Q(state__in=["done", "cancelled", "failed"]) & Q(ended_at=None, erased_at=None)),
                name="batch_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(state="paused", paused_until__isnull=False) | (~Q(state="paused") & Q(paused_until=None)),
                name="batch_pause_has_its_end",
            ),
            models.CheckConstraint(
                condition=Q(rows_done__lte=F("rows_total")), name="batch_has_no_more_done_than_rows"
            ),
        ]

    def __str__(self) -> str:
        return f"Batch check {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def tag(self) -> str:
        """Its state's name among all that have a tag."""
        return f"batch-{self.state}"


class BatchRow(models.Model):
    """One row of an uploaded list: what it asked, as typed and as understood, and what it came to.

    Rows that ask the same are looked up once.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(BatchCheck, on_delete=models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()  # of the uploaded file, the heading is line 1
    number = models.CharField(max_length=60, blank=True)
    date_of_birth = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=400, blank=True)
    applicant_reference = models.CharField(max_length=64, blank=True)
    read_number = models.CharField(max_length=20, blank=True)
    read_date = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=RowOutcome.choices, default=RowOutcome.WAITING)
    explanation = models.CharField(max_length=500, blank=True)
    verification = models.ForeignKey(
        Verification, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    checked_at = models.DateTimeField(null=True, blank=True)

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        ordering = ["line"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="batch_row_line"),
            models.CheckConstraint(condition=Q(outcome__in=RowOutcome.values), name="batch_row_outcome_known"),
            models.CheckConstraint(
                condition=~Q(outcome="waiting") | Q(~Q(read_number=""), read_date__isnull=False),
                name="batch_row_waits_with_something_to_ask",
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "outcome", "line"], name="batch_row_outcome"),
            models.Index(
                fields=["batch", "read_number", "read_date"],
                name="batch_row_to_check",
                condition=Q(outcome="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"Line {self.line}"

    @property
    def tag(self) -> str:
        """Its outcome's name among all that have a tag."""
        return f"row-{self.outcome}"
