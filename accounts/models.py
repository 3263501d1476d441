"""Who is acting, what was done, and the mail that tells people of it."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.querysets import MailQuerySet


class UserManager(BaseUserManager["User"]):
    """People log in by e-mail; there is no user name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username or "")


class User(AbstractBaseUser, PermissionsMixin):
    """A person with a log-in: verifier, candidate or staff."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    given_name = models.CharField(_("first name"), max_length=150)
    family_name = models.CharField(_("family name"), max_length=150, blank=True)
    job_title = models.CharField(_("job title"), max_length=150, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, default="Europe/London")
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["given_name"]

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower_case")]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def get_full_name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip()

    def get_short_name(self) -> str:
        return self.given_name


class Action(models.TextChoices):
    """What the audit trail can say was done."""

    LOGGED_IN = "logged_in", _("Logged in")
    LOGGED_OUT = "logged_out", _("Logged out")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    RESULTS_IMPORTED = "results_imported", _("Results imported")
    RESULT_HELD = "result_held", _("Result held")
    RESULT_HOLD_LIFTED = "result_hold_lifted", _("Hold on a result lifted")
    CHECK_MATCHED = "check_matched", _("Candidate Search: match")
    CHECK_NOT_MATCHED = "check_not_matched", _("Candidate Search: no match")
    CHECK_REFUSED = "check_refused", _("Candidate Search: refused, checks paused")
    CHECKS_PAUSED = "checks_paused", _("Checks paused")
    PAUSE_LIFTED = "pause_lifted", _("Pause lifted")
    RESULT_VIEWED = "result_viewed", _("Result viewed")
    STATEMENT_DOWNLOADED = "statement_downloaded", _("Statement of Results downloaded")
    PHOTO_VIEWED = "photo_viewed", _("Test-day photo viewed")
    STAFF_CHANGED = "staff_changed", _("Changed by staff")


class AuditEvent(models.Model):
    """One thing that somebody did.  Append-only: a database trigger refuses changes.

    Ids are text and not foreign keys, so that the trail never stands in the way of the data, nor the data of the trail.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=100)
    action = models.CharField(max_length=40, choices=Action.choices)
    target = models.CharField(max_length=100, blank=True)
    organisation = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(actor=""), name="audit_event_has_actor")]
        indexes = [
            models.Index(fields=["target", "id"], name="audit_by_target", condition=~Q(target="")),
            models.Index(fields=["organisation", "id"], name="audit_by_organisation", condition=~Q(organisation="")),
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action}"


class MailState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class Mail(models.Model):
    """A mail to one person: a row first, then sent by the worker.  Its text is erased once it is delivered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sender = models.CharField(max_length=320)
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=255)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=MailState.choices, default=MailState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=200, blank=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("mail")
        verbose_name_plural = _("mail")
        indexes = [models.Index(fields=["due_at"], name="mail_due", condition=Q(state="queued"))]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(text="", html="", sent_at__isnull=False), name="mail_sent_is_erased"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.get_state_display()})"


class Throttle(models.Model):
    """How often something was done in one window of time.  The key is a keyed digest: no address is stored."""

    id = models.BigAutoField(primary_key=True)
    key = models.BinaryField(max_length=32)
    ends_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "ends_at"], name="throttle_window")]

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M}"
