"""The people of an organisation."""

import uuid
from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from organisations.models.organisation import Organisation
from organisations.querysets import MembershipQuerySet

INVITATION_GOOD_FOR: Final = timedelta(days=7)


class Role(models.TextChoices):
    PRIMARY = "primary", _("Primary User")
    ADMIN = "admin", _("Admin User")


class Membership(models.Model):
    """One person's place in one organisation.

    Invited: `invited_at` says when the link was sent that counts (an earlier one is worth nothing), until the person
    set a password (`accepted_at`).  Deactivated (`is_active` false): the place is kept, and gives no right to anything.

    Until the person accepts, the organisation sees the name that its Primary User wrote, kept here, and nothing of the
    account: nobody learns by an invitation whose address that is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="membership")
    role = models.CharField(max_length=10, choices=Role.choices)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    invited_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    given_name = models.CharField(_("first name"), max_length=150, blank=True, editable=False)
    family_name = models.CharField(_("family name"), max_length=150, blank=True, editable=False)
    job_title = models.CharField(_("job title"), max_length=150, blank=True, editable=False)
    join_request_mails = models.BooleanField(_("requests to join"), default=True, db_default=True, editable=False)
    """Whether the Primary User gets a mail when somebody asks to join; chosen on the page Email Notifications."""

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(role="primary", is_active=True), name="membership_one_primary"
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"

    @property
    def is_pending(self) -> bool:
        """Invited, and not accepted yet."""
        return self.invited_at is not None and self.accepted_at is None

    @property
    def is_in_force(self) -> bool:
        """Whether it gives its person any right today."""
        return self.is_active and not self.is_pending

    @property
    def state(self) -> str:
        """As the list of users shows it: active, invited, ran_out or deactivated."""
        if not self.is_active:
            return "deactivated"
        if not self.is_pending:
            return "active"
        return "invited" if self.invited_at and timezone.now() - self.invited_at < INVITATION_GOOD_FOR else "ran_out"

    @property
    def shown_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip() if self.is_pending else self.user.get_full_name()

    @property
    def shown_job_title(self) -> str:
        return self.job_title if self.is_pending else self.user.job_title


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
