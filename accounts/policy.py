"""What somebody's organisation asks of their account.

`accounts` knows no organisations: the setting ACCOUNT_POLICY names the class that does, and it can only be stricter.
"""

from datetime import timedelta
from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from accounts.models import User


class Policy:
    """Asks nothing."""

    def longest_idle(self, user: User) -> timedelta | None:
        """After how long without use a session of this person ends, if sooner than everybody's."""
        return None

    def refuses_email(self, user: User, email: str) -> str | Promise:
        """Why the person may not have this address, in words for them; empty if they may."""
        return ""


@cache
def policy() -> Policy:
    found: Policy = import_string(settings.ACCOUNT_POLICY)()
    return found
