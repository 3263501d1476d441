"""What every stored field tells of a person.

One table for subject access, retention, export and support: whoever adds a field says here what it is, and a test fails
until they do (tests/test_architecture.py).
"""

from enum import StrEnum, auto
from typing import Final


class Kind(StrEnum):
    """What a field holds, the most telling first."""

    SECRET = auto()
    """Lets its holder in, or proves who they are; never shown, never in a log."""
    RESULT = auto()
    """What somebody achieved, or a number that leads to it."""
    IDENTITY = auto()
    """Who somebody is."""
    CONTACT = auto()
    """How somebody is reached, or what was written to them."""
    PSEUDONYM = auto()
    """Points at a person or at their result for whoever has the other table."""
    NONE = auto()
    """Nothing of a person."""


TABLE: Final[dict[str, dict[Kind, str]]] = {
    "accounts.User": {
        Kind.SECRET: "password",
        Kind.IDENTITY: "given_name family_name job_title",
        Kind.CONTACT: "email",
        Kind.PSEUDONYM: "id last_login date_joined trusted_from",
        Kind.NONE: "time_zone is_active is_staff is_superuser groups user_permissions",
    },
    "accounts.AuditEvent": {
        Kind.PSEUDONYM: "actor target",
        Kind.NONE: "id at action organisation detail",
    },
    "accounts.Mail": {
        Kind.SECRET: "text html",  # a link in it may set a password; both are erased once delivered
        Kind.CONTACT: "recipient subject",
        Kind.PSEUDONYM: "user",
        Kind.NONE: "id sender template kind headers state attempts created_at due_at sent_at failure",
    },
    "accounts.RefusedAddress": {
        Kind.CONTACT: "email",
        Kind.NONE: "refusals failure first_at last_at suspended_at",
    },
    "accounts.Throttle": {
        Kind.PSEUDONYM: "key",
        Kind.NONE: "id uses ends_at",
    },
    "accounts.RecordLook": {
        Kind.RESULT: "note",
        Kind.PSEUDONYM: "id target actor purpose",
        Kind.NONE: "opened_at until",
    },
    "accounts.Session": {
        Kind.SECRET: "session_key session_data",
        Kind.PSEUDONYM: "id user device began_at seen_at",
        Kind.NONE: "expire_date",
    },
    "accounts.EmailChange": {
        Kind.CONTACT: "new_email",
        Kind.PSEUDONYM: "id user",
        Kind.NONE: "asked_at old_confirmed_at new_confirmed_at",
    },
    "organisations.Organisation": {
        Kind.NONE: "id name type slug website country city address telephone admissions_email description state "
        "created_at applicant_reference_label applicant_reference_pattern mfa_required_from session_minutes "
        "own_domains_only",
    },
    "organisations.FormerName": {
        Kind.NONE: "id organisation name until",
    },
    "organisations.EmailDomain": {
        Kind.NONE: "id organisation domain confirmed",
    },
    "organisations.AcceptedExam": {
        Kind.NONE: "id organisation exam minimum_score minimum_label maximum_age_months",
    },
    "organisations.Membership": {
        Kind.IDENTITY: "given_name family_name job_title",
        Kind.PSEUDONYM: "user",
        Kind.NONE: "id organisation role is_active created_at invited_at accepted_at join_request_mails",
    },
    "organisations.Handover": {
        Kind.PSEUDONYM: "giver taker",
        Kind.NONE: "id organisation offered_at",
    },
    "organisations.Registration": {
        Kind.IDENTITY: "given_name family_name job_title",
        Kind.CONTACT: "email",
        Kind.PSEUDONYM: "id reference first_approved_by decided_by",
        Kind.NONE: "state organisation_name organisation_type website country made_at terms_accepted_at confirmed_at "
        "due_on flags first_approved_at decided_at reason organisation",
    },
    "organisations.RegistrationMessage": {
        Kind.CONTACT: "text",
        Kind.PSEUDONYM: "registration author",
        Kind.NONE: "id by_staff sent_at",
    },
    "organisations.ReasonText": {
        Kind.NONE: "id decision title text",
    },
    "organisations.JoinRequest": {
        Kind.IDENTITY: "given_name family_name job_title",
        Kind.CONTACT: "email",
        Kind.PSEUDONYM: "id decided_by",
        Kind.NONE: "organisation state made_at confirmed_at due_on decided_at",
    },
    "organisations.NameChange": {
        Kind.PSEUDONYM: "asked_by decided_by",
        Kind.NONE: "id organisation new_name reason asked_at decided_at granted answer",
    },
    "organisations.ApiClient": {
        Kind.SECRET: "secret_digest",
        Kind.PSEUDONYM: "created_by",
        Kind.NONE: "id organisation name scopes allowed_addresses created_at expires_at revoked_at last_used_at "
        "exposed_at warned_days",
    },
    "results.ImportBatch": {
        Kind.PSEUDONYM: "actor",
        Kind.NONE: "id file_name file_sha256 loaded_at added changed unchanged refused held",
    },
    "results.Result": {
        Kind.SECRET: "secret_digest",
        Kind.RESULT: "reference_number verification_number",
        Kind.IDENTITY: "candidate_id",
        Kind.PSEUDONYM: "id current",
        Kind.NONE: "photo_hidden",
    },
    "results.Candidate": {
        Kind.IDENTITY: "first_language country",
        Kind.PSEUDONYM: "user",
        Kind.NONE: "since",
    },
    "results.Claim": {
        Kind.PSEUDONYM: "id result candidate",
        Kind.NONE: "claimed_at",
    },
    "results.CandidateRegistration": {
        Kind.SECRET: "password",
        Kind.IDENTITY: "first_language country",
        Kind.CONTACT: "email",
        Kind.PSEUDONYM: "id results",
        Kind.NONE: "next_page asked_at",
    },
    "results.ResultVersion": {
        Kind.RESULT: "status issued_status held note exam session exam_date centre_number centre_name place_of_entry "
        "label score cefr reading use_of_english writing listening speaking reading_and_writing exempt "
        "certificate_number certificate_date",
        Kind.IDENTITY: "given_names family_name date_of_birth country photo",
        Kind.CONTACT: "email",
        Kind.PSEUDONYM: "id result",
        Kind.NONE: "number created_at reason batch",
    },
    "results.VersionOutbox": {
        Kind.PSEUDONYM: "version",
    },
    "results.ImportJob": {
        Kind.RESULT: "file photos rejects samples",
        Kind.PSEUDONYM: "uploaded_by confirmed_by",
        Kind.NONE: "id state file_name file_sha256 photos_name uploaded_at preview counts confirmed_at valid_rows_only "
        "batch ended_at note attempts lease lease_until lines_read photos_read",
    },
    "results.ImportProblem": {
        Kind.NONE: "id job position line column message warning",  # a message repeats no name, number or date of birth
    },
    "results.StatementCode": {
        Kind.PSEUDONYM: "code version",
        Kind.NONE: "created_at",
    },
    "sharing.Verification": {
        Kind.PSEUDONYM: "id result version_seen made_by applicant_reference",
        Kind.NONE: "organisation made_at last_made_at right_until",
    },
    "sharing.Access": {
        Kind.PSEUDONYM: "verification share version actor",
        Kind.NONE: "id channel day count first_at last_at",
    },
    "sharing.Share": {
        Kind.PSEUDONYM: "id result version_shared shared_by applicant_reference",
        Kind.NONE: "organisation shared_at expires_at with_photo ended_at ending",
    },
    "sharing.Change": {
        Kind.PSEUDONYM: "id public_id share verification version",
        Kind.NONE: "position type occurred_at organisation",
    },
    "sharing.Counter": {
        Kind.NONE: "id value",
    },
    "sharing.Seen": {
        Kind.PSEUDONYM: "user share version_first_seen",
        Kind.NONE: "id first_seen_at",
    },
    "sharing.ReadMark": {
        Kind.PSEUDONYM: "user",
        Kind.NONE: "organisation shared_until",
    },
    "sharing.Note": {
        Kind.IDENTITY: "author_name",
        Kind.CONTACT: "text",
        Kind.PSEUDONYM: "share author",
        Kind.NONE: "id written_at",
    },
    "sharing.OrganisationInvitation": {
        Kind.CONTACT: "email",
        Kind.PSEUDONYM: "candidate",
        Kind.NONE: "id organisation_name website sent_at",
    },
    "sharing.Announcement": {
        Kind.NONE: "id organisation made to_come announced_at ended_at",
    },
    "sharing.OrganisationNotice": {
        Kind.PSEUDONYM: "id result version acknowledged_by",
        Kind.NONE: "organisation at acknowledged_at",
    },
    "sharing.CandidateNotice": {
        Kind.PSEUDONYM: "id candidate result share version",
        Kind.NONE: "type ends_at at state settled_at",
    },
    "sharing.CandidateWishes": {
        Kind.PSEUDONYM: "candidate",
        Kind.NONE: "released opened expiring",
    },
    "sharing.Check": {
        Kind.PSEUDONYM: "actor number_digest date_digest",
        Kind.NONE: "id organisation outcome at",
    },
    "downloads.Template": {
        Kind.PSEUDONYM: "owner",
        Kind.NONE: "id organisation name options shared created_at changed_at",
    },
    "downloads.Download": {
        Kind.IDENTITY: "asked_by_name",
        Kind.PSEUDONYM: "id asked_by made_again_from file",
        Kind.NONE: "organisation asked_at format template_name options selection mail_when_ready for_colleagues state "
        "asked_for done left_out note size served_at ended_at fetched_at",
    },
    "downloads.Part": {
        Kind.PSEUDONYM: "file",
        Kind.NONE: "id download number first last made attempts lease lease_until",
    },
    "downloads.Item": {
        Kind.PSEUDONYM: "share verification version",
        Kind.NONE: "id download position left_out",
    },
    "downloads.BatchCheck": {
        Kind.IDENTITY: "asked_by_name",
        Kind.PSEUDONYM: "id asked_by file",
        Kind.NONE: "organisation asked_at uploaded_name mapping counts state rows_total rows_done "
        "paused_until note ended_at erased_at turn_at attempts lease lease_until",
    },
    "downloads.BatchRow": {
        Kind.RESULT: "number read_number outcome explanation",
        Kind.IDENTITY: "name date_of_birth read_date",
        Kind.PSEUDONYM: "applicant_reference verification",
        Kind.NONE: "id batch line checked_at",
    },
    "notifications.Preference": {
        Kind.PSEUDONYM: "membership",
        Kind.NONE: "weekday hour exams meets_only chosen_at",
    },
    "notifications.Subscription": {
        Kind.PSEUDONYM: "membership",
        Kind.NONE: "id stream frequency position due_at unscheduled",
    },
    "notifications.Digest": {
        Kind.PSEUDONYM: "user",
        Kind.NONE: "id organisation stream window position_from position_to results made_at",
    },
    "notifications.NamedDigests": {
        Kind.PSEUDONYM: "chosen_by",
        Kind.NONE: "organisation chosen_at",
    },
    "notifications.Progress": {
        Kind.NONE: "id position",
    },
    "notifications.Webhook": {
        Kind.SECRET: "secret former_secrets",
        Kind.PSEUDONYM: "secret_seen_by",
        Kind.NONE: "id organisation name address events former_until created_at position switched_off_at "
        "switched_off_why failures failing_since rests_until leased_until served_at accepted_at loss_told_at",
    },
    "notifications.WebhookMessage": {
        Kind.PSEUDONYM: "change",
        Kind.NONE: "id webhook type created_at state due_at failures failing_since ended_at",
    },
    "notifications.WebhookAttempt": {
        Kind.NONE: "id message at status problem milliseconds",
    },
    "sharing.Pause": {
        Kind.PSEUDONYM: "actor number_digest lifted_by",
        Kind.NONE: "id scope organisation began_at until misses lifted_at lift_reason",
    },
}


def kinds() -> list[tuple[str, Kind]]:
    """Every line of the table as (`app.Model.field`, kind)."""
    return [
        (f"{model}.{field}", kind)
        for model, fields in TABLE.items()
        for kind, names in fields.items()
        for field in names.split()
    ]
