"""Secrets that we must be able to read again, encrypted at rest."""

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.encoding import force_bytes


def seal(text: str, *, purpose: str) -> str:
    """Encrypt under SECRET_KEY; what is sealed for one purpose opens for no other."""
    return _box(purpose).encrypt(text.encode()).decode()


def open_sealed(sealed: str, *, purpose: str) -> str:
    """What `seal` was given; also under a key of SECRET_KEY_FALLBACKS.

    Raises:
        InvalidToken: of `cryptography.fernet`, when none of the keys opens it.
    """
    return _box(purpose).decrypt(sealed.encode()).decode()


def _box(purpose: str) -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(purpose.encode() + force_bytes(key)).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
