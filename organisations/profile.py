"""What an organisation says of itself, and the exams it accepts: changed by its Primary User."""

from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts import audit, mails
from accounts.models import Action, User
from organisations import domains
from organisations.errors import WaitsAlreadyError
from organisations.locking import lock, require_primary
from organisations.models import AcceptedExam, NameChange, Organisation


@transaction.atomic
def change_details(
    *, organisation: Organisation, by: User, values: Mapping[str, Any], email_domains: Collection[str]
) -> None:
    """Store the details that the Primary User may change.

    Raises:
        UserError: `by` is no longer the Primary User.
    """
    organisation = lock(organisation)
    require_primary(organisation, by)
    changed = [name for name, value in values.items() if getattr(organisation, name) != value]
    for name in changed:
        setattr(organisation, name, values[name])
    organisation.save(update_fields=changed)
    if set(domains.own(organisation)) != set(email_domains):
        domains.replace(organisation, email_domains)
        changed.append("email_domains")
    if changed:
        _record(by, Action.PROFILE_CHANGED, organisation, {"fields": changed})


@transaction.atomic
def ask_for_name(*, organisation: Organisation, by: User, new_name: str, reason: str) -> NameChange:
    """Ask staff for another name of the organisation; they are told by mail.

    Raises:
        UserError: one waits for its answer already, or `by` is no longer the Primary User.
    """
    organisation = lock(organisation)
    require_primary(organisation, by)
    if waiting_name(organisation):
        raise WaitsAlreadyError
    asked = NameChange.objects.create(
        organisation=organisation, new_name=new_name, reason=reason, asked_by=audit.user_actor(by)
    )
    _record(by, Action.NAME_CHANGE_ASKED, organisation, {})
    address = f"{settings.PUBLIC_BASE_URL}{reverse('admin:index')}"
    words = {"asked": asked, "organisation": organisation, "address": address}
    mails.send("organisations/email/name_change_asked", settings.HELPDESK_EMAIL, words)
    return asked


def waiting_name(organisation: Organisation) -> NameChange | None:
    """The change of name that staff have not decided yet."""
    return organisation.name_changes.filter(decided_at=None).first()


@transaction.atomic
def choose_exams(*, organisation: Organisation, by: User, exams: Collection[str]) -> None:
    """Recognise these exams and no others; what was asked of those that stay, stays.

    Raises:
        UserError: `by` is no longer the Primary User.
    """
    organisation = lock(organisation)
    require_primary(organisation, by)
    present = {row.exam for row in organisation.accepted_exams.all()}
    organisation.accepted_exams.exclude(exam__in=exams).delete()
    AcceptedExam.objects.bulk_create(
        AcceptedExam(organisation=organisation, exam=exam) for exam in set(exams) - present
    )
    if present != set(exams):
        _record(by, Action.EXAMS_CHANGED, organisation, {"exams": sorted(exams)})


@transaction.atomic
def ask_of_exam(
    *,
    accepted: AcceptedExam,
    by: User,
    minimum_score: int | None,
    minimum_label: str,
    maximum_age_months: int | None,
) -> None:
    """What is asked of a result in this exam; the form has checked it against the catalogue.

    Raises:
        UserError: `by` is no longer the Primary User.
    """
    organisation = lock(accepted.organisation)
    require_primary(organisation, by)
    asked = {
        "minimum_score": minimum_score,
        "minimum_label": minimum_label,
        "maximum_age_months": maximum_age_months,
    }
    AcceptedExam.objects.filter(pk=accepted.pk).update(**asked)
    _record(by, Action.EXAMS_CHANGED, organisation, {"exam": accepted.exam, **asked})


def _record(by: User, action: Action, organisation: Organisation, detail: Mapping[str, object]) -> None:
    audit.record(actor=audit.user_actor(by), action=action, organisation=str(organisation.pk), detail=detail)
