"""Asking for a download, from every page that offers one."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.audit import user_actor
from downloads import requests, worker
from downloads.models import Download, DownloadState, Format, Template
from downloads.options import Options
from downloads.requests import Chosen, RefusedError
from downloads.views.serving import attachment
from organisations.permissions import MemberRequest, Permission, requires
from sharing import door
from sharing.door import Order
from sharing.models import Channel
from sharing.shared_results.choosing import chosen_in_order
from sharing.shared_results.searches import Search

AS_TEMPLATE: Final = "template"
"""In place of a format: the one that the template says."""


@sensitive_post_parameters()
@require_POST
@requires(Permission.VERIFY)
def ask(request: MemberRequest) -> HttpResponseBase:
    """A small download is the answer; a larger one has a page that leads to it."""
    template, wanted = _template(request), request.POST.get("format", "")
    if wanted == AS_TEMPLATE:
        wanted = Options.load(template.options if template else {}).format
    if wanted not in Format.values:
        messages.error(request, _("Choose a format."))
        return _back(request)
    format, now = Format(wanted), timezone.now()  # noqa: A001  (the field's name)
    try:
        download = requests.ask(
            organisation=request.organisation,
            by=request.user,
            chosen=_chosen(request, format, now),
            format=format,
            template=template,
            now=now,
        )
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return _back(request)
    return answer(request, download)


def answer(request: MemberRequest, download: Download) -> HttpResponseBase:
    """What somebody gets who has just asked for this: the file, or the page that leads to it."""
    if download.state == DownloadState.RUNNING:
        worker.make_now(download)
        if file := attachment(request, download):
            return file
    return redirect("downloads:download", download.pk)


def _template(request: MemberRequest) -> Template | None:
    """The chosen one; none is the default template.  404 for one that this user cannot use."""
    wanted = request.POST.get("template", "")
    if not wanted:
        return None
    usable = request.organisation.download_templates.usable_by(request.user)
    found = usable.filter(pk__in=list(_uuids([wanted]))).first()
    if found is None:
        raise Http404
    return found


def _chosen(request: MemberRequest, format: Format, now: datetime) -> Chosen:  # noqa: A002  (the field's name)
    match request.POST.get("source"):
        case "verifications":
            return _chosen_verifications(request, now)
        case "fresh":
            channel = Channel.STATEMENT if format == Format.STATEMENTS else Channel.EXPORT
            shares = request.organisation.shares.in_force(now)
            fresh = door.new_or_changed(shares, actor=user_actor(request.user), channel=channel)
            return Chosen(words=_("New or changed since the last download"), rights=Order().sort(fresh))
        case _:
            return Chosen(words=_list_in_words(request), rights=chosen_in_order(request, now))


def _chosen_verifications(request: MemberRequest, now: datetime) -> Chosen:
    ids = list(_uuids(request.POST.getlist("verification")))
    rights = request.organisation.verifications.in_force(now).filter(pk__in=ids).order_by("-last_made_at", "pk")
    words = ngettext("%(count)s checked result", "%(count)s checked results", len(ids))
    return Chosen(words=words % {"count": len(ids)}, rights=rights)


def _list_in_words(request: MemberRequest) -> str:
    match request.POST.get("scope"):
        case "matching":
            return Search.of(request).in_words or _("The whole list of Shared Results")
        case "page":
            return _("One page of Shared Results")
        case _:
            count = len(request.POST.getlist("share"))
            return ngettext("%(count)s ticked result", "%(count)s ticked results", count) % {"count": count}


def _back(request: MemberRequest) -> HttpResponse:
    """To the page on which something was to be chosen."""
    match request.POST.get("source"):
        case "verifications":
            return redirect("sharing:candidate_search")
        case "fresh":
            return redirect("downloads:history")
        case _:
            query = f"?{request.GET.urlencode()}" if request.GET else ""
            return redirect(reverse("sharing:shared_results") + query)


def _uuids(texts: Iterable[str]) -> Iterator[uuid.UUID]:
    for text in texts:
        with suppress(ValueError):
            yield uuid.UUID(text)
