"""The domains of an organisation's e-mail addresses."""

from organisations.models import EmailDomain, Organisation


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].lower()


def is_own(organisation: Organisation, email: str, *, confirmed: bool = False) -> bool:
    """Whether an address lies in one of the organisation's domains or below; `confirmed`: only those that are."""
    domain = domain_of(email)
    own = organisation.email_domains.filter(confirmed=True) if confirmed else organisation.email_domains.all()
    return any(domain == known.domain or domain.endswith(f".{known.domain}") for known in own)


def confirm(organisation: Organisation, email: str) -> None:
    """Somebody of the organisation showed that they read mail at this address."""
    EmailDomain.objects.filter(organisation=organisation, domain=domain_of(email)).update(confirmed=True)
