"""Who is acting, what was done, and the mail that tells people of it."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.querysets import MailQuerySet, RecordLookQuerySet, RefusedAddressQuerySet

if TYPE_CHECKING:
    from accounts.sessions import SessionStore


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
    trusted_from = models.DateTimeField(null=True, editable=False)
    """Links to set a password and marks of known browsers that were given out before are worth nothing."""

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
    LOG_IN_FAILED = "log_in_failed", _("Log-in failed: wrong password")
    CODE_FAILED = "code_failed", _("Log-in failed: wrong code or passkey")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    DETAILS_CHANGED = "details_changed", _("Own details changed")
    EMAIL_CHANGE_ASKED = "email_change_asked", _("Change of e-mail address asked for")
    EMAIL_CHANGE_CANCELLED = "email_change_cancelled", _("Change of e-mail address cancelled")
    EMAIL_CHANGED = "email_changed", _("E-mail address changed")
    MFA_ADDED = "mfa_added", _("Second step added")
    MFA_REMOVED = "mfa_removed", _("Second step removed")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes made")
    SESSION_ENDED = "session_ended", _("Session ended")
    ADDRESS_SUSPENDED = "address_suspended", _("E-mail address suspended: mail servers refuse it")
    ADDRESS_CONFIRMED = "address_confirmed", _("Suspension of the e-mail address ended")
    MAIL_SENT_AGAIN = "mail_sent_again", _("Mail sent again by staff")
    REGISTRATION_RECEIVED = "registration_received", _("Application received, its e-mail address confirmed")
    REGISTRATION_ANSWERED = "registration_answered", _("Applicant answered a question")
    JOIN_ASKED = "join_asked", _("Asked to join the organisation")
    IMPORT_UPLOADED = "import_uploaded", _("Results file uploaded")
    IMPORT_CONFIRMED = "import_confirmed", _("Import confirmed")
    IMPORT_DISCARDED = "import_discarded", _("Import discarded")
    IMPORT_RESTARTED = "import_restarted", _("Import started again")
    REJECTS_DOWNLOADED = "rejects_downloaded", _("Rejected rows downloaded")
    RESULTS_LOOKED_UP = "results_looked_up", _("Results looked up by staff")
    RECORD_VIEWED = "record_viewed", _("Record viewed by staff")
    LIST_VIEWED = "list_viewed", _("List of people viewed by staff")
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
    DOWNLOAD_ASKED = "download_asked", _("Download asked for")
    DOWNLOAD_FETCHED = "download_fetched", _("Download fetched")
    DOWNLOAD_CANCELLED = "download_cancelled", _("Download cancelled")
    TEMPLATE_CREATED = "template_created", _("Template for downloads created")
    TEMPLATE_CHANGED = "template_changed", _("Template for downloads changed")
    TEMPLATE_DELETED = "template_deleted", _("Template for downloads deleted")
    RESULTS_TAKEN = "results_taken", _("Results taken in a data file or by a program")
    USER_ADDED = "user_added", _("User added")
    INVITATION_SENT = "invitation_sent", _("Invitation sent")
    USER_CHANGED = "user_changed", _("User’s details changed")
    USER_DEACTIVATED = "user_deactivated", _("User deactivated")
    USER_REACTIVATED = "user_reactivated", _("User reactivated")
    USER_DELETED = "user_deleted", _("User deleted")
    JOIN_ACCEPTED = "join_accepted", _("Request to join accepted")
    JOIN_DECLINED = "join_declined", _("Request to join declined")
    HANDOVER_OFFERED = "handover_offered", _("Primary User’s role offered")
    HANDOVER_ENDED = "handover_ended", _("Offer of the Primary User’s role ended")
    HANDOVER_ACCEPTED = "handover_accepted", _("Primary User’s role handed over")
    PROFILE_CHANGED = "profile_changed", _("Organisation’s details changed")
    NAME_CHANGE_ASKED = "name_change_asked", _("Change of name asked for")
    EXAMS_CHANGED = "exams_changed", _("Exams accepted changed")
    POLICY_CHANGED = "policy_changed", _("Rules for users changed")
    ACTIVITY_DOWNLOADED = "activity_downloaded", _("Activity downloaded")
    API_CLIENT_CREATED = "api_client_created", _("Client of the API created")
    API_CLIENT_CHANGED = "api_client_changed", _("Client of the API changed")
    API_CLIENT_REVOKED = "api_client_revoked", _("Client of the API revoked")
    API_SECRET_EXPOSED = "api_secret_exposed", _("Secret of a client seen in an address")
    WEBHOOK_CREATED = "webhook_created", _("Webhook created")
    WEBHOOK_CHANGED = "webhook_changed", _("Webhook changed")
    WEBHOOK_SECRET_REPLACED = "webhook_secret_replaced", _("Secret of a webhook replaced")
    WEBHOOK_SWITCHED_ON = "webhook_switched_on", _("Webhook switched on")
    WEBHOOK_SWITCHED_OFF = "webhook_switched_off", _("Webhook switched off")
    WEBHOOK_TESTED = "webhook_tested", _("Test sent to a webhook")
    WEBHOOK_SENT_AGAIN = "webhook_sent_again", _("Messages to a webhook sent again")
    WEBHOOK_DELETED = "webhook_deleted", _("Webhook deleted")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    RESULT_SHARED = "result_shared", _("Result shared")
    SHARE_CHANGED = "share_changed", _("End of a share changed")
    SHARE_WITHDRAWN = "share_withdrawn", _("Share withdrawn")
    SHARE_EXPIRED = "share_expired", _("Share expired")
    CANDIDATE_REGISTERED = "candidate_registered", _("Candidate registered")
    RESULT_CLAIMED = "result_claimed", _("Result added by its candidate")
    CLAIM_REFUSED = "claim_refused", _("Result not added: numbers do not match")
    CLAIM_MOVED = "claim_moved", _("Result moved to another account")
    PHOTO_HIDDEN = "photo_hidden", _("Photo hidden by the candidate")
    PHOTO_UNHIDDEN = "photo_unhidden", _("Photo no longer hidden by the candidate")
    CANDIDATE_MAILS_CHOSEN = "candidate_mails_chosen", _("Candidate chose which e-mails to get")
    ORGANISATION_SUGGESTED = "organisation_suggested", _("Organisation invited by a candidate")
    DATA_DOWNLOADED = "data_downloaded", _("Own data downloaded")
    ACCOUNT_CLOSED = "account_closed", _("Candidate’s account closed")
    CHANGE_ACKNOWLEDGED = "change_acknowledged", _("Change of a result acknowledged")
    BATCH_UPLOADED = "batch_uploaded", _("List for a batch check uploaded")
    BATCH_STARTED = "batch_started", _("Batch check started")
    BATCH_ANSWER_DOWNLOADED = "batch_answer_downloaded", _("Answer to a batch check downloaded")
    BATCH_CANCELLED = "batch_cancelled", _("Batch check cancelled")
    BATCH_DELETED = "batch_deleted", _("Rows of a batch check deleted")
    NOTE_ADDED = "note_added", _("Note added to a shared result")
    NOTE_DELETED = "note_deleted", _("Note on a shared result deleted")
    STAFF_CHANGED = "staff_changed", _("Changed by staff")
    REGISTRATION_FIRST_APPROVED = "registration_first_approved", _("Application approved by the first of two people")
    REGISTRATION_APPROVED = "registration_approved", _("Application approved")
    REGISTRATION_REJECTED = "registration_rejected", _("Application rejected")
    REGISTRATION_ASKED = "registration_asked", _("Applicant asked for more information")
    REASON_TEXT_CHANGED = "reason_text_changed", _("Text for decisions changed")
    ORGANISATION_SUSPENDED = "organisation_suspended", _("Organisation suspended")
    ORGANISATION_REINSTATED = "organisation_reinstated", _("Organisation reinstated")
    ORGANISATION_CHANGED = "organisation_changed", _("Organisation’s details changed by staff")
    PRIMARY_REPLACED = "primary_replaced", _("Primary role given to another user by staff")
    NAME_CHANGE_DECIDED = "name_change_decided", _("Change of name granted or refused")
    NOTIFICATIONS_CHANGED = "notifications_changed", _("Own e-mail notifications changed")
    NAMES_IN_DIGESTS_CHANGED = "names_in_digests_changed", _("Names in digests switched on or off")


def actions() -> list[tuple[str, str | Promise]]:
    """The choices of an audit event; a callable, so that a new action is no migration."""
    return list(Action.choices)


class AuditEvent(models.Model):
    """One thing that somebody did.  Append-only: a database trigger refuses changes.

    Ids are text and not foreign keys, so that the trail never stands in the way of the data, nor the data of the trail.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=100)
    action = models.CharField(max_length=40, choices=actions)
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


class Purpose(models.TextChoices):
    """Why staff open a person's record."""

    CANDIDATE_ASKED = "candidate", _("The candidate asked")
    ORGANISATION_ASKED = "organisation", _("An organisation asked")
    CENTRE_ASKED = "centre", _("The centre asked")
    OWNER_ASKED = "owner", _("The owner of the account asked")
    RESULT_IN_QUESTION = "question", _("The result is in question")
    INCIDENT = "incident", _("Security or data protection")
    OTHER = "other", _("Another reason")


class RecordLook(models.Model):
    """Staff said why they open one person's record; it stays open to them for a while.  Append-only.

    What they then look at stands in the audit trail, which names this row.  The record is named as there, by kind and
    id: a result, a person's account.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    target = models.CharField(max_length=100)
    actor = models.CharField(max_length=100)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    note = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()

    objects = RecordLookQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at"]
        default_permissions = ()
        indexes = [models.Index(fields=["target", "-opened_at"], name="look_by_target")]
        constraints = [models.CheckConstraint(condition=~Q(purpose="other") | ~Q(note=""), name="look_says_why")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} ({self.opened_at:%Y-%m-%d %H:%M})"


class MailState(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    HELD = "held", _("Held back")


class MailKind(models.TextChoices):
    """What a mail is for; in the order in which they are sent, which is the order of the alphabet."""

    ACCOUNT = "account", _("Account and security")
    NOTICE = "notice", _("Notice or digest")


class Mail(models.Model):
    """A mail to one person: a row first, then sent by the worker.

    The row stays as the record that it left; its text is erased once it is delivered (accounts/retention.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sender = models.CharField(max_length=320)
    recipient = models.CharField(max_length=320)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="mails")
    """Whose address it was when the mail was written, if anybody's."""
    template = models.CharField(max_length=100, blank=True)
    kind = models.CharField(max_length=10, choices=MailKind.choices, default=MailKind.ACCOUNT)
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
        permissions = [("send_mail_again", _("Can send a mail again"))]
        indexes = [
            models.Index(fields=["kind", "due_at"], name="mail_due", condition=Q(state="queued")),
            models.Index(fields=["created_at"], name="mail_by_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(text="", html="", sent_at__isnull=False), name="mail_sent_is_erased"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.get_state_display()})"


class RefusedAddress(models.Model):
    """An address that mail servers refuse for good; gone once they take a mail again, or its owner confirms it.

    Suspended after several refusals in a row: then it gets no notices, only account and security mails
    (accounts/refused.py).
    """

    email = models.EmailField(primary_key=True)
    refusals = models.PositiveIntegerField(default=0)
    failure = models.CharField(max_length=200)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    suspended_at = models.DateTimeField(null=True, blank=True)

    objects = RefusedAddressQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at"]
        verbose_name = _("refused address")
        verbose_name_plural = _("refused addresses")
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="refused_address_lower_case")]

    def __str__(self) -> str:
        return f"{self.email}: {self.refusals}"


class Throttle(models.Model):
    """When something was done lately, up to its limit.  The key is a keyed digest: no address is stored."""

    id = models.BigAutoField(primary_key=True)
    key = models.BinaryField(max_length=32, unique=True)
    uses = ArrayField(models.DateTimeField())
    ends_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{len(self.uses)} until {self.ends_at:%H:%M}"


class Session(AbstractBaseSession):
    """A browser's session: Django's, with what its owner wants to know of it.

    The columns below are copies of what the session's data say (accounts/sessions.py), so that people can list and end
    their own sessions.  No network address is kept: the kind of browser is enough to recognise one's own.
    """

    id = models.UUIDField(null=True, db_index=True, editable=False)  # not unique: a new key is made before the old goes
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=60, blank=True)
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta(AbstractBaseSession.Meta):
        pass

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        from accounts.sessions import SessionStore  # noqa: PLC0415  (Django's own way: the store needs this model)

        return SessionStore


class EmailChange(models.Model):
    """A change of address that waits for its confirmation at both addresses; gone once it is made or cancelled."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="email_change")
    new_email = models.EmailField(_("new e-mail address"))
    asked_at = models.DateTimeField(default=timezone.now)
    old_confirmed_at = models.DateTimeField(null=True)
    new_confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(new_email=Lower("new_email")), name="email_change_lower_case"),
            models.CheckConstraint(
                condition=Q(old_confirmed_at=None) | Q(new_confirmed_at=None),
                name="email_change_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.asked_at:%Y-%m-%d}"
