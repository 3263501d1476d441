"""Candidates ask organisations that are not here yet to register."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from results.models import Candidate


class OrganisationInvitation(models.Model):
    """A candidate's invitation to an organisation that is not listed; staff see it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    candidate = models.ForeignKey(
        Candidate, on_delete=models.SET_NULL, null=True, blank=True, related_name="invitations"
    )
    organisation_name = models.CharField(_("name of the organisation"), max_length=200)
    email = models.EmailField(_("e-mail address"))
    website = models.URLField(_("website"))
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-sent_at"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["email", "-sent_at"], name="invitation_by_email")]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="invitation_email_lower_case"),
        ]

    def __str__(self) -> str:
        return self.organisation_name
