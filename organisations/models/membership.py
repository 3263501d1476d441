"""The people of an organisation."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from organisations.models.organisation import Organisation


class Role(models.TextChoices):
    PRIMARY = "primary", _("Primary User")
    ADMIN = "admin", _("Admin User")


class Membership(models.Model):
    """One person's place in one organisation.

    Invited: `invited_at` says when the link was sent that counts (an earlier one is worth nothing), until the person
    set a password (`accepted_at`).  Deactivated (`is_active` false): the place is kept, and gives no right to anything.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="membership")
    role = models.CharField(max_length=10, choices=Role.choices)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    invited_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(role="primary", is_active=True), name="membership_one_primary"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"


class Handover(models.Model):
    """The Primary User offers the role to another user, who has not answered yet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.OneToOneField(Organisation, on_delete=models.CASCADE, related_name="handover")
    giver = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    taker = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    offered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(giver=F("taker")), name="handover_to_another")]

    def __str__(self) -> str:
        return f"Handover {self.pk}"
