"""What gives an organisation the right to a result: a share of the candidate, or a verification of its own."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.models import Organisation
from results.models import Result, ResultVersion
from sharing.querysets import ShareQuerySet, VerificationQuerySet


class Verification(models.Model):
    """An organisation proved that it knows a result's number and date of birth.

    One row for each organisation and result; checking again renews it.  It gives the organisation the right to that
    result until `right_until`, 12 months after the last check.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="verifications", db_index=False
    )
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="verifications")
    version_seen = models.ForeignKey(ResultVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_by = models.CharField(max_length=100)
    applicant_reference = models.CharField(_("applicant reference"), max_length=64, blank=True)
    made_at = models.DateTimeField()
    last_made_at = models.DateTimeField()
    right_until = models.DateTimeField()

    objects = VerificationQuerySet.as_manager()

    class Meta:
        ordering = ["-last_made_at"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "result"], name="verification_once"),
        ]
        indexes = [models.Index(fields=["organisation", "-last_made_at"], name="verification_recent")]

    def __str__(self) -> str:
        return f"Verification {self.pk}"


class Ending(models.TextChoices):
    """Why a share is over."""

    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")


class Share(models.Model):
    """A candidate lets an organisation see a result until the share ends.

    It gives no right any more from `expires_at` on, whether or not the sweeper has already written down that it ended
    (`ended_at`, with the ledger's row).  `version_shared` is the version in force when it was shared.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="shares", db_index=False)
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="shares", db_index=False)
    version_shared = models.ForeignKey(ResultVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    shared_by = models.CharField(max_length=100)
    shared_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    applicant_reference = models.CharField(_("applicant reference"), max_length=64, blank=True)
    with_photo = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-shared_at", "id"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["result", "organisation"], condition=Q(ended_at=None), name="share_once_while_active"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ending="") | (Q(ended_at__isnull=False) & Q(ending__in=Ending.values)),
                name="share_ends_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("shared_at")), name="share_expires_after_sharing"
            ),
            models.CheckConstraint(condition=~Q(shared_by=""), name="share_by_somebody"),
        ]
        indexes = [
            models.Index(fields=["organisation", "-shared_at", "id"], name="share_list", condition=Q(ended_at=None)),
            models.Index(fields=["expires_at"], name="share_expiring", condition=Q(ended_at=None)),
            models.Index(
                "organisation",
                Upper("applicant_reference"),
                name="share_by_applicant_reference",
                condition=Q(ended_at=None),
            ),
            models.Index(fields=["result"], name="share_by_result"),
        ]

    def __str__(self) -> str:
        return f"Share {self.pk}"

    def is_in_force(self, now: datetime) -> bool:
        return self.ended_at is None and (self.expires_at is None or self.expires_at > now)
