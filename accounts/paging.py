"""Lists by the page."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


def paged(request: HttpRequest, rows: "QuerySet[Any]", size: int, *, query: str = "") -> dict[str, Any]:
    """For a template: the page that the address asks for, and where it goes on; `query` stays in the address."""
    page = Paginator(rows, size).get_page(request.GET.get("page"))
    start = f"?{query}&" if query else "?"
    return {
        "page": page,
        "previous_url": f"{start}page={page.previous_page_number()}" if page.has_previous() else None,
        "next_url": f"{start}page={page.next_page_number()}" if page.has_next() else None,
    }
