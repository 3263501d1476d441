"""The ledger: everything that happened to what organisations hold, for feeds, digests and webhooks to read."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.models import Organisation
from results.models import ResultVersion
from sharing.models.rights import Share, Verification
from sharing.querysets import ChangeQuerySet


class ChangeType(models.TextChoices):
    SHARE_CREATED = "share.created", _("Shared")
    SHARE_UPDATED = "share.updated", _("Share changed")
    SHARE_WITHDRAWN = "share.withdrawn", _("Withdrawn")
    SHARE_EXPIRED = "share.expired", _("Expired")
    RESULT_CHANGED = "result.changed", _("Result changed")


class Change(models.Model):
    """One thing that happened to one share or verification.  Append-only; `position` goes from null to a number once.

    Readers go by `position`, never by `id`: an id taken early may be committed late.  The sequencer
    (sharing/ledger.py) numbers committed rows without gaps.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField(default=uuid.uuid4, editable=False)
    position = models.BigIntegerField(null=True, editable=False)
    type = models.CharField(max_length=20, choices=ChangeType.choices)
    occurred_at = models.DateTimeField(default=timezone.now)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="changes", db_index=False)
    share = models.ForeignKey(
        Share, on_delete=models.PROTECT, related_name="changes", null=True, blank=True, db_index=False
    )
    verification = models.ForeignKey(
        Verification, on_delete=models.PROTECT, related_name="changes", null=True, blank=True, db_index=False
    )
    version = models.ForeignKey(
        ResultVersion, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )

    objects = ChangeQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["position"], name="change_position"),
            models.UniqueConstraint(
                fields=["version", "share"], condition=Q(type="result.changed"), name="change_once_a_version_and_share"
            ),
            models.UniqueConstraint(
                fields=["version", "verification"],
                condition=Q(type="result.changed"),
                name="change_once_a_version_and_verification",
            ),
            models.CheckConstraint(
                condition=Q(verification=None, share__isnull=False) | Q(verification__isnull=False, share=None),
                name="change_of_one_right",
            ),
            models.CheckConstraint(
                condition=Q(type="result.changed", version__isnull=False)
                | (~Q(type="result.changed") & Q(version=None, share__isnull=False)),
                name="change_names_its_version",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "position"], name="change_feed"),
            models.Index(fields=["id"], name="change_unnumbered", condition=Q(position=None)),
            models.Index(fields=["share", "id"], name="change_by_share", condition=Q(share__isnull=False)),
            models.Index(
                fields=["verification", "id"], name="change_by_verification", condition=Q(verification__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class Counter(models.Model):
    """The last position given; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="counter_one_row")]

    def __str__(self) -> str:
        return str(self.value)
