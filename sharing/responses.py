"""Files that come out of a door."""

from django.http import HttpResponse

from results.statement import file_name


def pdf(document: bytes, reference_number: str) -> HttpResponse:
    """A Statement of Results, to be saved under a name of its own."""
    response = HttpResponse(document, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(reference_number)}"'
    return response


def jpeg(picture: bytes | None) -> HttpResponse:
    """A test-day photo."""
    return HttpResponse(picture, content_type="image/jpeg")
