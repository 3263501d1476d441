"""Which shares a form under the list means: those that were ticked, all on the page, or all that match."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime

from organisations.permissions import MemberRequest
from sharing.door import Listing
from sharing.querysets import ShareQuerySet
from sharing.shared_results.searches import Search


def listing_of(request: MemberRequest, search: Search, now: datetime) -> Listing:
    """The list that a request's address stands for."""
    return Listing(request.organisation, request.user, now, search.form.criteria, search.order)


def chosen(request: MemberRequest, now: datetime) -> ShareQuerySet:
    """The organisation's shares that a posted list chooses; ids of others choose nothing.

    All that match a search that is over are none: without it the whole list would match.
    """
    scope = request.POST.get("scope")
    if scope == "matching":
        search = Search.of(request)
        return request.organisation.shares.none() if search.forgotten else listing_of(request, search, now).shares
    ids = request.POST.get("on_page", "").split() if scope == "page" else request.POST.getlist("share")
    return request.organisation.shares.in_force(now).filter(pk__in=list(_uuids(ids)))


def chosen_in_order(request: MemberRequest, now: datetime) -> ShareQuerySet:
    """The same, ordered as the list is."""
    return Search.of(request).order.sort(chosen(request, now))


def _uuids(texts: Iterable[str]) -> Iterator[uuid.UUID]:
    for text in texts:
        with suppress(ValueError):
            yield uuid.UUID(text)
