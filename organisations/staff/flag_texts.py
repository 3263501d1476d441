"""The flags of an application as staff see them: a tag and a sentence."""

from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from organisations.models import Registration
from organisations.registrations.flags import Code, describe


class Flag(NamedTuple):
    """A short word for a tag, and what was found."""

    label: str | Promise
    sentence: str
    tone: str
    icon: str = "alert"


_LABELS: Final[dict[str, tuple[str | Promise, str]]] = {
    Code.OTHER_DOMAIN: (_("Other domain"), "warn"),
    Code.FREE_MAIL: (_("Free mailbox"), "warn"),
    Code.DISPOSABLE_MAIL: (_("Throw-away mailbox"), "bad"),
    Code.LOOKS_LIKE: (_("Look-alike"), "bad"),
    Code.SAME_NAME: (_("Same name"), "bad"),
    Code.SIMILAR_NAME: (_("Similar name"), "warn"),
    Code.DOMAIN_KNOWN: (_("Known domain"), "warn"),
    Code.APPLIED_TOO: (_("Applied twice"), "warn"),
}


def explained(registration: Registration) -> list[Flag]:
    """The application's flags, in the order in which they were found."""
    return [Flag(_LABELS[flag["code"]][0], describe(flag), _LABELS[flag["code"]][1]) for flag in registration.flags]
