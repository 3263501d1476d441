"""How long the record of mails is kept."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from accounts.models import Mail, MailState, RefusedAddress, User

TEXT_FOR: Final = timedelta(days=30)
"""The text of a mail that could not be delivered, so that it can be sent again."""
RECORD_FOR: Final = timedelta(days=365)


@transaction.atomic
def forget_mails(now: datetime) -> None:
    """Erase what is old: first the text, then the record.  What still waits for its delivery stays."""
    RefusedAddress.objects.filter(last_at__lt=now - RECORD_FOR).delete()
    over = Mail.objects.exclude(state=MailState.QUEUED)
    over.filter(created_at__lt=now - RECORD_FOR).delete()
    over.exclude(Q(text="") & Q(html="")).filter(created_at__lt=now - TEXT_FOR).update(text="", html="")


def forget_person(user: User) -> None:
    """Whatever was written to somebody, before the account is deleted."""
    Mail.objects.filter(Q(recipient__iexact=user.email) | Q(user=user)).delete()
    RefusedAddress.objects.of([user.email]).delete()
