"""Rows for tests.  All people are invented."""

import hashlib
import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection, transaction

from accounts.audit import user_actor
from accounts.models import RecordLook, User
from downloads.models import Download
from notifications.models import Webhook
from notifications.webhooks import signing
from organisations.api_clients import secrets
from organisations.models import ApiClient, JoinRequest, JoinState, Membership, Organisation, Registration, Role
from results.models import Candidate, Claim, ImportBatch, Result, ResultVersion
from results.numbers import secret_digest
from results.staff.models import ImportJob
from sharing import shares
from sharing.models import ChangeType, Share, Verification

PASSWORD = "a-long-enough-passphrase"
_numbers = itertools.count(1)


def word() -> str:
    """Letters that no other row has; no digits, for pages are searched for scores that must not be there."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(next(_numbers)))


def make_user(email: str = "", **fields: Any) -> User:
    email = email or f"person.{word()}@example.org"
    return User.objects.create_user(email, PASSWORD, **{"given_name": "Pat", "family_name": "Example", **fields})


def make_organisation(name: str = "", **fields: Any) -> Organisation:
    """With a Primary User of whom no test knows anything: an active organisation must have one."""
    name = name or f"University {next(_numbers)}"
    with transaction.atomic():
        organisation = Organisation.objects.create(
            name=name, **{"country": "GB", "website": "https://example.org", **fields}
        )
        placeholder = make_user(f"placeholder.{word()}@example.org", is_active=False)
        Membership.objects.create(organisation=organisation, user=placeholder, role=Role.PRIMARY)
    return organisation


def make_member(organisation: Organisation, role: Role = Role.ADMIN, **fields: Any) -> User:
    """A user of the organisation; a Primary User takes the place of the one that `make_organisation` made."""
    with transaction.atomic():
        if role == Role.PRIMARY:
            User.objects.filter(
                membership__organisation=organisation, membership__role=role, email__startswith="placeholder"
            ).delete()
        user = make_user(**fields)
        Membership.objects.create(organisation=organisation, user=user, role=role)
    return user


def make_registration(**fields: Any) -> Registration:
    """An application whose e-mail address was confirmed and that waits for staff; nothing about it is unusual."""
    digits, now = hashlib.sha256(str(next(_numbers)).encode()).hexdigest()[:12], datetime.now(UTC)
    place = digits.translate(str.maketrans("0123456789abcdef", "aeioubdfgklmnprs"))  # like no other
    values = {
        "state": "received", "given_name": "Ada", "family_name": "Applicant", "job_title": "Registrar",
        "email": f"ada@{place}.ac.uk", "organisation_name": f"University of {place.title()}",
        "organisation_type": "university", "website": f"https://www.{place}.ac.uk", "country": "GB",
        "terms_accepted_at": now, "confirmed_at": now, "due_on": now.date() + timedelta(days=7),
    }  # fmt: skip
    if fields.get("state") == "unconfirmed":
        values |= {"confirmed_at": None, "due_on": None}
    return Registration.objects.create(**{**values, **fields})


def make_join_request(organisation: Organisation, **fields: Any) -> JoinRequest:
    """Confirmed, and waiting for the Primary User."""
    values = {
        "given_name": "Jo",
        "family_name": "Ning",
        "job_title": "Officer",
        "email": f"join.{word()}@example.org",
        "state": JoinState.WAITING,
        "confirmed_at": datetime.now(UTC),
        "due_on": date(2026, 12, 2),
    }
    return JoinRequest.objects.create(organisation=organisation, **{**values, **fields})


def make_api_client(organisation: Organisation, secret: str = "", **fields: Any) -> ApiClient:
    """A program that may do everything; its secret is `api_secret(client)` unless one is given."""
    client_id = uuid.uuid4()
    secret = secret or secrets.derived_secret(str(client_id))
    values = {
        "name": f"Program {word()}",
        "secret_digest": secrets.digest(secret),
        "scopes": ["results:read", "results:verify"],
        "created_by": "system:tests",
        "expires_at": datetime.now(UTC) + timedelta(days=365),
    }
    return ApiClient.objects.create(id=client_id, organisation=organisation, **{**values, **fields})


def make_webhook(organisation: Organisation, **fields: Any) -> Webhook:
    """It hears of everything that has happened; nothing listens at its address."""
    values = {
        "name": f"Program {word()}",
        "address": "https://crm.example.org/hooks",
        "events": ChangeType.values,
        "secret": signing.seal(signing.new_secret()),
        "secret_seen_by": "system:tests",
        "position": 0,
    }
    return Webhook.objects.create(organisation=organisation, **{**values, **fields})


def api_secret(client: ApiClient) -> str:
    return secrets.derived_secret(str(client.pk))


def basic(client: ApiClient, secret: str = "") -> str:
    """The header Authorization of a program."""
    return secrets.basic_header(client.client_id, secret or api_secret(client))


B2_FIRST: dict[str, Any] = {
    "status": "released", "given_names": "Zoë", "family_name": "Muñoz-Sánchez", "date_of_birth": date(1999, 2, 24),
    "email": "zoe@example.org", "exam": "FCE", "session": "March (FS) 2021", "exam_date": date(2021, 3, 13),
    "centre_number": "GB599", "centre_name": "Cambridge Assessment Centre", "place_of_entry": "CAMBRIDGE",
    "country": "GB", "label": "Pass at Grade C", "score": 170, "cefr": "B2", "reading": "172", "use_of_english": "172",
    "writing": "169", "listening": "157", "speaking": "178",
}  # fmt: skip
NOTHING: dict[str, Any] = {
    "label": "", "score": None, "cefr": "", "reading": "", "use_of_english": "", "writing": "", "listening": "",
    "speaking": "", "reading_and_writing": "",
}  # fmt: skip


def make_result(reference_number: str = "", verification_number: str | None = None, **content: Any) -> Result:
    """A released B2 First result, or what `content` makes of it; an unreleased one has no outcome."""
    content = {**B2_FIRST, **content}
    if content["status"] not in {"released", "cancelled"}:
        content |= NOTHING
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select nextval('results_resultversion_id_seq')")
        version_id = cursor.fetchone()[0]
        result = Result.objects.create(
            reference_number=reference_number or f"213GB599{next(_numbers):04}",
            verification_number=verification_number,
            current_id=version_id,
        )
        _make_version(result, 1, pk=version_id, **content)
    return Result.objects.select_related("current").get(pk=result.pk)


SECRET_NUMBER = "7419"


def make_candidate_result(
    candidate_id: str = "ABC123456", secret_number: str = SECRET_NUMBER, **content: Any
) -> Result:
    """A result that its candidate can add to an account with these numbers."""
    result = make_result(**content)
    Result.objects.filter(pk=result.pk).update(
        candidate_id=candidate_id, secret_digest=secret_digest(candidate_id, secret_number)
    )
    return Result.objects.select_related("current").get(pk=result.pk)


def change_result(result: Result, **changes: Any) -> Result:
    """The same result with a further version in force."""
    before = {field.attname: getattr(result.current, field.attname) for field in ResultVersion._meta.concrete_fields}
    for key in ("id", "result_id", "number", "created_at", "reason", "issued_status", "batch_id"):
        before.pop(key)
    changes = {**before, **(NOTHING if changes.get("status") in {"pending", "withheld"} else {}), **changes}
    version = _make_version(result, result.current.number + 1, **changes)
    Result.objects.filter(pk=result.pk).update(current=version)
    return Result.objects.select_related("current").get(pk=result.pk)


def _make_version(result: Result, number: int, **content: Any) -> ResultVersion:
    return ResultVersion.objects.create(
        result=result,
        number=number,
        created_at=datetime.now(UTC),
        reason="imported",
        **{"issued_status": content["status"], **content},
    )


def make_share(organisation: Organisation, result: Result, **fields: Any) -> Share:
    """The result is shared with the organisation, for a year from now or from `shared_at`."""
    shared_at = fields.get("shared_at") or datetime.now(UTC)
    values = {"version_shared": result.current, "shared_by": "user:candidate", "shared_at": shared_at}
    values |= {"expires_at": shared_at + timedelta(days=365)}
    return Share.objects.create(organisation=organisation, result=result, **{**values, **fields})


def make_verification(organisation: Organisation, result: Result, *, at: datetime | None = None) -> Verification:
    """The organisation checked the result by its number."""
    at = at or datetime.now(UTC)
    return Verification.objects.create(
        organisation=organisation,
        result=result,
        version_seen=result.current,
        made_by="user:verifier",
        made_at=at,
        last_made_at=at,
        right_until=at + timedelta(days=365),
    )


def make_batch(**fields: Any) -> ImportBatch:
    counts = dict.fromkeys(("added", "changed", "unchanged", "refused", "held"), 0)
    values = {
        "actor": "system:tests",
        "file_name": "results.csv",
        "file_sha256": "0" * 64,
        "loaded_at": datetime.now(UTC),
    }
    return ImportBatch.objects.create(**{**values, **counts, **fields})


def make_import(**fields: Any) -> ImportJob:
    """An upload whose file nobody needs."""
    values = {"file_name": "results.csv", "file_sha256": "0" * 64, "uploaded_by": "system:tests"}
    return ImportJob.objects.create(**{**values, **fields})


def make_look(result: Result, person: User | None, **fields: Any) -> RecordLook:
    """The person has just said why they look at this result's record."""
    assert person
    values = {"actor": user_actor(person), "purpose": "candidate", "until": datetime.now(UTC) + timedelta(minutes=30)}
    return RecordLook.objects.create(target=f"result:{result.pk}", **{**values, **fields})


def make_claim(
    result: Result | None = None, candidate: User | None = None, *, claim_id: str = "", **content: Any
) -> Claim:
    """The result is in the account of `candidate`, or of somebody of whom no test knows anything."""
    person, _created = Candidate.objects.get_or_create(user=candidate or make_user())
    claim = Claim(candidate=person, result=result or make_candidate_result(**content))
    claim.pk = uuid.UUID(claim_id) if claim_id else claim.pk
    claim.save(force_insert=True)
    return claim


def make_download(share: Share, by: User | None, **fields: Any) -> Download:
    """The Statement of Results behind a share, downloaded; its file holds nothing."""
    values = {"format": "statements", "asked_by_name": "-", "selection": "-", "asked_for": 1, "done": 1}
    values |= {"state": "ready", "size": 4, "ended_at": datetime.now(UTC)}
    download = Download(organisation=share.organisation, asked_by=by, **{**values, **fields})
    download.file.save("statement.pdf", ContentFile(b"%PDF"), save=False)
    download.save(force_insert=True)
    download.items.create(position=1, share=share, version=share.version_shared)
    return download


def share_result(organisation: Organisation, result: Result | None = None, **fields: Any) -> Share:
    """Shared as the product does it, by whoever has claimed the result; it is claimed first where nobody has."""
    result = result or make_result()
    claim = Claim.objects.filter(result=result).first() or make_claim(result)
    values = {"with_photo": True, "expires_at": None, "now": datetime.now(UTC), **fields}
    return shares.share(claim=claim, organisation=organisation, by=claim.candidate.user, **values)
