"""The links that applicants are sent: each signed for one purpose, without an address; opening one changes nothing."""

import uuid
from datetime import timedelta
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.core import signing
from django.urls import reverse

from organisations.models import JoinRequest, Registration

UNCONFIRMED_FOR: Final = timedelta(days=14)
"""How long an application or a request waits for the confirmation of its e-mail address before it is forgotten."""


class Purpose(StrEnum):
    """What a link is good for; its value is the name of its page."""

    CONFIRM = "confirm_registration"
    APPLICATION = "application"
    CONFIRM_JOIN = "confirm_join"


def confirmation_link(registration: Registration) -> str:
    return _link(Purpose.CONFIRM, registration.pk)


def application_link(registration: Registration) -> str:
    """Where an applicant sees how the application stands, and answers."""
    return _link(Purpose.APPLICATION, registration.pk)


def join_link(request: JoinRequest) -> str:
    return _link(Purpose.CONFIRM_JOIN, request.pk)


def token(purpose: Purpose, key: uuid.UUID) -> str:
    return signing.dumps(key.hex, salt=_salt(purpose))


def key_of(purpose: Purpose, token: str) -> uuid.UUID | None:
    """The id that a link was made for; None if it was made for something else, or by somebody else."""
    try:
        return uuid.UUID(signing.loads(token, salt=_salt(purpose)))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        return None


def _salt(purpose: Purpose) -> str:
    return f"organisations.registrations.{purpose}"


def _link(purpose: Purpose, key: uuid.UUID) -> str:
    return f"{settings.PUBLIC_BASE_URL}{reverse(f'organisations:{purpose}', args=[token(purpose, key)])}"
