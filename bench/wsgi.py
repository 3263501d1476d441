"""The service with the benchmark's own page."""

from django.conf import settings

from rvs.wsgi import application

settings.ROOT_URLCONF = "bench.urls"

__all__ = ["application"]
