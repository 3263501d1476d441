"""Worker and beat.  The broker is only a doorbell: what must be done stands in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rvs.settings")
app = Celery("rvs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
