"""The WSGI application that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rvs.settings")
application = get_wsgi_application()

# What is loaded once stays: garbage collections in the middle of a large answer need not look at it again.
get_resolver().url_patterns  # noqa: B018  (imports everything that answers)
gc.collect()
gc.freeze()
