"""What staff may upload for an import (accounts/uploads.py)."""

from django.conf import settings
from django.http import HttpRequest


def limits() -> dict[str, int]:
    """Bytes that each file of an import may have."""
    return {"file": settings.IMPORT_MAX_FILE_BYTES, "photos": settings.IMPORT_MAX_PHOTOS_BYTES}


def limits_for(request: HttpRequest) -> dict[str, int]:
    """Nothing for whoever may not import."""
    return limits() if request.user.has_perm("results.add_importjob") else {}
