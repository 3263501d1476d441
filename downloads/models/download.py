"""A download: what was asked for, how far it is, and the file."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from downloads.querysets import DownloadQuerySet, ItemQuerySet, PartQuerySet
from organisations.models import Organisation
from results.models import ResultVersion
from sharing.models import Share, Verification


class Format(models.TextChoices):
    """What can be taken away."""

    STATEMENTS = "statements", _("Statements of Results (PDF)")
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel (XLSX)")
    JSON = "json", _("JSON")
    XML = "xml", _("XML")


class DownloadState(models.TextChoices):
    QUEUED = "queued", _("Waits its turn")
    RUNNING = "running", _("Being made")
    READY = "ready", _("Ready")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("File deleted")


def file_name(download: "Download", name: str) -> str:
    """Where a file is stored: never under a name that somebody typed."""
    return f"downloads/{download.pk}/{name}"


class Download(models.Model):
    """A file that somebody asked for, and its place in the history.  With its parts, this row is the truth about it.

    `options` and `template_name` are kept as they were, whatever becomes of the template.  `selection` says in words
    what was chosen, without what somebody typed to find a person.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="downloads", db_index=False)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_by_name = models.CharField(max_length=310)
    asked_at = models.DateTimeField(default=timezone.now)
    format = models.CharField(max_length=12, choices=Format.choices)
    template_name = models.CharField(max_length=100, blank=True)
    options = models.JSONField(default=dict, blank=True)
    selection = models.CharField(max_length=300, blank=True)
    made_again_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    mail_when_ready = models.BooleanField(default=False)
    for_colleagues = models.BooleanField(default=False)

    state = models.CharField(max_length=10, choices=DownloadState.choices, default=DownloadState.QUEUED)
    asked_for = models.PositiveIntegerField()  # shares and verifications
    done = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)
    file = models.FileField(upload_to=file_name, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)  # bytes
    served_at = models.DateTimeField(null=True, blank=True)  # a worker last took up a part of it
    ended_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)

    objects = DownloadQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["organisation", "-asked_at"], name="download_history"),
            models.Index(fields=["organisation", "-served_at"], name="download_served"),
            models.Index(fields=["asked_at"], name="download_open", condition=Q(state__in=["queued", "running"])),
            models.Index(fields=["ended_at"], name="download_with_file", condition=Q(state="ready")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DownloadState.values), name="download_state_known"),
            models.CheckConstraint(condition=Q(format__in=Format.values), name="download_format_known"),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], ended_at=None)
                | (~Q(state__in=["queued", "running"]) & Q(ended_at__isnull=False)),
                name="download_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(state="ready") & ~Q(file="") & Q(size__isnull=False) | ~Q(state="ready") & Q(file=""),
                name="download_ready_has_its_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()} ({self.asked_at:%Y-%m-%d %H:%M})"

    @property
    def is_open(self) -> bool:
        """Waits for a worker, or is being made."""
        return self.state in {DownloadState.QUEUED, DownloadState.RUNNING}

    @property
    def tag(self) -> str:
        """Its state's name among all that have a tag."""
        return f"download-{self.state}"


def part_name(part: "Part", name: str) -> str:
    return f"downloads/{part.download_id}/{name}"


class Part(models.Model):
    """A piece of work of an open download, done by one worker: some statements, or (number 0) the file itself.

    A worker that takes it holds a lease, which it renews; whoever finds the lease run out does the part anew, and the
    worker that lost it can no longer write (downloads/worker.py).  The file comes last, when all other parts are made.
    """

    id = models.BigAutoField(primary_key=True)
    download = models.ForeignKey(Download, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    first = models.PositiveIntegerField(default=0)  # positions of its items, both included
    last = models.PositiveIntegerField(default=0)
    made = models.BooleanField(default=False)
    file = models.FileField(upload_to=part_name, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = PartQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["download", "number"], name="part_number"),
            models.CheckConstraint(
                condition=Q(lease=None, lease_until=None)
                | Q(lease__isnull=False, lease_until__isnull=False, made=False),
                name="part_under_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"Part {self.number}"


class LeftOut(models.TextChoices):
    """Why a share or verification is not in the file."""

    ENDED = "ended", _("The candidate’s share has ended, or your right after a check by number")
    NOT_RELEASED = "not_released", _("The result is not released, so there is no Statement of Results")
    FAULT = "fault", _("Something went wrong in the service; tell the helpdesk")


class Item(models.Model):
    """One share or verification of a download, in the file's order.

    `version` is what went into the file; null while it has not been made, or when it was left out.
    """

    id = models.BigAutoField(primary_key=True)
    download = models.ForeignKey(Download, on_delete=models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveIntegerField()
    share = models.ForeignKey(Share, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    verification = models.ForeignKey(
        Verification, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    version = models.ForeignKey(
        ResultVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    left_out = models.CharField(max_length=12, choices=LeftOut.choices, blank=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["download", "position"], name="item_position"),
            models.CheckConstraint(
                condition=Q(verification=None, share__isnull=False) | Q(verification__isnull=False, share=None),
                name="item_of_one_right",
            ),
            models.CheckConstraint(condition=Q(left_out__in=["", *LeftOut.values]), name="item_reason_known"),
            models.CheckConstraint(condition=Q(left_out="") | Q(version=None), name="item_left_out_or_made"),
        ]

    def __str__(self) -> str:
        return f"Item {self.position}"
