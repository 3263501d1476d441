"""Handing a finished file out."""

from django.http import FileResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _

from downloads import endings, rights
from downloads.models import Download
from organisations.permissions import MemberRequest


def attachment(request: MemberRequest, download: Download) -> HttpResponseBase | None:
    """The file, to be saved; None where there is none, or where it may not be given any more."""
    file = rights.fetch(download=download, by=request.user, now=timezone.now())
    if not file:
        return None
    try:
        content = file.open("rb")
    except FileNotFoundError:
        endings.delete_file(download, note=_("The file is not there any more."))
        return None
    name = str(file.name).rpartition("/")[2]
    response = FileResponse(content, as_attachment=True, filename=name)
    response["Cache-Control"] = "private, no-store"
    return response
