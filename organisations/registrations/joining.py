"""Somebody asks to become a user of an organisation that has an account; its Primary User answers."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import audit
from accounts.models import Action
from organisations.models import JoinRequest, JoinState, Membership, Organisation, OrganisationState, Role
from organisations.registrations import mailing, names
from organisations.registrations.applications import ACTOR
from organisations.registrations.applications import REJECTED_FOR as ANSWERED_FOR
from organisations.registrations.flags import web_host
from organisations.registrations.links import UNCONFIRMED_FOR, Purpose, join_link, key_of
from organisations.registrations.lookalikes import registrable
from organisations.working_days import due_on, uk_date


def find(*, name: str, email: str) -> Organisation | None:
    """The active organisation with this name whose e-mail domain or website the address belongs to.

    Both are asked for, so that neither tells the other; None also where several organisations fit.
    """
    domain = registrable(email.rpartition("@")[2])
    if not domain:
        return None
    active = Organisation.objects.filter(state=OrganisationState.ACTIVE)
    near = active.filter(Q(website__icontains=domain) | Q(email_domains__domain__endswith=domain)).distinct()
    of_the_domain = [each for each in near.prefetch_related("email_domains", "former_names") if _has(each, domain)]
    for alike in (names.same, names.similar):
        fitting = [each for each in of_the_domain if any(alike(name, known) for known in _names(each))]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None


def _has(organisation: Organisation, domain: str) -> bool:
    hosts = [web_host(organisation.website), *(each.domain for each in organisation.email_domains.all())]
    return any(registrable(host) == domain for host in hosts)


def _names(organisation: Organisation) -> list[str]:
    return [organisation.name, *(former.name for former in organisation.former_names.all())]


@transaction.atomic
def ask(*, organisation: Organisation, given_name: str, family_name: str, job_title: str, email: str) -> None:
    """Note the request and send a link to confirm the address; who has an account already gets a mail that says so."""
    email = email.lower()
    typed = {"given_name": given_name, "family_name": family_name, "job_title": job_title, "made_at": timezone.now()}
    waits = JoinRequest.objects.waiting().filter(organisation=organisation, email=email).exists()
    wanted = "already_user" if mailing.in_use(email) else "join_waits" if waits else "confirm_join"
    request = JoinRequest(organisation=organisation, email=email, **typed)
    if wanted != "join_waits":
        with mailing.tried(keep=wanted == "confirm_join"):
            request, _made = organisation.join_requests.update_or_create(
                email=email, state=JoinState.UNCONFIRMED, defaults=typed
            )
    mails = {
        "confirm_join": {"organisation": organisation.name, "link": join_link(request)},
        "join_waits": {"organisation": organisation.name},
        "already_user": {},
    }
    mailing.send_one(wanted, email, mails)


def open_link(token: str) -> JoinRequest | None:
    """The request that a link belongs to; None if there is none, or the organisation has no account any more."""
    key = key_of(Purpose.CONFIRM_JOIN, token)
    requests = JoinRequest.objects.filter(organisation__state=OrganisationState.ACTIVE)
    return requests.select_related("organisation").filter(pk=key).first() if key else None


@transaction.atomic
def confirm(request: JoinRequest) -> None:
    """Hand the request to the Primary User, once; without an answer in five UK working days staff see it, too."""
    waiting = JoinRequest.objects.select_for_update(of=("self",)).select_related("organisation")
    found = waiting.filter(pk=request.pk, state=JoinState.UNCONFIRMED).first()
    if found is None:
        return
    now = timezone.now()
    found.state, found.confirmed_at, found.due_on = JoinState.WAITING, now, due_on(uk_date(now))
    found.save(update_fields=["state", "confirmed_at", "due_on"])
    organisation = str(found.organisation_id)
    audit.record(actor=ACTOR, action=Action.JOIN_ASKED, target=f"join_request:{found.pk}", organisation=organisation)
    _tell_primary(found)


def _tell_primary(request: JoinRequest) -> None:
    primary = Membership.objects.filter(
        organisation=request.organisation, role=Role.PRIMARY, is_active=True, join_request_mails=True
    )
    users_page = f"{settings.PUBLIC_BASE_URL}/organisation/users/"
    for membership in primary.select_related("user"):
        mailing.send("join_asked", membership.user.email, request=request, link=users_page)


def forget_old(now: datetime) -> int:
    """Delete requests that nobody confirmed, and those answered long ago; returns how many."""
    unconfirmed = Q(state=JoinState.UNCONFIRMED, made_at__lt=now - UNCONFIRMED_FOR)
    answered = Q(state__in=[JoinState.ACCEPTED, JoinState.DECLINED], decided_at__lt=now - ANSWERED_FOR)
    return JoinRequest.objects.filter(unconfirmed | answered).delete()[0]
