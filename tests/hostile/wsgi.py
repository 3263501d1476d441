"""The service with plain static files, so that no `collectstatic` has to run first."""

from django.conf import settings

from rvs.wsgi import application

plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}

__all__ = ["application"]
