"""What was achieved: a result, and every version of it that was ever in force."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from accounts.models import User
from results import catalogue
from results.querysets import ClaimQuerySet, ResultQuerySet
from results.staff.models import ImportJob, ImportProblem

__all__ = [
    "Candidate",
    "CandidateRegistration",
    "Claim",
    "ImportBatch",
    "ImportJob",
    "ImportProblem",
    "Reason",
    "Result",
    "ResultVersion",
    "StatementCode",
    "Status",
    "VersionOutbox",
]


class Status(models.TextChoices):
    """Where a result stands [domain 1.4, 6]."""

    RELEASED = "released", _("Released")
    PENDING = "pending", _("Pending")
    WITHHELD = "withheld", _("Withheld")
    CANCELLED = "cancelled", _("Cancelled")
    ABSENT = "absent", _("Absent")


class Reason(models.TextChoices):
    """Why a version exists."""

    IMPORTED = "imported", _("Results file")
    HELD = "held", _("Held by staff")
    LIFTED = "lifted", _("Hold lifted by staff")


def exam_choices() -> list[tuple[str, str]]:
    """A function, so that editing the catalogue makes no migration."""
    return list(catalogue.EXAM_CHOICES)


COMPONENT_SCORE = r"^([0-9]{1,3}|Exceptional|Good|Borderline|Weak)?$"
SECRET_DIGEST_BYTES = 32


class ImportBatch(models.Model):
    """One results file that was loaded: who, when, what it was and what it changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    actor = models.CharField(max_length=100)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    loaded_at = models.DateTimeField()
    added = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()
    held = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("loaded results file")
        verbose_name_plural = _("loaded results files")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["-loaded_at"], name="importbatch_recent")]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.loaded_at:%Y-%m-%d %H:%M})"


class Result(models.Model):
    """One candidate's result in one exam: the numbers it is found by, and the version in force.

    What the result says stands in its versions.  The numbers (verification number, candidate ID and secret number)
    open doors to it but are not part of what was achieved: a file that corrects one makes no new version.
    """

    id = models.BigAutoField(primary_key=True)
    reference_number = models.CharField(max_length=20)
    verification_number = models.CharField(max_length=20, null=True, blank=True)
    candidate_id = models.CharField(max_length=9, blank=True)
    secret_digest = models.BinaryField(max_length=SECRET_DIGEST_BYTES, null=True, blank=True)
    current = models.OneToOneField("ResultVersion", on_delete=models.PROTECT, related_name="+")
    photo_hidden = models.BooleanField(default=False, db_default=False)  # the candidate's wish, on every channel

    objects = ResultQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = [("hold_result", "Can hold and release results")]
        constraints = [
            # Not `unique=True`, which would make a second index for LIKE.
            models.UniqueConstraint(fields=["reference_number"], name="result_reference_number_unique"),
            # Deferred: one file may swap two numbers.
            models.UniqueConstraint(
                fields=["verification_number"],
                name="result_verification_number_unique",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(reference_number__regex=r"^[0-9A-Z]+$"), name="result_reference_number_normalised"
            ),
            models.CheckConstraint(
                condition=Q(verification_number=None) | Q(verification_number__regex=r"^[0-9A-Z]+$"),
                name="result_verification_number_normalised",
            ),
            models.CheckConstraint(
                condition=Q(candidate_id="", secret_digest=None) | (~Q(candidate_id="") & ~Q(secret_digest=None)),
                name="result_candidate_id_with_secret",
            ),
        ]
        indexes = [models.Index(fields=["candidate_id"], name="result_candidate_id", condition=~Q(candidate_id=""))]

    def __str__(self) -> str:
        return f"Result {self.pk}"


class NameWords(Func):
    """The words of a candidate's name without accents and case, for searching (a function of our own in SQL)."""

    function = "rvs_name_words"
    output_field = SearchVectorField()


class ResultVersion(models.Model):
    """What a result said from one moment on.  Append-only: a database trigger refuses changes.

    Scores, label and CEFR level are kept as issued and never recomputed.  `status` is the one in force; while staff
    hold a result it may differ from `issued_status`, which is what the results files say.
    """

    id = models.BigAutoField(primary_key=True)
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.TextField(blank=True)
    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="versions")
    status = models.CharField(max_length=10, choices=Status.choices)
    issued_status = models.CharField(max_length=10, choices=Status.choices)
    held = models.BooleanField(default=False)

    given_names = models.CharField(max_length=200, blank=True)
    family_name = models.CharField(max_length=200, blank=True)
    date_of_birth = models.DateField()
    email = models.CharField(max_length=254, blank=True)

    exam = models.CharField(max_length=10, choices=exam_choices)
    session = models.CharField(max_length=60, blank=True)
    exam_date = models.DateField()
    centre_number = models.CharField(max_length=20)
    centre_name = models.CharField(max_length=200)
    place_of_entry = models.CharField(max_length=200)
    country = CountryField()

    label = models.CharField(max_length=40, blank=True)
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    cefr = models.CharField(max_length=2, blank=True)
    reading = models.CharField(max_length=11, blank=True)
    use_of_english = models.CharField(max_length=11, blank=True)
    writing = models.CharField(max_length=11, blank=True)
    listening = models.CharField(max_length=11, blank=True)
    speaking = models.CharField(max_length=11, blank=True)
    reading_and_writing = models.CharField(max_length=11, blank=True)
    exempt = models.BooleanField(default=False)
    certificate_number = models.CharField(max_length=20, blank=True)
    certificate_date = models.DateField(null=True, blank=True)
    photo = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["result_id", "number"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["result"], name="version_held", condition=Q(held=True)),
            GinIndex(NameWords("given_names", "family_name"), name="version_name_words"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["result", "number"], name="version_number_unique"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="version_status_known"),
            models.CheckConstraint(condition=Q(issued_status__in=Status.values), name="version_issued_status_known"),
            models.CheckConstraint(
                condition=Q(held=False, status=F("issued_status")) | Q(held=True, status__in=["withheld", "cancelled"]),
                name="version_status_is_issued_unless_held",
            ),
            models.CheckConstraint(
                condition=~Q(given_names="") | ~Q(family_name=""), name="version_has_at_least_one_name"
            ),
            models.CheckConstraint(condition=Q(score=None) | Q(score__lte=230), name="version_score_range"),
            models.CheckConstraint(condition=Q(cefr__in=["", *catalogue.CEFR_LEVELS]), name="version_cefr_known"),
            models.CheckConstraint(
                condition=~Q(issued_status="released") | ~Q(label=""), name="version_released_has_label"
            ),
            models.CheckConstraint(
                condition=Q(issued_status__in=["released", "cancelled"])
                | Q(label="", score=None, cefr="", **dict.fromkeys(catalogue.COMPONENT_CODES, "")),
                name="version_unreleased_says_nothing",
            ),
            *(
                models.CheckConstraint(condition=Q(**{f"{name}__regex": COMPONENT_SCORE}), name=f"version_{name}_range")
                for name in catalogue.COMPONENT_CODES
            ),
            models.CheckConstraint(
                condition=Q(exam_date__gte=catalogue.FIRST_EXAM_DATE), name="version_exam_since_2005"
            ),
            models.CheckConstraint(condition=Q(date_of_birth__lt=F("exam_date")), name="version_born_before_exam"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number} of result {self.result_id}"


class VersionOutbox(models.Model):
    """Versions that took the place of an earlier one, until whoever relies on the result has been told.

    A database trigger writes them in the version's own transaction, so that no importer and no hold can forget it;
    what tells people reads and empties the table.  Without a foreign key's check: versions are never removed.
    """

    version = models.OneToOneField(
        ResultVersion, on_delete=models.DO_NOTHING, primary_key=True, related_name="+", db_constraint=False
    )

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Version {self.version_id}"


class StatementCode(models.Model):
    """The code printed on every Statement of Results of one version; `/check/<code>/` answers for it.

    Twelve characters of Crockford's base 32 alphabet, 60 random bits.
    """

    code = models.CharField(max_length=12, primary_key=True)
    version = models.OneToOneField(ResultVersion, on_delete=models.PROTECT, related_name="statement_code")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.code


class Candidate(models.Model):
    """A person who looks at their own results here, and what they told of themselves."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="candidate")
    first_language = models.CharField(_("first language"), max_length=60, blank=True)
    country = CountryField(_("country"), blank=True)
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.user)


class Claim(models.Model):
    """A candidate proved that a result is theirs: it belongs to one account only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    result = models.OneToOneField(Result, on_delete=models.PROTECT, related_name="claim")
    candidate = models.ForeignKey(Candidate, on_delete=models.CASCADE, related_name="claims")
    claimed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = [("move_claim", "Can move a result to another account")]

    def __str__(self) -> str:
        return f"Claim {self.pk}"


class CandidateRegistration(models.Model):
    """Somebody who proved that results are theirs, until they have confirmed their e-mail address.

    `next_page` is where they were going when they were asked to register.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"))
    password = models.CharField(max_length=128)  # hashed
    first_language = models.CharField(_("first language"), max_length=60, blank=True)
    country = CountryField(_("country"), blank=True)
    results = ArrayField(models.BigIntegerField())
    next_page = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["asked_at"], name="candidateregistration_by_age")]
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="candidateregistration_lower_case")
        ]

    def __str__(self) -> str:
        return f"Registration {self.pk}"
