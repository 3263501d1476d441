"""Who wants to hear of what and how often, how far they have been told, and what was sent."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from notifications.querysets import SubscriptionQuerySet
from organisations.models import Membership, Organisation


class Stream(models.TextChoices):
    """What the ledger holds that users are told of."""

    NEW_RESULTS = "new_results", _("New shared results")
    CHANGES = "changes", _("Changes to results that you hold")


class Frequency(models.TextChoices):
    OFF = "off", _("Off")
    AS_IT_HAPPENS = "as_it_happens", _("As it happens")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")


class Weekday(models.IntegerChoices):
    """As Python counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Preference(models.Model):
    """What a user of an organisation wants to hear of, and when.

    A database trigger makes it when the membership comes into force, with its two subscriptions (migration 0002).
    Weekday and hour are of the user's time zone.  No exams: all of them.  Until the user has chosen (`chosen_at`), the
    service tells them what they get.
    """

    membership = models.OneToOneField(
        Membership, on_delete=models.CASCADE, primary_key=True, related_name="notification_preference"
    )
    weekday = models.PositiveSmallIntegerField(_("day of the week"), choices=Weekday.choices, default=Weekday.MONDAY)
    hour = models.PositiveSmallIntegerField(_("time of day"), default=8)
    exams = ArrayField(models.CharField(max_length=10), verbose_name=_("exams"), default=list, blank=True)
    meets_only = models.BooleanField(_("only results that meet our requirement"), default=False)
    chosen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="preference_weekday"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="preference_hour"),
        ]

    def __str__(self) -> str:
        return f"Preference {self.pk}"


class Subscription(models.Model):
    """How often a user hears of one stream, and up to which position of the ledger they have been told.

    `due_at` is the end of the window that is open: null when there is none, because nothing is wanted or, as it
    happens, nothing has happened.  An `unscheduled` one still has to be given its first window.
    """

    id = models.BigAutoField(primary_key=True)
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="subscriptions", db_index=False)
    stream = models.CharField(max_length=20, choices=Stream.choices)
    frequency = models.CharField(max_length=20, choices=Frequency.choices)
    position = models.BigIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    unscheduled = models.BooleanField(default=True)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["membership", "stream"], name="subscription_once"),
            models.CheckConstraint(condition=Q(stream__in=Stream.values), name="subscription_stream_known"),
            models.CheckConstraint(condition=Q(frequency__in=Frequency.values), name="subscription_frequency_known"),
            models.CheckConstraint(
                condition=~Q(frequency="off") | Q(due_at=None), name="subscription_off_is_never_due"
            ),
        ]
        indexes = [
            models.Index(fields=["frequency", "due_at"], name="subscription_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["id"], name="subscription_unscheduled", condition=Q(unscheduled=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_stream_display()}: {self.get_frequency_display()}"


class Digest(models.Model):
    """One mail about one window of one user's stream; the mail in the outbox has the same id.

    The id follows from user, stream and window (notifications/digests.py), and the mail's Message-ID from the id: there
    can be no second mail about a window, and one that a dying process sent twice is known by its Message-ID.  It told
    of what stands in the ledger after `position_from` up to `position_to` and was in force at `made_at`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="digests", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="digests", db_index=False)
    stream = models.CharField(max_length=20, choices=Stream.choices)
    window = models.DateTimeField()
    position_from = models.BigIntegerField()
    position_to = models.BigIntegerField()
    results = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-made_at"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["user", "stream", "window"], name="digest_once_a_window"),
            models.CheckConstraint(condition=Q(position_from__lt=models.F("position_to")), name="digest_goes_forward"),
        ]
        indexes = [models.Index(fields=["organisation", "stream", "position_to"], name="digest_of_changes")]

    def __str__(self) -> str:
        return f"{self.get_stream_display()} ({self.window:%Y-%m-%d %H:%M})"


class NamedDigests(models.Model):
    """The Primary User wants candidates' names in the digests of the organisation's users; no row: no names."""

    organisation = models.OneToOneField(
        Organisation, on_delete=models.CASCADE, primary_key=True, related_name="named_digests"
    )
    chosen_by = models.CharField(max_length=100)
    chosen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = _("named digests")
        default_permissions = ()

    def __str__(self) -> str:
        return f"Names in digests since {self.chosen_at:%Y-%m-%d}"


class Progress(models.Model):
    """Up to which position of the ledger windows were opened for those who hear as it happens; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = _("progress")
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="progress_one_row")]

    def __str__(self) -> str:
        return str(self.position)
