"""The second step of a log-in: authenticator app, recovery codes, passkeys (allauth.mfa), as our service wants them."""

from itertools import count
from typing import Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.sealing import open_sealed, seal

STEPS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What makes a second step; recovery codes only stand in for it."""
LAST_PERIOD: Final = "last_period"
_PURPOSE: Final = "accounts.mfa"


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets are encrypted at rest; words and names are ours."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code is not right, or it has been used already"),
        "cannot_generate_recovery_codes": gettext_lazy("Recovery codes need an authenticator app or a passkey first"),
    }

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=_PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return open_sealed(encrypted_text, purpose=_PURPOSE)

    def get_totp_issuer(self) -> str:
        return _("Results Verification Service")

    def _get_site_name(self) -> str:
        return _("Results Verification Service")

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:  # noqa: A002
        taken = {key.wrap().name for key in Authenticator.objects.filter(user=user, type=type)}
        names = (_("Passkey %(number)s") % {"number": number} for number in count(1))
        return next(name for name in names if name not in taken)


def kinds(user: User) -> list[str]:
    """The type of each authenticator that the person has; passkeys may be several."""
    return list(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def has_second_step(user: User) -> bool:
    return any(kind in STEPS for kind in kinds(user))


def must_set_up(user: User) -> bool:
    """Staff work only with a second step; the demonstration's do without."""
    return user.is_staff and not settings.DEMONSTRATION and not has_second_step(user)


@transaction.atomic
def match(user: User, code: str) -> Authenticator | None:
    """Whose code this is: the person's authenticator app or recovery codes.  A code is good for one use."""
    codes = Authenticator.objects.select_for_update().filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN)
    for authenticator in codes:
        if authenticator.type == Authenticator.Type.TOTP:
            right = _use_period(authenticator, code)
        else:
            right = authenticator.wrap().validate_code(code)
        if right:
            authenticator.refresh_from_db()
            return authenticator
    return None


def _use_period(authenticator: Authenticator, code: str) -> bool:
    """A code belongs to a period of 30 s; after a use, only codes of later periods are right (RFC 6238, 5.2)."""
    secret = MFAAdapter().decrypt(authenticator.data["secret"])
    code = "".join(code.split())
    for period in totp.yield_hotp_counters_from_time():
        expected = totp.format_hotp_value(totp.hotp_value(secret, period))
        if constant_time_compare(code, expected) and period > authenticator.data.get(LAST_PERIOD, 0):
            authenticator.data[LAST_PERIOD] = period
            authenticator.save(update_fields=["data"])
            return True
    return False
