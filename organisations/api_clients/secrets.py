"""Secrets of programs: recognisable, so that scanners find them where they leak, and kept only as a digest.

A prefix, 32 random characters (190 bits), and the checksum of both: CRC-32 in six characters, as GitHub's tokens carry
it.  PATTERN is what a scanner looks for; `is_genuine` then rules out everything that only looks alike.
"""

import base64
import hashlib
import re
import secrets
import string
import zlib
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_plus

from django.utils.crypto import salted_hmac

ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
SECRET, TOKEN = "rvs_", "rvt_"
"""Of a client's secret, and of the tokens that it gets for an hour."""
RANDOM, CHECK = 32, 6
PATTERN: Final = re.compile(rf"(?<![0-9A-Za-z_])rv[st]_[0-9A-Za-z]{{{RANDOM + CHECK}}}(?![0-9A-Za-z])")


def new_secret() -> str:
    return _sealed(SECRET + "".join(secrets.choice(ALPHABET) for _place in range(RANDOM)))


def new_token(request: object = None, refresh_token: bool = False) -> str:  # noqa: FBT001  (oauthlib's signature)
    return _sealed(TOKEN + "".join(secrets.choice(ALPHABET) for _place in range(RANDOM)))


def derived_secret(name: str) -> str:
    """The same at every start for one SECRET_KEY: for the demonstration, which prints it."""
    number = int.from_bytes(salted_hmac("organisations.api_clients.demo", name, algorithm="sha512").digest())
    return _sealed(SECRET + _in_base62(number, RANDOM))


def digest(secret: str) -> bytes:
    """What is kept of it.  One round and no salt: nobody guesses 190 random bits, so there is nothing to slow down."""
    return hashlib.sha256(secret.encode()).digest()


def basic_header(client_id: str, secret: str) -> str:
    """What a program sends as Authorization."""
    return f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"


def is_genuine(text: str) -> bool:
    """Whether it is made as ours are; whether it opens anything is another question."""
    return PATTERN.fullmatch(text) is not None and _sealed(text[:-CHECK]) == text


def find(text: str) -> Iterator[str]:
    """Every secret and token of ours in a text, also where it is written as in an address."""
    if "%" in text or "+" in text:
        text = f"{text} {unquote_plus(text)}"
    for found in PATTERN.finditer(text):
        if is_genuine(found[0]):
            yield found[0]


def _sealed(text: str) -> str:
    return text + _in_base62(zlib.crc32(text.encode()), CHECK)


def _in_base62(number: int, places: int) -> str:
    """The last `places` digits of it."""
    digits = []
    for _place in range(places):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
