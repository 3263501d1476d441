"""Mails to people who ask to be let in: the same work whoever asks, so that nobody learns who has an account."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from accounts import mails
from accounts.models import User

FOLDER: Final = "organisations/email/"


def send(name: str, email: str, **context: Any) -> None:
    mails.send(f"{FOLDER}{name}", email, context)


def send_one(wanted: str, email: str, letters: Mapping[str, Mapping[str, object]]) -> None:
    """Make every one of these mails, and send the one that fits."""
    made = {name: mails.write(f"{FOLDER}{name}", email, context) for name, context in letters.items()}
    made[wanted].send()


@contextmanager
def tried(*, keep: bool) -> Iterator[None]:
    """Store rows, and take them back unless they are to be kept: the same work, so that its time tells nothing."""
    savepoint = transaction.savepoint()
    yield
    if keep:
        transaction.savepoint_commit(savepoint)
    else:
        transaction.savepoint_rollback(savepoint)


def in_use(email: str) -> bool:
    """Whether an account with this address is open, or belongs to an organisation."""
    return User.objects.filter(Q(is_active=True) | Q(membership__isnull=False), email=email).exists()
