"""Work of the results app that the worker does."""

from celery import shared_task
from django.utils import timezone

from results import registration
from results.staff import clearing, worker

_SECONDS = 60 * 60


@shared_task(soft_time_limit=_SECONDS, time_limit=_SECONDS + 60)
def work_on_imports() -> None:
    """Take up the next results file that staff uploaded or confirmed, or whose worker fell silent."""
    worker.work_on_next()


@shared_task
def forget_imports() -> None:
    """Discard what nobody confirmed, and delete what is left of imports that have ended."""
    clearing.forget_imports(timezone.now())


@shared_task
def forget_registrations() -> None:
    """Delete candidates' registrations that nobody confirmed in time."""
    registration.forget_old()
