"""The environment variables this service reads, and nothing else reads them.

A missing or malformed variable ends the start with one sentence that says what to set.
"""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from rvs import embedded

REQUIRED = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "PUBLIC_BASE_URL", "EMAIL_URL")


class Misconfigured(SystemExit):
    """Ends the process with one sentence for the person who starts it."""


class Environment:
    """Typed look-ups in a mapping of variables."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def require(self, names: Sequence[str]) -> None:
        """End the start if any of `names` is unset or empty, naming all of them."""
        if missing := [name for name in names if not self.values.get(name)]:
            raise Misconfigured(
                f"Set {', '.join(missing)} in the environment (the README lists every variable), "
                "or start the demonstration with: make demo"
            )

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def hosts(self, name: str) -> list[str]:
        """Host names separated by commas.  A star would let every request choose the name we believe in."""
        names = [word.strip() for word in self.text(name).split(",") if word.strip()]
        if not names or any("*" in host or "/" in host for host in names):
            raise Misconfigured(
                f"{name} must list the names of this host, separated by commas, without * and https://."
            )
        return names

    def flag(self, name: str) -> bool:
        value = self.text(name).lower()
        if value not in {"", "0", "false", "no", "1", "true", "yes"}:
            raise Misconfigured(f"{name} must be 1 or 0, not {value!r}.")
        return value in {"1", "true", "yes"}

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        value = self.text(name, default).lower()
        if value not in choices:
            raise Misconfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal():
            raise Misconfigured(f"{name} must be a whole number, not {value!r}.")
        return int(value)

    def url(self, name: str, schemes: Sequence[str], default: str = "") -> SplitResult:
        """A URL of one of `schemes`.  No part of the value is repeated in the message: it may hold a password."""
        try:
            parts = urlsplit(self.text(name, default))
            parts.port  # noqa: B018  (a malformed port raises here, also where a password has an unquoted /, ? or #)
        except ValueError:
            raise Misconfigured(
                f"{name} is not a URL: look at its port, and write special characters of a password as %2F and so on."
            ) from None
        if parts.scheme not in schemes:
            raise Misconfigured(f"{name} must be a URL that begins with {' or '.join(f'{s}://' for s in schemes)}.")
        return parts


def read(base: Path) -> Environment:
    """The process environment; without DATABASE_URL, that of a demonstration running on `base`/var."""
    if os.environ.get("DATABASE_URL"):
        return Environment(os.environ)
    return Environment({**os.environ, **(embedded.running(base / "var") or {})})


def base_url(url: SplitResult) -> str:
    """PUBLIC_BASE_URL as every link in a mail begins with it: scheme and host, no slash at its end."""
    if not url.hostname or url.username or url.query or url.fragment:
        raise Misconfigured("PUBLIC_BASE_URL must be an address like https://results.example.org and nothing more.")
    return url.geturl().rstrip("/")


def mail_transport(url: SplitResult) -> dict[str, object]:
    """Backend and its options for EMAIL_URL: smtp, smtps (implicit TLS), smtp+tls (STARTTLS), file, memory."""
    if url.scheme == "memory":
        return {"backend": "django.core.mail.backends.locmem.EmailBackend"}
    if url.scheme == "file":
        return {"backend": "accounts.outbox.EmlFileBackend", "folder": unquote(url.path)}
    if not url.hostname:
        raise Misconfigured("EMAIL_URL must name a mail server, for example smtp+tls://user:password@mail.example:587")
    return {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "host": url.hostname,
        "port": url.port or (465 if url.scheme == "smtps" else 587 if url.scheme == "smtp+tls" else 25),
        "username": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "use_ssl": url.scheme == "smtps",
        "use_tls": url.scheme == "smtp+tls",
        "timeout": 10,
    }


def storage(url: SplitResult) -> dict[str, object]:
    """Django's storage for STORAGE_URL: file:///folder, or s3://bucket?region_name=... through django-storages."""
    if url.scheme == "s3":
        if find_spec("storages") is None:
            raise Misconfigured("STORAGE_URL with s3:// needs a package more: pip install 'django-storages[s3]'")
        options = {key: values[-1] for key, values in parse_qs(url.query).items()}
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {"bucket_name": url.netloc, **options}}
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": unquote(url.path), "base_url": None},
    }
