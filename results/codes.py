"""Codes printed on Statements of Results, and what the public check page answers for them."""

import secrets
import unicodedata
from enum import StrEnum, auto

from django.conf import settings
from django.urls import reverse

from results.models import ResultVersion, StatementCode, Status

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, which people misread."""
LENGTH = 12
MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0"})


class Standing(StrEnum):
    """Everything that the public may learn of a statement by its code."""

    CURRENT = auto()
    SUPERSEDED = auto()
    NO_LONGER_VALID = auto()
    UNKNOWN = auto()


def code_of(version: ResultVersion) -> str:
    """The version's code, made when its first statement is."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return StatementCode.objects.get_or_create(version=version, defaults={"code": code})[0].code


def check_address(code: str) -> str:
    """Where anybody can check a statement with this code; printed on it."""
    return f"{settings.PUBLIC_BASE_URL}{reverse('results:check_code', args=[code])}"


def grouped(code: str) -> str:
    """As printed: 7F3K-9Q2M-4TXA."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normalise(typed: str) -> str:
    """What a person typed or scanned, as a code: case, spaces, hyphens and misread letters do not matter."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(character for character in plain if character.isalnum()).translate(MISREAD)


def standing(code: str) -> Standing:
    """What a normalised code stands for today."""
    issued = StatementCode.objects.select_related("version__result__current").filter(code=code).first()
    if issued is None:
        return Standing.UNKNOWN
    current = issued.version.result.current
    if current.status != Status.RELEASED:
        return Standing.NO_LONGER_VALID
    return Standing.CURRENT if current.pk == issued.version_id else Standing.SUPERSEDED
