"""Work of the accounts app that the worker does."""

from celery import shared_task
from django.core.management import call_command

from accounts import delivery


@shared_task
def deliver_mail() -> None:
    """Send what is due in the outbox."""
    delivery.deliver_due()


@shared_task
def clear_sessions() -> None:
    """Forget sessions that have ended."""
    call_command("clearsessions")
