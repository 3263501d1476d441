"""How candidates find an organisation: by beginnings of words of its names, town, website and country."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection
from django.db.models import Case, IntegerField, Q, QuerySet, TextField, Value, When
from django_countries import countries

from organisations.models import EmailDomain, FormerName, Organisation, OrganisationState
from organisations.models.organisation import Words
from organisations.registrations import names
from organisations.registrations.flags import web_host

SHOWN: Final = 20
FEWEST_LETTERS: Final = 2
MOST_WORDS: Final = 6
LONGEST: Final = 100
_SAY_NOTHING: Final = frozenset({"http", "https", "www"})
_OWN: Final = Words("name", "city", "website")
_NAME: Final = Words("name", Value("", TextField()), Value("", TextField()))


@dataclass(frozen=True, slots=True)
class Entry:
    """An organisation as candidates tell it from others; `is_alike`: another one shown has a similar name."""

    organisation: Organisation
    website: str
    former_names: tuple[str, ...]
    is_alike: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to; `similar` when nothing had the words that were typed, but something almost."""

    entries: tuple[Entry, ...]
    more: bool
    similar: bool = False

    @property
    def has_alike(self) -> bool:
        return any(entry.is_alike for entry in self.entries)


def search(typed: str) -> Found:
    """Active organisations that have every word of what was typed, the closest names first; at most SHOWN."""
    typed = _clean(typed)
    words = _words(typed)
    if not words:
        return Found((), more=False)
    found = _active()
    for word in words:
        found = found.filter(pk__in=_with_word(word))
    first = _in_order(found, typed)
    if first:
        return Found(_entries(first[:SHOWN]), more=len(first) > SHOWN)
    almost = _active().alias(words=_OWN).filter(words__trigram_word_similar=" ".join(words))
    return Found(_entries(_in_order(almost, typed)[:SHOWN]), more=False, similar=True)


def entry(slug: str) -> Entry | None:
    """The active organisation with this address for sharing."""
    organisation = _active().filter(slug=slug).first()
    return _entries([organisation])[0] if organisation else None


def alike(organisation: Organisation) -> tuple[Entry, ...]:
    """Other active organisations whose names may be taken for this one's."""
    name = " ".join(_words(organisation.name))
    near = _active().alias(words=_OWN).exclude(pk=organisation.pk).filter(words__trigram_word_similar=name)
    near = near.order_by(TrigramWordSimilarity(name, _OWN).desc())
    return _entries([other for other in near[: 5 * SHOWN] if names.similar(organisation.name, other.name)][:SHOWN])


def of_address(*, email: str, website: str) -> Entry | None:
    """The active organisation that has this website, or this domain for its e-mail."""
    host, domain = host_of(website), email.rpartition("@")[2].lower()
    by_domain = EmailDomain.objects.filter(domain__in=[domain, host], confirmed=True).values("organisation_id")
    site = Q(website__iregex=rf"^https?://(www\.)?{_literally(host)}(/|$)")
    found = _active().filter(Q(pk__in=by_domain) | site).first()
    return _entries([found])[0] if found else None


def host_of(website: str) -> str:
    """The name of a website as people say it: without "https" and "www"."""
    return web_host(website).removeprefix("www.")


def _active() -> QuerySet[Organisation]:
    return Organisation.objects.filter(state=OrganisationState.ACTIVE)


def _clean(typed: str) -> str:
    return "".join(letter for letter in typed[:LONGEST] if unicodedata.category(letter) not in {"Cc", "Cs"})


def _words(text: str) -> list[str]:
    """Folded as the index folds, by the same function."""
    with connection.cursor() as cursor:
        cursor.execute("select rvs_folded_name(%s)", [text])
        folded: str = cursor.fetchone()[0]
    words = [word for word in folded.split() if word not in _SAY_NOTHING][:MOST_WORDS]
    return words if len("".join(words)) >= FEWEST_LETTERS else []


def _with_word(word: str) -> QuerySet[Organisation, object]:
    """Each way to have the word has an index of its own; an "or" over them would use none."""
    own = _active().alias(words=_OWN).filter(words__contains=f" {word}").values("pk")
    former = FormerName.objects.alias(words=_NAME).filter(words__contains=f" {word}").values("organisation_id")
    country = _active().filter(country__in=_countries(word)).values("pk")
    return own.union(former, country, all=True)


def _countries(word: str) -> list[str]:
    """Codes of the countries of which a word of the name begins so."""
    if len(word) <= FEWEST_LETTERS:
        return []
    return [code for code, name in countries if any(part.startswith(word) for part in str(name).casefold().split())]


def _in_order(found: QuerySet[Organisation], typed: str) -> list[Organisation]:
    """Names that begin with what was typed, then the others.  By plain letters: folding every name takes too long."""
    begins = Case(When(name__istartswith=typed.strip(), then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(found.order_by(begins, "name", "pk")[: SHOWN + 1])


def _entries(organisations: Sequence[Organisation]) -> tuple[Entry, ...]:
    former = _former_names(organisations)
    return tuple(
        Entry(
            organisation=organisation,
            website=host_of(organisation.website),
            former_names=tuple(former.get(organisation.pk, ())),
            is_alike=any(
                other is not organisation and names.similar(organisation.name, other.name) for other in organisations
            ),
        )
        for organisation in organisations
    )


def _former_names(organisations: Iterable[Organisation]) -> dict[object, list[str]]:
    found: dict[object, list[str]] = {}
    for former in FormerName.objects.filter(organisation__in=[each.pk for each in organisations]):
        found.setdefault(former.organisation_id, []).append(former.name)
    return found


def _literally(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter == "-" else rf"\{letter}" for letter in text)
