"""What the people of an organisation did with its list of shared results: read it, and wrote notes."""

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from organisations.models import Organisation
from results.models import ResultVersion
from sharing.models.rights import Share
from sharing.querysets import NoteQuerySet


class Seen(models.Model):
    """One user opened one share; until then it is new to them."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="seen_shares", db_index=False)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="seen", db_index=False)
    version_first_seen = models.ForeignKey(ResultVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    first_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = _("seen")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["share", "user"], name="seen_once")]

    def __str__(self) -> str:
        return f"Seen {self.pk}"


class ReadMark(models.Model):
    """Everything shared with the organisation up to here counts as read for this user ("mark all as read")."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="read_mark")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    shared_until = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.shared_until:%Y-%m-%d %H:%M}"


class Note(models.Model):
    """What a user wrote about a share for colleagues; the candidate does not see it, unless they ask for their data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="notes")
    author = models.CharField(max_length=100)
    author_name = models.CharField(max_length=310)
    text = models.TextField(_("note"), max_length=2000)
    written_at = models.DateTimeField(default=timezone.now)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["written_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Note {self.pk}"
