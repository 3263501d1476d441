"""An organisation's own shape of a data file."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from downloads.querysets import TemplateQuerySet
from organisations.models import Organisation


class Template(models.Model):
    """Which columns a data file has, under which headings, and how its values are written.

    `options` is an `Options` as JSON (downloads/options.py).  A private template is its owner's; a shared one is every
    colleague's to use, and its owner's and the Primary User's to change.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="download_templates", db_index=False
    )
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(_("name"), max_length=100)
    options = models.JSONField()
    shared = models.BooleanField(_("shared with the organisation"), default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = TemplateQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["organisation", "owner", "name"], name="template_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="template_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
