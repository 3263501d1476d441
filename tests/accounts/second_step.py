"""An authenticator app for tests."""

import base64
import re
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories import PASSWORD

SECRET = base64.b32encode(b"twenty bytes of key!").decode()


def code_at(moment: datetime | None = None, secret: str = SECRET) -> str:
    period = int((moment or timezone.now()).timestamp()) // 30
    code: str = auth.format_hotp_value(auth.hotp_value(secret, period))
    return code


def with_app(user: User) -> User:
    auth.TOTP.activate(user, SECRET)
    return user


def with_codes(user: User) -> list[str]:
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def confirm(client: Client, password: str = PASSWORD) -> None:
    """Prove once more who is there, as before a sensitive change."""
    client.post("/account/confirm/", {"password": password})


def add_app(client: Client) -> None:
    """As a person does it: read the key from the page, type the code that belongs to it."""
    found = re.search(r"<code>([A-Z2-7]{32})</code>", client.get("/account/second-step/app/").content.decode())
    assert found
    client.post("/account/second-step/app/", {"code": code_at(secret=found[1])})


def steps_of(user: User) -> set[str]:
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
