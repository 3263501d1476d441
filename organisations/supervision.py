"""What staff do with an organisation that has an account: suspend, reinstate, correct, give the Primary role away."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit, mails
from accounts.models import Action, User
from organisations import leaving
from organisations.api_clients import clients
from organisations.models import FormerName, Handover, Membership, NameChange, Organisation, OrganisationState, Role


class SupervisionError(Exception):
    """Something that cannot be done; its text says why."""


@transaction.atomic
def suspend(*, organisation: Organisation, by: User, reason: str) -> None:
    """Shut the organisation out: its users and programs are refused from their next request on.

    Raises:
        SupervisionError: no reason, or it is suspended already.
    """
    organisation = _locked(organisation, reason)
    if organisation.state == OrganisationState.SUSPENDED:
        raise SupervisionError(_("The organisation is suspended already."))
    _set_state(organisation, OrganisationState.SUSPENDED)
    clients.end_tokens(organisation)
    _record(Action.ORGANISATION_SUSPENDED, organisation, by, {"reason": reason.strip()})


@transaction.atomic
def reinstate(*, organisation: Organisation, by: User, reason: str) -> None:
    """Let the organisation in again.

    Raises:
        SupervisionError: no reason, it is not suspended, or it has no Primary User.
    """
    organisation = _locked(organisation, reason)
    if organisation.state == OrganisationState.ACTIVE:
        raise SupervisionError(_("The organisation is not suspended."))
    if _primary(organisation) is None:
        raise SupervisionError(_("Give the Primary role to somebody first."))
    _set_state(organisation, OrganisationState.ACTIVE)
    _record(Action.ORGANISATION_REINSTATED, organisation, by, {"reason": reason.strip()})


@transaction.atomic
def edit(*, organisation: Organisation, by: User, values: Mapping[str, Any], domains: Sequence[str]) -> list[str]:
    """Correct the organisation's details and its confirmed e-mail domains; returns the names of what changed.

    An earlier name stays as a former name.  The audit trail has what each was and is.
    """
    organisation = _locked(organisation)
    before = {name: getattr(organisation, name) for name in values}
    changes = {name: [str(before[name]), str(value)] for name, value in values.items() if before[name] != value}
    if "name" in changes:
        _rename(organisation, values["name"])
    for name in changes:
        setattr(organisation, name, values[name])
    organisation.save(update_fields=list(changes))
    changes |= _confirm_only(organisation, domains)
    if changes:
        _record(Action.ORGANISATION_CHANGED, organisation, by, {"changes": changes})
    return list(changes)


@transaction.atomic
def hand_primary(*, organisation: Organisation, to: Membership, keep_former: bool, by: User, reason: str) -> None:
    """Give the Primary role to another user, when the Primary User has left or cannot act; both are told by mail.

    Args:
        keep_former: the Primary User until now stays as an Admin User; otherwise they are removed at once.

    Raises:
        SupervisionError: no reason, or `to` is no active user of this organisation other than the Primary User.
    """
    organisation = _locked(organisation, reason)
    former = _primary(organisation)
    taker = organisation.memberships.select_for_update(of=("self",)).select_related("user").filter(pk=to.pk).first()
    if taker is None or not taker.is_in_force or not taker.user.is_active:
        raise SupervisionError(_("Only an active user of this organisation who has set a password can take the role."))
    if former == taker:
        raise SupervisionError(_("This user is the Primary User already."))
    Handover.objects.filter(organisation=organisation).delete()
    organisation.memberships.filter(role=Role.PRIMARY).update(role=Role.ADMIN)
    organisation.memberships.filter(pk=taker.pk).update(role=Role.PRIMARY)
    people = {"former": audit.user_actor(former.user) if former else "", "taker": audit.user_actor(taker.user)}
    _record(Action.PRIMARY_REPLACED, organisation, by, {"reason": reason.strip(), "kept": keep_former, **people})
    _tell_both(organisation, taker, former)
    if former and not keep_former:
        former.refresh_from_db(fields=["role"])
        leaving.take_access(former)


@transaction.atomic
def decide_name_change(*, change: NameChange, granted: bool, by: User, answer: str = "") -> None:
    """Grant the new name, or refuse it with a reason; the Primary User is told by mail.

    Raises:
        SupervisionError: somebody has decided before, or a refusal gives no reason.
    """
    organisation = _locked(change.organisation)
    change = NameChange.objects.select_for_update().get(pk=change.pk)
    if change.decided_at:
        raise SupervisionError(_("Somebody else has answered this request in the meantime."))
    if not granted and not answer.strip():
        raise SupervisionError(_("Say why the name is refused."))
    change.decided_by, change.decided_at = audit.user_actor(by), timezone.now()
    change.granted, change.answer = granted, answer.strip()
    change.save()
    former_name = organisation.name
    if granted:
        _rename(organisation, change.new_name)
        organisation.save(update_fields=["name"])
    detail = {"granted": granted, "from": former_name, "to": change.new_name, "reason": change.answer}
    _record(Action.NAME_CHANGE_DECIDED, organisation, by, detail)
    if primary := _primary(organisation):
        _mail("name_change", primary.user, {"change": change, "former_name": former_name})


def target(organisation: Organisation) -> str:
    """What the audit trail calls an organisation."""
    return f"organisation:{organisation.pk}"


def _locked(organisation: Organisation, reason: str = "-") -> Organisation:
    if not reason.strip():
        raise SupervisionError(_("Give the reason."))
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _primary(organisation: Organisation) -> Membership | None:
    return organisation.memberships.select_related("user").filter(role=Role.PRIMARY, is_active=True).first()


def _set_state(organisation: Organisation, state: OrganisationState) -> None:
    organisation.state = state
    organisation.save(update_fields=["state"])


def _rename(organisation: Organisation, name: str) -> None:
    """Give the organisation another name, not saved yet; the present one is kept as a former name."""
    today = timezone.localdate()
    organisation.former_names.filter(name=name).delete()
    FormerName.objects.update_or_create(organisation=organisation, name=organisation.name, defaults={"until": today})
    organisation.name = name


def _confirm_only(organisation: Organisation, domains: Sequence[str]) -> dict[str, list[str]]:
    """Make these the confirmed e-mail domains; what the organisation named besides stays unconfirmed."""
    before = sorted(organisation.email_domains.filter(confirmed=True).values_list("domain", flat=True))
    if before == sorted(domains):
        return {}
    organisation.email_domains.filter(confirmed=True).exclude(domain__in=domains).delete()
    for domain in domains:
        organisation.email_domains.update_or_create(domain=domain, defaults={"confirmed": True})
    return {"domains": [" ".join(before), " ".join(sorted(domains))]}


def _tell_both(organisation: Organisation, taker: Membership, former: Membership | None) -> None:
    context = {"organisation": organisation, "taker": taker.user.get_full_name()}
    _mail("primary_given", taker.user, context)
    if former:
        _mail("primary_taken", former.user, context)


def _mail(kind: str, person: User, context: dict[str, object]) -> None:
    mails.send(f"organisations/email/{kind}", person.email, context)


def _record(action: Action, organisation: Organisation, by: User, detail: Mapping[str, object]) -> None:
    audit.record(
        actor=audit.user_actor(by),
        action=action,
        target=target(organisation),
        organisation=str(organisation.pk),
        detail=detail,
    )
