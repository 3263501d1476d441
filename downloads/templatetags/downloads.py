"""Template tags of Downloads: `{% load downloads %}`."""

from typing import Any

from django import template
from django.urls import reverse

from downloads.models import Format
from organisations.permissions import MemberRequest

register = template.Library()


@register.inclusion_tag("downloads/_menu.html", takes_context=True)
def download_menu(context: dict[str, Any], source: str, query: str = "") -> dict[str, Any]:
    """Download Options, inside a form that says what is chosen; `source` tells how to read it (downloads/views)."""
    request: MemberRequest = context["request"]
    return {
        "source": source,
        "address": reverse("downloads:ask") + query,
        "templates": request.organisation.download_templates.usable_by(request.user),
        "formats": [choice for choice in Format.choices if choice[0] != Format.STATEMENTS],
    }
