"""Whoever asks to be let in: organisations that register, and people who want to join one."""

import secrets
import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from organisations.models.organisation import Organisation, OrganisationType
from organisations.querysets import JoinRequestQuerySet, NameChangeQuerySet, RegistrationQuerySet

_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"
"""Without characters that are taken for each other, and without vowels, so that no words come about."""


def new_reference() -> str:
    """What an applicant quotes, such as `R-7KM4-2XPC`."""
    part = "".join(secrets.choice(_ALPHABET) for _number in range(8))
    return f"R-{part[:4]}-{part[4:]}"


class RegistrationState(models.TextChoices):
    UNCONFIRMED = "unconfirmed", _("E-mail not confirmed yet")
    RECEIVED = "received", _("Received")
    MORE_INFORMATION = "more_information", _("More information needed")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


class Registration(models.Model):
    """An application of an organisation that has no account yet.  Staff see it once its e-mail is confirmed.

    `flags` holds what looks unusual, as objects {"code": ..., "detail": {...}}; with two-person approval,
    `first_approved_by` is the one who approved first.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=20, unique=True, default=new_reference, editable=False)
    state = models.CharField(
        max_length=20, choices=RegistrationState.choices, default=RegistrationState.UNCONFIRMED, editable=False
    )

    given_name = models.CharField(_("first name"), max_length=150)
    family_name = models.CharField(_("last name"), max_length=150)
    job_title = models.CharField(_("job title"), max_length=150)
    email = models.EmailField(_("e-mail address"))
    organisation_name = models.CharField(_("name"), max_length=200)
    organisation_type = models.CharField(_("type"), max_length=20, choices=OrganisationType.choices)
    website = models.URLField(_("website"))
    country = CountryField(_("country"))

    made_at = models.DateTimeField(default=timezone.now, editable=False)
    terms_accepted_at = models.DateTimeField(editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    due_on = models.DateField(null=True, blank=True, editable=False)
    flags = models.JSONField(default=list, blank=True, editable=False)

    first_approved_by = models.CharField(max_length=100, blank=True, editable=False)
    first_approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.CharField(max_length=100, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    reason = models.TextField(_("reason"), blank=True)
    organisation = models.OneToOneField(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="registration", editable=False
    )

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["due_on", "confirmed_at"]
        default_permissions = ("view",)
        permissions = [("decide_registration", "Can decide on registrations")]
        indexes = [
            models.Index(
                fields=["due_on"], name="registration_open", condition=Q(state__in=["received", "more_information"])
            ),
            models.Index(fields=["email"], name="registration_by_email"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RegistrationState.values), name="registration_state_known"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="registration_email_lower_case"),
            models.CheckConstraint(
                condition=Q(state="unconfirmed", confirmed_at=None, due_on=None)
                | Q(confirmed_at__isnull=False, due_on__isnull=False),
                name="registration_seen_once_confirmed",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=["approved", "rejected"]) & ~Q(decided_by="") & Q(decided_at__isnull=False))
                | (~Q(state__in=["approved", "rejected"]) & Q(decided_by="", decided_at=None)),
                name="registration_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", organisation__isnull=False)
                | (~Q(state="approved") & Q(organisation=None)),
                name="registration_approved_makes_organisation",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""), name="registration_rejected_with_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(first_approved_by=F("decided_by")),
                name="registration_second_person_is_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_name} ({self.reference})"


class RegistrationMessage(models.Model):
    """A question of staff to an applicant, or the answer."""

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="messages")
    by_staff = models.BooleanField()
    author = models.CharField(max_length=100)
    text = models.TextField(_("message"), max_length=4000)
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["sent_at", "id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.sent_at:%Y-%m-%d %H:%M}"


class Decision(models.TextChoices):
    """What staff can answer to an application."""

    APPROVE = "approve", _("Approve")
    REJECT = "reject", _("Reject")
    ASK = "ask", _("Ask for more information")


class ReasonText(models.Model):
    """A text that staff start from when they decide; they edit it here."""

    decision = models.CharField(_("for"), max_length=10, choices=Decision.choices)
    title = models.CharField(_("title"), max_length=80)
    text = models.TextField(_("text"), max_length=4000)

    class Meta:
        ordering = ["decision", "title"]
        verbose_name = _("text for decisions")
        verbose_name_plural = _("texts for decisions")
        constraints = [models.UniqueConstraint(fields=["decision", "title"], name="reason_text_once")]

    def __str__(self) -> str:
        return self.title


class JoinState(models.TextChoices):
    UNCONFIRMED = "unconfirmed", _("E-mail not confirmed yet")
    WAITING = "waiting", _("Waits for the Primary User")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


class JoinRequest(models.Model):
    """Somebody asks to become an Admin User of an organisation that has an account; its Primary User answers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="join_requests")
    state = models.CharField(max_length=20, choices=JoinState.choices, default=JoinState.UNCONFIRMED)
    given_name = models.CharField(_("first name"), max_length=150)
    family_name = models.CharField(_("last name"), max_length=150)
    job_title = models.CharField(_("job title"), max_length=150)
    email = models.EmailField(_("e-mail address"))
    made_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    decided_by = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request to join")
        verbose_name_plural = _("requests to join")
        ordering = ["confirmed_at"]
        default_permissions = ("view",)
        permissions = [("decide_joinrequest", "Can decide on requests to join that nobody answered")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email"],
                condition=Q(state__in=["unconfirmed", "waiting"]),
                name="join_request_once_open",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="join_request_email_lower_case"),
            models.CheckConstraint(
                condition=Q(state="unconfirmed", confirmed_at=None, due_on=None)
                | Q(confirmed_at__isnull=False, due_on__isnull=False),
                name="join_request_seen_once_confirmed",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=["accepted", "declined"]) & ~Q(decided_by="") & Q(decided_at__isnull=False))
                | (~Q(state__in=["accepted", "declined"]) & Q(decided_by="", decided_at=None)),
                name="join_request_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} → {self.organisation}"


class NameChange(models.Model):
    """The Primary User asks staff for another name of the organisation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="name_changes")
    new_name = models.CharField(_("new name"), max_length=200)
    reason = models.TextField(_("reason"), max_length=1000)
    asked_by = models.CharField(max_length=100)
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    granted = models.BooleanField(null=True, blank=True)
    answer = models.TextField(_("answer"), max_length=1000, blank=True)

    objects = NameChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of name")
        verbose_name_plural = _("changes of name")
        ordering = ["-asked_at"]
        default_permissions = ("view",)
        permissions = [("decide_namechange", "Can decide on changes of name")]
        constraints = [
            models.UniqueConstraint(fields=["organisation"], condition=Q(decided_at=None), name="name_change_one_open"),
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by="", granted=None)
                | (Q(decided_at__isnull=False, granted__isnull=False) & ~Q(decided_by="")),
                name="name_change_decided_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.new_name
