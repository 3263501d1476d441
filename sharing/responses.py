"""What pages behind a door have in common: files, and saying that a change was seen."""

from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organisations.permissions import MemberRequest
from results.statement import file_name
from sharing import door

LONGEST_VERSION: Final = 6


def pdf(document: bytes, reference_number: str) -> HttpResponse:
    """A Statement of Results, to be saved under a name of its own."""
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(reference_number)}"'
    return response


def jpeg(picture: bytes | None) -> HttpResponse:
    """A test-day photo."""
    return HttpResponse(picture, content_type="image/jpeg")


def acknowledge_changes(request: MemberRequest, right: door.RightId) -> None:
    """Of the result behind this right, up to the version that the page showed; says what came of it."""
    up_to = request.POST.get("version", "")
    if not (up_to.isascii() and up_to.isdecimal() and len(up_to) < LONGEST_VERSION):
        raise Http404
    try:
        count = door.acknowledge(
            organisation=request.organisation, right=right, up_to=int(up_to), by=request.user, now=timezone.now()
        )
    except door.NotAvailableError:
        raise Http404 from None
    if count:
        text = ngettext(
            "Noted: your organisation has seen this change.",
            "Noted: your organisation has seen these %(count)s changes.",
            count,
        )
        messages.success(request, text % {"count": count})
    else:
        messages.info(request, _("Somebody of your organisation had noted this change already."))
