"""Close an account: whatever was handed out to its owner opens nothing any more, at once."""

from django.db import transaction
from django.utils import timezone

from accounts.models import EmailChange, User


@transaction.atomic
def shut_out(user: User) -> None:
    """End the person's sessions, links to set a password, remembered browsers and waiting change of address."""
    user.sessions.all().delete()
    EmailChange.objects.filter(user=user).delete()
    user.trusted_from = timezone.now()
    user.save(update_fields=["trusted_from"])


@transaction.atomic
def close(user: User) -> None:
    """Nobody can log in to it; the row stays, for the audit trail's names."""
    shut_out(user)
    user.is_active = False
    user.save(update_fields=["is_active"])


@transaction.atomic
def give_up(user: User) -> None:
    """Close it for good: nobody has a password for it any more.  Only an invitation opens it again."""
    close(user)
    user.set_unusable_password()
    user.save(update_fields=["password"])
