"""A program of an organisation: Slate, another admissions system, a spreadsheet."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.models.organisation import Organisation
from organisations.querysets import ApiClientQuerySet

LONGEST_LIFE: Final = timedelta(days=366)


class Scope(models.TextChoices):
    """What a program may do; the value is the name in OAuth."""

    READ = "results:read", _("Read the results that candidates have shared, and what changes")
    VERIFY = "results:verify", _("Check a result by its number and the date of birth")


class ApiClient(models.Model):
    """What a program proves itself with.  Its id is the `client_id`; of its secret only a digest is kept.

    It belongs to the organisation, and outlives whoever created it.  Rows are never deleted: the trail names them.
    django-oauth-toolkit knows it as its application (OAUTH2_PROVIDER_APPLICATION_MODEL), of which it needs the few
    attributes below: docs/adr/0013-api-clients.md.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="api_clients")
    name = models.CharField(_("name"), max_length=60)
    secret_digest = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=30), verbose_name=_("what it may do"))
    allowed_addresses = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name=_("addresses it may come from")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=100, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    exposed_at = models.DateTimeField(null=True, blank=True, editable=False)  # the secret was seen in an address
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)

    objects = ApiClientQuerySet.as_manager()

    client_type = "confidential"
    authorization_grant_type = "client-credentials"

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                "organisation", Lower("name"), condition=Q(revoked_at=None), name="api_client_name_once"
            ),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values, scopes__len__gt=0), name="api_client_scopes_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"), expires_at__lte=F("created_at") + LONGEST_LIFE),
                name="api_client_lives_a_year",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def client_id(self) -> str:
        """What the program calls itself by."""
        return str(self.pk)

    @property
    def state(self) -> str:
        """As the page tells it: live, expired or revoked."""
        if self.revoked_at:
            return "revoked"
        return "live" if self.expires_at > timezone.now() else "client-expired"

    @property
    def days_left(self) -> int:
        """Whole days until it expires, rounded up."""
        return max(0, -(-(self.expires_at - timezone.now()) // timedelta(days=1)))

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now

    def is_usable(self, request: object) -> bool:
        """For the toolkit; who may do what is decided in organisations/api_clients/authentication.py."""
        return self.is_live(timezone.now())

    def allows_grant_type(self, *grant_types: str) -> bool:
        return self.authorization_grant_type in grant_types
