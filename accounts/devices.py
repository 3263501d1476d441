"""Which browser somebody uses, and whether they have logged in with it before."""

import re
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User

# The first that matches: every browser claims to be its forerunners as well.
BROWSERS: Final = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"(Firefox|FxiOS)/"),
    ("Chrome", r"(Chrome|CriOS|Chromium|HeadlessChrome)/"),
    ("Safari", r"Safari/"),
)
SYSTEMS: Final = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Macintosh"),
    ("Linux", r"Linux"),
)
MAX_LENGTH: Final = 1000

SALT: Final = "accounts.devices"
REMEMBER: Final = timedelta(days=365)
MOST_PEOPLE: Final = 10


def device_name(user_agent: str) -> str:
    """The kind of browser, such as "Firefox on Windows"; no version, for it tells people nothing."""
    browser, system = (
        next((name for name, sign in signs if re.search(sign, user_agent[:MAX_LENGTH])), "")
        for signs in (BROWSERS, SYSTEMS)
    )
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")


def device_of(request: HttpRequest | None) -> str:
    return device_name(request.headers.get("User-Agent", "")) if request else ""


def is_known(request: HttpRequest, email: str) -> bool:
    """Whether somebody has logged in with this address in this browser: by a signed cookie, we keep no list."""
    mark = _mark(email)
    return any(constant_time_compare(mark, known) for known in _known(request))


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    mark = _mark(email)
    known = [mark, *(other for other in _known(request) if other != mark)]
    response.set_signed_cookie(
        settings.DEVICE_COOKIE_NAME,
        ".".join(known[:MOST_PEOPLE]),
        salt=SALT,
        max_age=REMEMBER,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known(request: HttpRequest) -> list[str]:
    try:
        value = request.get_signed_cookie(settings.DEVICE_COOKIE_NAME, "", salt=SALT, max_age=REMEMBER)
    except signing.BadSignature:
        return []
    return value.split(".") if value else []


def _mark(email: str) -> str:
    email = email.strip().lower()
    trusted_from = User.objects.filter(email=email).values_list("trusted_from", flat=True).first()
    return salted_hmac("accounts.devices", f"{email}{trusted_from or ''}", algorithm="sha256").hexdigest()[:32]
