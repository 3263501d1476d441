"""Work of the accounts app that the worker does."""

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from accounts import delivery, email_change, retention, throttle


@shared_task
def deliver_mail() -> None:
    """Send what is due in the outbox."""
    delivery.deliver_due()


@shared_task
def clear_sessions() -> None:
    """Forget what has ended: sessions, counts of limits, changes of address that nobody confirmed."""
    call_command("clearsessions")
    throttle.forget_ended(timezone.now())
    email_change.forget_old()


@shared_task
def forget_mails() -> None:
    """Erase texts and records of mails that are old."""
    retention.forget_mails(timezone.now())
