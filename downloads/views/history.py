"""The history of downloads, and the page of each."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.paging import paged
from downloads import requests, rights
from downloads.models import Download, Format
from downloads.options import ChosenColumn, Options
from downloads.requests import Chosen, RefusedError
from downloads.views.asking import answer
from downloads.views.serving import attachment
from organisations.permissions import MemberRequest, Permission, may, requires

ON_A_PAGE = 25


@require_safe
@requires(Permission.VERIFY)
def history(request: MemberRequest) -> HttpResponse:
    """What was downloaded: the organisation's for the Primary User, else one's own and what colleagues let see."""
    rows = request.organisation.downloads.visible_to(request.membership).order_by("-asked_at", "pk")
    return render(request, "downloads/history.html", paged(request, rows, ON_A_PAGE))


@require_safe
@requires(Permission.VERIFY)
def download(request: MemberRequest, download_id: uuid.UUID) -> HttpResponse:
    """How far it is, and the file when it is ready."""
    row = _visible(request, download_id)
    context = {
        "download": row,
        "changes": rights.changes(row),
        "is_mine": _is_mine(request, row),
        "headings": ", ".join(chosen.heading or str(chosen.column.heading) for chosen in _columns(row)),
    }
    return render(request, "downloads/download.html", context)


@require_safe
@requires(Permission.VERIFY)
def file(request: MemberRequest, download_id: uuid.UUID) -> HttpResponseBase:
    """The file; where the right to a row has ended, the page that says so instead."""
    row = _visible(request, download_id)
    return attachment(request, row) or redirect("downloads:download", row.pk)


@require_POST
@requires(Permission.VERIFY)
def again(request: MemberRequest, download_id: uuid.UUID) -> HttpResponseBase:
    """The same rows once more, as today's rights allow and in today's versions."""
    row = _visible(request, download_id)
    try:
        made = requests.ask(
            organisation=request.organisation,
            by=request.user,
            chosen=Chosen(words=row.selection, again=row),
            format=Format(row.format),
            now=timezone.now(),
        )
    except RefusedError as refusal:
        messages.error(request, str(refusal))
        return redirect("downloads:download", row.pk)
    return answer(request, made)


@require_POST
@requires(Permission.VERIFY)
def cancel(request: MemberRequest, download_id: uuid.UUID) -> HttpResponse:
    row = _mine(request, download_id)
    if requests.cancel(download=row, by=request.user, now=timezone.now()):
        messages.success(request, _("The download is cancelled."))
    return redirect("downloads:download", row.pk)


@require_POST
@requires(Permission.VERIFY)
def mail(request: MemberRequest, download_id: uuid.UUID) -> HttpResponse:
    """Whoever asked for it is told by mail when it is ready."""
    row = _mine(request, download_id)
    if requests.tell_by_mail(download=row, by=request.user):
        messages.success(request, _("You get an e-mail when the download is ready."))
    return redirect("downloads:download", row.pk)


@require_POST
@requires(Permission.VERIFY)
def colleagues(request: MemberRequest, download_id: uuid.UUID) -> HttpResponse:
    """Let colleagues see it and fetch it, or keep it to oneself and the Primary User."""
    row = _mine(request, download_id)
    requests.let_colleagues(download=row, see=bool(request.POST.get("see")))
    return redirect("downloads:download", row.pk)


def _columns(row: Download) -> tuple[ChosenColumn, ...]:
    return () if row.format == Format.STATEMENTS else Options.load(row.options).chosen


def _visible(request: MemberRequest, download_id: uuid.UUID) -> Download:
    rows = request.organisation.downloads.visible_to(request.membership).select_related("made_again_from")
    row = rows.filter(pk=download_id).first()
    if row is None:
        raise Http404
    return row


def _mine(request: MemberRequest, download_id: uuid.UUID) -> Download:
    row = _visible(request, download_id)
    if not _is_mine(request, row):
        raise Http404
    return row


def _is_mine(request: MemberRequest, row: Download) -> bool:
    """Whose it is to cancel, and to show to colleagues."""
    return row.asked_by_id == request.user.pk or may(request.membership, Permission.VIEW_ALL_ACTIVITY)
