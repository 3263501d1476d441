"""What staff compare an application with: organisations that have an account, and other applications."""

from typing import Any, Final, NamedTuple

from django.db.models import Count, Q, QuerySet

from organisations.models import Organisation, Registration
from organisations.registrations.flags import domains_of, similar_organisations, web_host
from organisations.registrations.lookalikes import registrable

MOST_SHOWN: Final = 5


class Side(NamedTuple):
    """An organisation beside the application."""

    organisation: Organisation
    users: int
    domains: list[str]
    same_country: bool
    same_domain: bool


def organisations(registration: Registration) -> list[Side]:
    """Organisations with an account that the application's flags name, in that order."""
    ids = similar_organisations(registration.flags)[:MOST_SHOWN]
    found = Organisation.objects.filter(pk__in=ids).prefetch_related("email_domains")
    counted = found.annotate(users=Count("memberships", filter=Q(memberships__is_active=True)))
    sides = [_side(each, registration) for each in counted]
    return sorted(sides, key=lambda side: ids.index(str(side.organisation.pk)))


def applications(registration: Registration) -> QuerySet[Registration]:
    """Other applications that the same person, or somebody for the same organisation, has made."""
    same = Q(email=registration.email) | Q(organisation_name__iexact=registration.organisation_name)
    same |= Q(website=registration.website)
    return Registration.objects.for_staff().filter(same).exclude(pk=registration.pk).order_by("-made_at")[:MOST_SHOWN]


def _side(organisation: Any, registration: Registration) -> Side:
    domains = [each.domain for each in organisation.email_domains.all()]
    website = registrable(web_host(organisation.website))
    return Side(
        organisation=organisation,
        users=organisation.users,
        domains=domains,
        same_country=organisation.country == registration.country,
        same_domain=bool({*domains_of(registration)} & ({website, *domains} - {""})),
    )
