"""Close an account: whatever was handed out to its owner opens nothing any more, at once."""

from typing import Final

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import EmailChange, Mail, MailKind, MailState, User

GIVEN_UP: Final = Q(is_active=False, is_staff=False, password__startswith=UNUSABLE_PASSWORD_PREFIX)
"""Accounts that were closed for good: their address is free for whoever reads mail at it."""


@transaction.atomic
def shut_out(user: User) -> None:
    """End the person's sessions, links to set a password, remembered browsers and waiting change of address."""
    user.sessions.all().delete()
    EmailChange.objects.filter(user=user).delete()
    user.trusted_from = timezone.now()
    user.save(update_fields=["trusted_from"])


@transaction.atomic
def close(user: User) -> None:
    """Nobody can log in to it, and no notice goes to it; the row stays, for the audit trail's names."""
    shut_out(user)
    waiting = Mail.objects.filter(user=user, kind=MailKind.NOTICE).exclude(text="")
    waiting.update(state=MailState.HELD, failure="account closed", text="", html="")
    user.is_active = False
    user.save(update_fields=["is_active"])


@transaction.atomic
def give_up(user: User) -> None:
    """Close it for good: nobody has a password, a passkey or an app for it any more.

    Only a link that is sent to its address opens it again: to an invitation, or to a candidate who registers.
    """
    close(user)
    Authenticator.objects.filter(user=user).delete()
    user.set_unusable_password()
    user.save(update_fields=["password"])
