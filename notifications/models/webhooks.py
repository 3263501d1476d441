"""Addresses of organisations' programs that are told of the ledger, and what was sent to them."""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.querysets import WebhookMessageQuerySet, WebhookQuerySet
from organisations.models import Organisation
from sharing.models import Change, ChangeType

SOON: Final = timedelta(seconds=10)
TEST: Final = "webhook.test"
"""The type of a message that somebody asked for to see whether messages arrive."""


class SwitchedOff(models.TextChoices):
    """Why nothing is sent."""

    BY_USER = "by_user", _("The Primary User switched it off")
    FAILING = "failing", _("No message was accepted for three days")
    GONE = "gone", _("The receiver answered 410: it is gone for good")


class Webhook(models.Model):
    """An address of an organisation's program, what it hears of, and how far in the ledger it is.

    What stands in the ledger after `position` has no message yet.  Secrets are sealed; former ones, the newest first,
    sign too until `former_until`.  After `failures` turns in a row in which nothing was accepted it rests until
    `rests_until`; `failing_since` is the first of them.  Whoever sends holds it under a lease.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="webhooks")
    name = models.CharField(_("name"), max_length=60)
    address = models.CharField(_("address"), max_length=500)
    events = ArrayField(models.CharField(max_length=20), verbose_name=_("events"))
    secret = models.TextField(editable=False)
    former_secrets = ArrayField(models.TextField(), default=list, blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)
    secret_seen_by = models.CharField(max_length=100, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    position = models.BigIntegerField(editable=False)
    switched_off_at = models.DateTimeField(null=True, blank=True, editable=False)
    switched_off_why = models.CharField(max_length=20, blank=True, choices=SwitchedOff.choices, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    rests_until = models.DateTimeField(null=True, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    served_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)  # the last message that was
    loss_told_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(events__contained_by=ChangeType.values, events__len__gt=0), name="webhook_events_known"
            ),
            models.CheckConstraint(
                condition=Q(switched_off_at=None, switched_off_why="")
                | Q(switched_off_at__isnull=False, switched_off_why__in=SwitchedOff.values),
                name="webhook_off_says_why",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None, rests_until=None)
                | Q(failures__gt=0, failing_since__isnull=False),
                name="webhook_rests_while_failing",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """As the page tells it."""
        if self.switched_off_at:
            return "webhook-off"
        return "webhook-failing" if self.failures else "webhook-on"

    @property
    def place(self) -> str:
        """Its address without the query, which may hold a key of the receiver's."""
        return self.address.partition("?")[0]

    @property
    def signs_with_former(self) -> bool:
        """Whether messages carry signatures with former secrets too."""
        return self.former_until is not None and self.former_until > timezone.now()


class MessageState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Accepted")
    FAILED = "failed", _("Given up")


class WebhookMessage(models.Model):
    """What one webhook is told about one row of the ledger, or a test; the same content however often it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="messages", db_index=False)
    change = models.ForeignKey(
        Change, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    type = models.CharField(max_length=20)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["webhook", "change"], name="webhook_message_once"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="webhook_message_state_known"),
            models.CheckConstraint(
                condition=Q(state="waiting", ended_at=None) | (~Q(state="waiting") & Q(ended_at__isnull=False)),
                name="webhook_message_ends",
            ),
            models.CheckConstraint(
                condition=Q(change=None, type=TEST) | (Q(change__isnull=False) & ~Q(type=TEST)),
                name="webhook_message_test_has_no_change",
            ),
        ]
        indexes = [
            models.Index(
                fields=["webhook", "state", "due_at", "created_at", "id"],
                name="webhook_message_open",
                condition=~Q(state="delivered"),
            ),
            models.Index(F("webhook"), F("created_at").desc(), F("id"), name="webhook_message_log"),
            models.Index(fields=["ended_at"], name="webhook_message_by_age", condition=Q(ended_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.type} ({self.get_state_display()})"

    @property
    def message_id(self) -> str:
        """What the receiver knows it by, and its repetitions."""
        return f"msg_{self.pk.hex}"

    @property
    def is_test(self) -> bool:
        return self.change_id is None

    @property
    def tag(self) -> str:
        """As the pages tell its state."""
        return f"message-{self.state}"

    @property
    def next_attempt_at(self) -> datetime | None:
        """When it is sent next; of a webhook that failed, when that is tried again.  None while it is switched off."""
        if self.is_test:
            return self.due_at
        return None if self.webhook.switched_off_at else self.webhook.rests_until or self.due_at

    def is_sent_soon(self, now: datetime) -> bool:
        """Whether its page may wait for it."""
        at = self.next_attempt_at
        return self.state == MessageState.WAITING and at is not None and at <= now + SOON


class Problem(models.TextChoices):
    """Why an attempt failed."""

    NONE = "", _("None")
    ADDRESS = "address", _("The name leads to no address on the public internet")
    CONNECTION = "connection", _("No connection, or it broke off")
    CERTIFICATE = "certificate", _("The certificate is not valid for this name")
    TIMEOUT = "timeout", _("No answer in time")
    REDIRECT = "redirect", _("The answer leads elsewhere; that is not followed")
    REFUSED = "refused", _("The receiver did not accept it")
    ANSWER = "answer", _("The answer was no HTTP")
    SECRET = "secret", _("The secret cannot be read any more: replace it")


class WebhookAttempt(models.Model):
    """One time that a message was sent, and what came of it; of what the receiver said, the status alone is kept."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey(WebhookMessage, on_delete=models.CASCADE, related_name="attempts")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=20, blank=True, choices=Problem.choices)
    milliseconds = models.PositiveIntegerField()

    class Meta:
        ordering = ["-at", "-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.status or self.get_problem_display())
