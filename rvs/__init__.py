"""Composition of the service: settings, addresses, processes.  Imports all apps and is imported by none."""

from rvs.celery import app as celery_app

__all__ = ["celery_app"]
