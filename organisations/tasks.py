"""Work of the organisations app that the worker does."""

from celery import shared_task
from django.utils import timezone

from organisations.api_clients import clients
from organisations.registrations import applications, joining


@shared_task
def forget_applications() -> None:
    """Forget who asked to be let in and did not confirm it, or was answered long ago."""
    now = timezone.now()
    applications.forget_old(now)
    joining.forget_old(now)


@shared_task
def look_after_api_clients() -> None:
    """Tell Primary Users of clients that expire soon, and forget tokens that have."""
    now = timezone.now()
    clients.warn_of_expiry(now)
    clients.forget_tokens(now)
