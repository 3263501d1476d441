"""A recognising organisation, and what it says of itself."""

import secrets
import uuid

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from results import catalogue


class OrganisationState(models.TextChoices):
    ACTIVE = "active", _("Active")
    SUSPENDED = "suspended", _("Suspended")


class OrganisationType(models.TextChoices):
    """What the registration form offers, in its order."""

    UNIVERSITY = "university", _("University")
    COLLEGE = "college", _("College")
    SCHOOL = "school", _("School")
    EMPLOYER = "employer", _("Employer")
    GOVERNMENT = "government", _("Government department")
    IMMIGRATION = "immigration", _("Immigration or visa authority")
    PROFESSIONAL_BODY = "professional_body", _("Professional body")
    RECRUITMENT = "recruitment", _("Recruitment agency")
    OTHER = "other", _("Other")


def random_slug() -> str:
    """For an organisation that was given no address of its own."""
    return secrets.token_hex(6)


class Words(Func):
    """The words of a name, a town and a website without accents and case (a function of our own in SQL)."""

    function = "rvs_organisation_words"
    output_field = models.TextField()


class Organisation(models.Model):
    """A recognising organisation that the awarding body approved.

    While it is active it has exactly one active Primary User: at most one by a constraint of `Membership`, at least one
    by a deferred trigger, which looks when the transaction commits (migration 0002).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200)
    type = models.CharField(_("type"), max_length=20, choices=OrganisationType.choices, default=OrganisationType.OTHER)
    slug = models.SlugField(
        _("address for sharing"), max_length=60, unique=True, default=random_slug
    )  # /candidate/share/<slug>
    website = models.URLField(_("website"), blank=True)
    country = CountryField(_("country"))
    city = models.CharField(_("town or city"), max_length=100, blank=True)
    address = models.TextField(_("address"), max_length=500, blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    admissions_email = models.EmailField(_("admissions e-mail"), blank=True)
    description = models.TextField(_("description"), max_length=1000, blank=True)
    state = models.CharField(max_length=10, choices=OrganisationState.choices, default=OrganisationState.ACTIVE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # What it asks of candidates who share with it.
    applicant_reference_label = models.CharField(_("name of the applicant reference"), max_length=60, blank=True)
    applicant_reference_pattern = models.CharField(_("form of the applicant reference"), max_length=64, blank=True)

    # What it asks of its own users.
    mfa_required_from = models.DateTimeField(_("two steps of log-in required from"), null=True, blank=True)
    session_minutes = models.PositiveSmallIntegerField(
        _("minutes without use until a session ends"),
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(30)],
    )
    own_domains_only = models.BooleanField(_("users only with the organisation’s e-mail domains"), default=False)

    class Meta:
        ordering = ["name"]
        default_permissions = ("view",)
        permissions = [
            ("supervise_organisation", "Can suspend, reinstate and edit organisations, and hand the Primary role")
        ]
        indexes = [
            GinIndex(OpClass(Words("name", "city", "website"), name="gin_trgm_ops"), name="organisation_words"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(session_minutes=None) | Q(session_minutes__gte=5, session_minutes__lte=30),
                name="organisation_session_minutes_range",
            ),
            models.CheckConstraint(condition=Q(state__in=OrganisationState.values), name="organisation_state_known"),
            models.CheckConstraint(condition=Q(type__in=OrganisationType.values), name="organisation_type_known"),
        ]

    def __str__(self) -> str:
        return self.name


class FormerName(models.Model):
    """A name under which candidates may still look for the organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="former_names")
    name = models.CharField(_("name"), max_length=200)
    until = models.DateField(_("until"), default=timezone.localdate)

    class Meta:
        ordering = ["-until"]
        indexes = [
            GinIndex(OpClass(Words("name", Value(""), Value("")), name="gin_trgm_ops"), name="former_name_words"),
        ]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="former_name_once")]

    def __str__(self) -> str:
        return self.name


class EmailDomain(models.Model):
    """A domain of the organisation's e-mail addresses: `confirmed` once staff or a confirmed address showed it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="email_domains")
    domain = models.CharField(_("domain"), max_length=253)
    confirmed = models.BooleanField(_("confirmed"), default=False)

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "domain"], name="email_domain_once"),
            models.CheckConstraint(condition=Q(domain=Lower("domain")) & ~Q(domain=""), name="email_domain_lower_case"),
        ]
        indexes = [models.Index(fields=["domain"], name="email_domain_known")]

    def __str__(self) -> str:
        return self.domain


def exam_choices() -> list[tuple[str, str | Promise]]:
    """A function, so that editing the catalogue makes no migration."""
    return list(catalogue.EXAM_CHOICES)


class AcceptedExam(models.Model):
    """An exam that the organisation recognises, and what it asks of a result in it.

    A minimum is either an overall score or a label ("Pass at Grade C" or better).  No row for an exam: not recognised;
    no row at all: the organisation has not said.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="accepted_exams")
    exam = models.CharField(_("exam"), max_length=10, choices=exam_choices)
    minimum_score = models.PositiveSmallIntegerField(_("lowest overall score"), null=True, blank=True)
    minimum_label = models.CharField(_("lowest result"), max_length=40, blank=True)
    maximum_age_months = models.PositiveSmallIntegerField(
        _("oldest exam, in months"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "exam"], name="accepted_exam_once"),
            models.CheckConstraint(
                condition=Q(minimum_score=None) | Q(minimum_score__lte=230), name="accepted_exam_score_range"
            ),
            models.CheckConstraint(
                condition=Q(minimum_score=None) | Q(minimum_label=""), name="accepted_exam_one_minimum"
            ),
            models.CheckConstraint(
                condition=Q(maximum_age_months=None) | Q(maximum_age_months__gte=1), name="accepted_exam_age_range"
            ),
        ]

    def __str__(self) -> str:
        return self.get_exam_display()
