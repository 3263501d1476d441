"""Who looked at what."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from organisations.models import Organisation
from results.models import ResultVersion
from sharing.models.rights import Share, Verification
from sharing.querysets import AccessQuerySet


class Channel(models.TextChoices):
    """How a result was taken in."""

    SEARCH = "search", _("Found by number")
    PAGE = "page", _("Page")
    STATEMENT = "statement", _("Statement of Results (PDF)")
    PHOTO = "photo", _("Test-day photo")
    EXPORT = "export", _("Data file")
    API = "api", _("Program")


class Access(models.Model):
    """What the candidate sees of who looked: one row a right, version, channel, actor and day, with a count."""

    id = models.BigAutoField(primary_key=True)
    verification = models.ForeignKey(
        Verification, on_delete=models.PROTECT, related_name="accesses", null=True, blank=True, db_index=False
    )
    share = models.ForeignKey(
        Share, on_delete=models.PROTECT, related_name="accesses", null=True, blank=True, db_index=False
    )
    version = models.ForeignKey(ResultVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    actor = models.CharField(max_length=100)
    day = models.DateField()
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    objects = AccessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("accesses")
        constraints = [
            models.UniqueConstraint(
                fields=["verification", "version", "channel", "actor", "day"], name="access_once_a_day"
            ),
            models.UniqueConstraint(
                fields=["share", "version", "channel", "actor", "day"], name="access_of_share_once_a_day"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="access_counts"),
            models.CheckConstraint(
                condition=Q(verification=None, share__isnull=False) | Q(verification__isnull=False, share=None),
                name="access_by_one_right",
            ),
        ]

    @property
    def organisation(self) -> Organisation:
        """Whose access it was."""
        right = self.share or self.verification
        assert right  # noqa: S101  (a constraint says so)
        return right.organisation

    def __str__(self) -> str:
        return f"{self.get_channel_display()} on {self.day} ({self.count})"
