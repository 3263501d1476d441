"""The service with plain static files, so that no `collectstatic` has to run first; and with faults on demand."""

from collections.abc import Callable, Iterable
from typing import Any, Final
from unittest import mock

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from tests.hostile.faults import CULPRITS, FAULTS
from tests.hostile.tasks import WORDS

plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
product = get_wsgi_application()  # as rvs/wsgi.py makes it
FAULT: Final = "X-Tests-Fault"
"""Header of a request in which something fails: the number of a culprit and the number of a fault."""


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    asked = environ.get("HTTP_X_TESTS_FAULT")
    if not asked:
        return product(environ, start_response)
    culprit, fault = map(int, asked.split(","))
    with mock.patch(CULPRITS[culprit], side_effect=FAULTS[fault](WORDS)):
        return list(product(environ, start_response))
