"""What the worker does by the clock."""

from django.conf import settings

from rvs.celery import app


def test_every_entry_of_the_schedule_is_a_task() -> None:
    """A name that no task has would be sent every few seconds, and nothing would come of it."""
    app.loader.import_default_modules()
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} <= set(app.tasks)
