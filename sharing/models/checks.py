"""The limits on checks by number: what was tried, what is going to be tried, and what is paused."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from organisations.models import Organisation
from sharing.querysets import AnnouncementQuerySet, CheckQuerySet, PauseQuerySet


class Outcome(models.TextChoices):
    """What a check by number came to; only a miss counts against a limit."""

    MATCH = "match", _("Match")
    NOT_RELEASED = "not_released", _("Right date, result not released")
    MISS = "miss", _("No match")
    FORGIVEN = "forgiven", _("No match, no longer counted")


class Check(models.Model):
    """One check by number, kept for two days: the limits count these rows.

    Number and date stand here only as keyed digests, so that a copy of the table gives nobody a pair to try.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="checks", db_index=False)
    actor = models.CharField(max_length=100)
    number_digest = models.BinaryField(max_length=32)
    date_digest = models.BinaryField(max_length=32)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    at = models.DateTimeField()

    objects = CheckQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "at"], name="check_by_organisation"),
            models.Index(fields=["organisation", "at"], name="check_misses", condition=Q(outcome="miss")),
            models.Index(fields=["number_digest", "at"], name="check_misses_by_number", condition=Q(outcome="miss")),
            models.Index(fields=["at"], name="check_by_age"),
        ]

    def __str__(self) -> str:
        return f"Check {self.pk}"


class Announcement(models.Model):
    """Checks that an organisation says it is going to make, from a list: the allowance of misses grows with them.

    `to_come` shrinks with each check that is made, and to nothing when the list ends early.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="announcements", db_index=False
    )
    made = models.PositiveIntegerField(default=0)
    to_come = models.PositiveIntegerField()
    announced_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = AnnouncementQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, to_come__gt=0) | Q(ended_at__isnull=False, to_come=0),
                name="announcement_ends_with_its_last",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "ended_at"], name="announcement_counts")]

    def __str__(self) -> str:
        return f"Announcement {self.pk}"


class Scope(models.TextChoices):
    """Whose checks, and of what, a pause ends."""

    USER = "user", _("All checks of one user")
    ORGANISATION = "organisation", _("All checks of one organisation")
    NUMBER = "number", _("One number, for one organisation")
    NUMBER_EVERYWHERE = "everywhere", _("One number, for every organisation that has not matched it")


class Pause(models.Model):
    """Checks that a limit ended for a time.  Staff see it and can lift it."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=12, choices=Scope.choices)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="pauses"
    )
    actor = models.CharField(max_length=100, blank=True)
    number_digest = models.BinaryField(max_length=32, null=True, blank=True)
    began_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()
    misses = models.PositiveIntegerField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=100, blank=True)
    lift_reason = models.CharField(max_length=300, blank=True)

    objects = PauseQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at"]
        default_permissions = ("view",)
        permissions = [("lift_pause", "Can lift pauses")]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="everywhere", organisation=None)
                | (~Q(scope="everywhere") & Q(organisation__isnull=False)),
                name="pause_names_its_organisation",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None) | (~Q(lifted_by="") & ~Q(lift_reason="")), name="pause_lifted_with_reason"
            ),
        ]
        indexes = [models.Index(fields=["until"], name="pause_running", condition=Q(lifted_at=None))]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} until {self.until:%Y-%m-%d %H:%M}"
