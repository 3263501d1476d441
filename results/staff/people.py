"""Actors of the audit trail as staff read them."""

import uuid
from collections.abc import Iterable

from django.utils.translation import gettext as _

from accounts.models import User

_PERSON = "user:"


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """For each actor (`user:<id>`, `system:<part>`) the person's name and e-mail address, or the part's name."""
    actors = set(actors)
    ids = [found for actor in actors if actor.startswith(_PERSON) and (found := _uuid(actor))]
    people = {f"{_PERSON}{person.pk}": f"{person.get_full_name()} ({person.email})" for person in _people(ids)}
    return {actor: people.get(actor) or _plain(actor) for actor in actors}


def _plain(actor: str) -> str:
    kind, _colon, name = actor.partition(":")
    if kind == "system":
        return _("the service (%(part)s)") % {"part": name.replace("_", " ")}
    return actor


def _people(ids: list[uuid.UUID]) -> Iterable[User]:
    return User.objects.filter(pk__in=ids)


def _uuid(actor: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(actor.removeprefix(_PERSON))
    except ValueError:
        return None
