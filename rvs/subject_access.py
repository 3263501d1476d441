"""Everything that is stored about a candidate, for them to take away: as JSON, and as a page to read.

One table says which rows of which model are a person's; another says why the other models are not in it.  A test fails
for a model with personal data that stands in neither (tests/rvs/test_subject_access.py).
"""

import base64
from collections.abc import Callable
from typing import Any, Final

from allauth.account.decorators import reauthentication_required
from django.apps import apps
from django.db.models import Field, Model, Q, QuerySet
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.http import AuthenticatedRequest
from accounts.models import Action, User
from results import claims, own
from results.catalogue import COMPONENT_CODES
from results.models import ResultVersion, Status
from rvs.personal_data import TABLE, Kind

OWN_SHARES: Final = (Action.RESULT_SHARED, Action.SHARE_CHANGED, Action.SHARE_WITHDRAWN)
"""What a candidate does with an organisation; else what somebody does there is its work."""

OF_PERSON: Final[dict[str, Callable[[User], Q]]] = {
    "accounts.User": lambda user: Q(pk=user.pk),
    "accounts.AuditEvent": lambda user: (
        Q(target=audit.user_actor(user))
        | Q(actor=audit.user_actor(user), organisation="")
        | Q(actor=audit.user_actor(user), action__in=OWN_SHARES)
    ),
    "accounts.Mail": lambda user: Q(recipient=user.email) | Q(user=user),
    "accounts.RefusedAddress": lambda user: Q(email=user.email),
    "accounts.Session": lambda user: Q(user=user),
    "accounts.EmailChange": lambda user: Q(user=user),
    "accounts.RecordLook": lambda user: Q(target__in=_looked_at(user)),
    "mfa.Authenticator": lambda user: Q(user=user),
    "organisations.Membership": lambda user: Q(user=user),
    "organisations.JoinRequest": lambda user: Q(email=user.email),
    "organisations.Registration": lambda user: Q(email=user.email),
    "organisations.RegistrationMessage": lambda user: Q(registration__email=user.email),
    "results.Candidate": lambda user: Q(user=user),
    "results.CandidateRegistration": lambda user: Q(email=user.email),
    "results.Claim": lambda user: Q(candidate=user.pk),
    "results.Result": lambda user: Q(claim__candidate=user.pk),
    "results.ResultVersion": lambda user: Q(result__claim__candidate=user.pk),
    "results.StatementCode": lambda user: Q(version__result__claim__candidate=user.pk),
    "sharing.Share": lambda user: Q(result__claim__candidate=user.pk),
    "sharing.Verification": lambda user: Q(result__claim__candidate=user.pk),
    "sharing.Access": lambda user: _through(user, "share") | _through(user, "verification"),
    "sharing.Change": lambda user: _through(user, "share") | _through(user, "verification"),
    "sharing.Seen": lambda user: _through(user, "share"),
    "sharing.Note": lambda user: _through(user, "share"),
    "sharing.OrganisationNotice": lambda user: Q(result__claim__candidate=user.pk),
    "sharing.CandidateNotice": lambda user: Q(candidate=user.pk),
    "sharing.CandidateWishes": lambda user: Q(candidate=user.pk),
    "sharing.OrganisationInvitation": lambda user: Q(candidate=user.pk),
}
"""Which rows of a model are about a person, or about their results."""

NOT_OF_PERSON: Final[dict[str, str]] = {
    "account.EmailAddress": "Not used: the address stands in accounts.User.",
    "account.EmailConfirmation": "Not used: links are signed and nothing of them is stored.",
    "admin.LogEntry": "Not written: staff's work stands in accounts.AuditEvent.",
    "accounts.Throttle": "Keyed digests that lead back to nobody, kept for a day at most.",
    "downloads.Template": "Work of an organisation's users, not of candidates.",
    "downloads.Download": "Work of an organisation's users; what each took of a result stands in sharing.Access.",
    "downloads.Item": "Which rows a file had; each stands in sharing.Access, which tells the candidate of it.",
    "downloads.Part": "Pieces of a file while it is made, for some minutes.",
    "downloads.BatchCheck": "Work of an organisation's users, not of candidates.",
    "downloads.BatchRow": "What an organisation typed, kept for 30 days; a match stands in sharing.Verification.",
    "notifications.Preference": "Work of an organisation's users, not of candidates.",
    "notifications.Subscription": "Work of an organisation's users, not of candidates.",
    "notifications.Digest": "How many results users of an organisation were told of; it names none.",
    "notifications.NamedDigests": "Work of an organisation's users, not of candidates.",
    "notifications.Webhook": "Where programs of an organisation are told; messages name no person.",
    "notifications.WebhookMessage": "Which programs were told, for 30 days; of what stands in sharing.Change.",
    "organisations.ApiClient": "A program of an organisation; what it took of a result stands in sharing.Access.",
    "oauth2_provider.AccessToken": "Of programs, for an hour; no person has one.",
    "oauth2_provider.DeviceGrant": "Not used: programs prove themselves by a secret.",
    "oauth2_provider.Grant": "Not used: programs prove themselves by a secret.",
    "oauth2_provider.IDToken": "Not used: programs prove themselves by a secret.",
    "oauth2_provider.RefreshToken": "Not used: programs prove themselves by a secret.",
    "organisations.Handover": "Work of an organisation's users, not of candidates.",
    "organisations.NameChange": "Work of an organisation's users, not of candidates.",
    "results.ImportBatch": "Who loaded a file; what it said of the person stands in results.ResultVersion.",
    "results.VersionOutbox": "Which versions organisations are still to be told of, for some seconds.",
    "results.ImportJob": "A file while it is being loaded, kept for some days; see results.ResultVersion.",
    "sharing.ReadMark": "Work of an organisation's users, not of candidates.",
    "sharing.Check": "Keyed digests of what was typed, kept for two days; a match stands in sharing.Verification.",
    "sharing.Pause": "Keyed digests of what was typed; says nothing of a person whose number it was.",
}
"""Why the other models with personal data, or with a way to a person, are left out."""

HIDDEN: Final[dict[str, frozenset[str]]] = {
    "accounts.AuditEvent": frozenset({"actor"}),
    "accounts.RecordLook": frozenset({"actor"}),
    "sharing.Access": frozenset({"actor"}),
    "sharing.Verification": frozenset({"made_by"}),
    "sharing.Seen": frozenset({"user"}),
    "sharing.OrganisationNotice": frozenset({"acknowledged_by"}),
    "sharing.Note": frozenset({"author", "author_name"}),
    "results.ResultVersion": frozenset({"note", "issued_status"}),
}
"""People of an organisation or of staff: the candidate learns of the organisation, not of them.  And why staff hold a
result, and what it was before: the exam centre tells that."""

OUTCOME: Final = frozenset({
    "label", "score", "cefr", *COMPONENT_CODES, "exempt", "certificate_number", "certificate_date", "photo",
})  # fmt: skip
"""What is not told of a result while it is not released, here as on every channel."""

THIRD_PARTY: Final[dict[str, tuple[str, ...]]] = {"mfa.Authenticator": ("type", "created_at", "last_used_at")}
"""What is told of models that are not ours."""


def _through(user: User, right: str) -> Q:
    return Q(**{f"{right}__result__claim__candidate": user.pk})


def _looked_at(user: User) -> list[str]:
    """How staff's looks name the person and their results."""
    return [audit.user_actor(user), *(f"result:{claim.result_id}" for claim in claims.of(user))]


def about(user: User) -> dict[str, list[dict[str, Any]]]:
    """Every stored row about the person: the model's label, and its rows by the names of their fields."""
    return {label: [_row(label, row) for row in _rows(label, user)] for label in OF_PERSON}


def photos_of(user: User) -> dict[str, str]:
    """Test-day photos (JPEG in base64) by the id of the claim."""
    found = [each for each in own.results_of(user) if each.photo_exists]
    return {str(each.claim_id): base64.b64encode(own.photo(each)).decode() for each in found}


def fields_of(label: str) -> "list[Field[Any, Any]]":
    """The fields that are handed out: no secrets, nobody of an organisation or of staff."""
    fields = _model(label)._meta.concrete_fields  # noqa: SLF001  (how Django offers it)
    if label in THIRD_PARTY:
        return [field for field in fields if field.name in THIRD_PARTY[label]]
    hidden = {*TABLE[label].get(Kind.SECRET, "").split(), *HIDDEN.get(label, ())}
    return [field for field in fields if field.name not in hidden]


def _model(label: str) -> type[Model]:
    return apps.get_model(label)


def _rows(label: str, user: User) -> QuerySet[Model]:
    model = _model(label)
    rows: QuerySet[Model] = model._default_manager.filter(OF_PERSON[label](user)).order_by("pk")  # noqa: SLF001
    related = {"results.ResultVersion": ["result__current"]}.get(label, [])
    return rows.select_related(*related, *(["organisation"] if hasattr(model, "organisation_id") else []))


def _row(label: str, row: Model) -> dict[str, Any]:
    silent = OUTCOME if isinstance(row, ResultVersion) and not _is_released(row) else frozenset()
    return {field.name: None if field.name in silent else _value(row, field) for field in fields_of(label)}


def _is_released(version: ResultVersion) -> bool:
    return version.status == version.result.current.status == Status.RELEASED


def _value(row: Model, field: "Field[Any, Any]") -> Any:
    if field.name == "organisation" and field.is_relation:
        return str(getattr(row, field.name))
    value = getattr(row, field.attname)
    return value if isinstance(value, str | int | bool | list | dict | None) else field.value_to_string(row)


def _bundle(request: AuthenticatedRequest) -> dict[str, Any]:
    actor = audit.user_actor(request.user)
    audit.record(actor=actor, action=Action.DATA_DOWNLOADED, target=actor)
    return {
        "made_at": timezone.now().isoformat(),
        "data": about(request.user),
        "photos": photos_of(request.user),
        "not_included": NOT_OF_PERSON,
    }


@require_safe
def page(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "pages/own_data.html")


@require_safe
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def as_json(request: AuthenticatedRequest) -> HttpResponse:
    response = JsonResponse(_bundle(request), json_dumps_params={"indent": 1, "ensure_ascii": False})
    return _to_save(response, "json")


@require_safe
@reauthentication_required  # type: ignore[untyped-decorator]
def as_html(request: AuthenticatedRequest) -> HttpResponse:
    """One file that can be read without the service."""
    bundle = _bundle(request)
    tables = [
        (str(_model(label)._meta.verbose_name), [_readable(label, row) for row in rows])  # noqa: SLF001
        for label, rows in bundle["data"].items()
        if rows
    ]
    return _to_save(render(request, "pages/own_data_file.html", {"bundle": bundle, "tables": tables}), "html")


def _readable(label: str, row: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(zip((str(field.verbose_name) for field in fields_of(label)), row.values(), strict=True))


def _to_save(response: HttpResponse, ending: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="my-data.{ending}"'
    return response
