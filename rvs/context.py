"""What every page knows of the site."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    route = request.resolver_match.route if request.resolver_match else ""
    return {
        "DEMONSTRATION": settings.DEMONSTRATION,
        "HELPDESK_EMAIL": settings.HELPDESK_EMAIL,
        "nav": route.partition("/")[0],
    }
