"""The numbers people type: how they are compared, and how a secret number is kept without keeping it."""

import hmac
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial

from django.conf import settings
from django.utils.crypto import salted_hmac

_SALT = "results.numbers.secret_number"
# Separators, control and format characters, dashes: what eyes do not see or fingers add.
_IGNORED_CATEGORIES = {"Zs", "Zl", "Zp", "Cc", "Cf", "Pd"}
_MINUS = "\N{MINUS SIGN}"


def normalise(text: str) -> str:
    """A number as it is stored: upper case, full-width forms folded, no spaces, hyphens or invisible characters."""
    if text.isascii() and text.isalnum():
        return text.upper()
    folded = unicodedata.normalize("NFKC", text).upper()
    seen = "".join(
        character
        for character in folded
        if character != _MINUS and unicodedata.category(character) not in _IGNORED_CATEGORIES
    )
    return unicodedata.normalize("NFKC", seen)  # what stood apart may now be one character


def secret_digest(candidate_id: str, secret_number: str) -> bytes:
    """Keyed HMAC-SHA256 (32 bytes) of a secret number; both arguments normalised.

    Four digits can be guessed by whoever has the key, and only by them.  The candidate ID is bound in, so that equal
    secret numbers do not look equal.  The key comes from SECRET_KEY: after a rotation the old digests match only as
    long as the old key stands in SECRET_KEY_FALLBACKS, or until the results are imported again.
    """
    return secret_digester()(candidate_id, secret_number)


def secret_digester() -> Callable[[str, str], bytes]:
    """`secret_digest` for many numbers: the key is derived once."""
    return partial(_digest, _derived_key(settings.SECRET_KEY))


def secret_matches(digest: bytes | memoryview, candidate_id: str, secret_number: str) -> bool:
    """Whether this is the secret number behind the digest; takes the same time either way.  Arguments normalised."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    expected = [_digest(_derived_key(key), candidate_id, secret_number) for key in keys]
    matches = [hmac.compare_digest(one, bytes(digest)) for one in expected]
    return any(matches)  # every key was tried, whatever the outcome


def _digest(key: bytes, candidate_id: str, secret_number: str) -> bytes:
    return hmac.digest(key, f"{candidate_id}:{secret_number}".encode(), "sha256")


@lru_cache(maxsize=8)
def _derived_key(secret_key: str | bytes) -> bytes:
    return salted_hmac(_SALT, "", secret=secret_key, algorithm="sha256").digest()
