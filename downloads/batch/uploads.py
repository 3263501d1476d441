"""What members may upload for a batch check (accounts/uploads.py)."""

from django.http import HttpRequest

from downloads.batch.reading import MOST_BYTES
from organisations.permissions import Permission, may


def limits_for(request: HttpRequest) -> dict[str, int]:
    """Nothing for whoever may not verify."""
    membership = getattr(request, "membership", None)
    return {"file": MOST_BYTES} if membership and may(membership, Permission.VERIFY) else {}
