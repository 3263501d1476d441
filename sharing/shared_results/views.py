"""The pages of Shared Results."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import user_actor
from organisations.permissions import MemberRequest, Permission, requires
from organisations.requirements import Meets, assess
from sharing import door, reading
from sharing.door import Listing
from sharing.models import Channel, Share
from sharing.responses import acknowledge_changes, jpeg, pdf
from sharing.shared_results.choosing import chosen, listing_of
from sharing.shared_results.forms import FIRST_DAY, NoteForm, SearchForm
from sharing.shared_results.searches import Search, keep


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VERIFY)
def shared_results(request: MemberRequest) -> HttpResponse:
    """The list; a POST is a search, which the list's address then stands for."""
    search = Search.of(request)
    if request.method == "POST":
        form = SearchForm(request.POST)
        if form.is_valid():
            query = keep(form, request.session, sort=request.GET.get("sort", ""))
            return redirect(reverse("sharing:shared_results") + query)
        search.form = form
    now = timezone.now()
    listing = listing_of(request, search, now)
    page = listing.page(search.position)
    context = {
        "search": search,
        "form": search.form,
        "page": page,
        "previous_url": search.at(page.previous),
        "next_url": search.at(page.next),
        "total": _total(listing, page),
        "waiting": door.waiting(organisation=request.organisation, now=now),
        "loaded_at": now.isoformat(),
    }
    return render(request, "sharing/shared_results/list.html", context)


@require_POST
@requires(Permission.VERIFY)
def mark_read(request: MemberRequest) -> HttpResponse:
    """The chosen shares are not new to this user any more."""
    now = timezone.now()
    count = reading.mark_read(shares=chosen(request, now), user=request.user, now=now)
    text = ngettext("%(count)s result is now marked as read.", "%(count)s results are now marked as read.", count)
    messages.success(request, text % {"count": count})
    return _back_to_list(request)


@require_POST
@requires(Permission.VERIFY)
def mark_all_read(request: MemberRequest) -> HttpResponse:
    """Everything that was shared until the list was loaded is not new to this user any more."""
    now = timezone.now()
    until = _moment(request.POST.get("loaded_at", "")) or now
    reading.mark_all_read(organisation=request.organisation, user=request.user, until=until, now=now)
    messages.success(request, _("Everything shared so far is now marked as read."))
    return _back_to_list(request)


@require_POST
@requires(Permission.VERIFY)
def acknowledge(request: MemberRequest, share_id: uuid.UUID) -> HttpResponse:
    """The organisation has seen that the result changed."""
    acknowledge_changes(request, door.RightId(door.RightKind.SHARE, share_id))
    return redirect(f"{reverse('sharing:share', args=[share_id])}{_query(request.GET)}")


@require_safe
@requires(Permission.VERIFY)
def share(request: MemberRequest, share_id: uuid.UUID) -> HttpResponse:
    """What the candidate achieved, as it stands today, and what goes with it."""
    return _share_page(request, share_id, NoteForm())


@require_POST
@requires(Permission.VERIFY)
def add_note(request: MemberRequest, share_id: uuid.UUID) -> HttpResponse:
    form = NoteForm(request.POST)
    if not form.is_valid():
        return _share_page(request, share_id, form)
    row = _share_in_force(request, share_id)
    reading.add_note(share=row, by=request.user, text=form.cleaned_data["text"], now=timezone.now())
    return _to_notes(request, share_id)


@require_POST
@requires(Permission.VERIFY)
def delete_note(request: MemberRequest, share_id: uuid.UUID, note_id: uuid.UUID) -> HttpResponse:
    row = _share_in_force(request, share_id)
    if not reading.delete_note(share=row, note_id=note_id, by=request.user):
        raise Http404
    messages.success(request, _("The note is deleted."))
    return _to_notes(request, share_id)


@require_safe
@requires(Permission.VERIFY)
def statement(request: MemberRequest, share_id: uuid.UUID) -> HttpResponse:
    """The Statement of Results as a PDF file."""
    opened = _open(request, share_id, Channel.STATEMENT)
    return pdf(door.statement(opened, now=timezone.now()), opened.reference_number)


@require_safe
@requires(Permission.VERIFY)
def photo(request: MemberRequest, share_id: uuid.UUID) -> HttpResponse:
    """The test-day photo."""
    return jpeg(door.photo(_open(request, share_id, Channel.PHOTO)))


def _share_page(request: MemberRequest, share_id: uuid.UUID, form: NoteForm) -> HttpResponse:
    now = timezone.now()
    opened = _open(request, share_id, Channel.PAGE)
    search = Search.of(request)
    before, after = listing_of(request, search, now).neighbours(share_id)
    row = _share_in_force(request, share_id)
    context = {
        "opened": opened,
        "view": opened.view,
        "changes": door.see(opened=opened, organisation=request.organisation, user=request.user, now=now),
        "meets": _meets(request, opened),
        "others": door.others_of_candidate(
            organisation=request.organisation, share_id=share_id, user=request.user, now=now
        ),
        "notes": reading.notes_on(row),
        "me": user_actor(request.user),
        "form": form,
        "search": search,
        "before": before,
        "after": after,
    }
    return render(request, "sharing/shared_results/share.html", context)


def _total(listing: Listing, page: door.Page) -> str:
    """How many results the list has, in words; a list of one page needs no counting."""
    count = listing.total() if page.previous or page.next else len(page.lines)
    if count > door.MOST_COUNTED:
        return _("%(most)s+ results") % {"most": f"{door.MOST_COUNTED:,}"}
    return ngettext("%(count)s result", "%(count)s results", count) % {"count": f"{count:,}"}


def _meets(request: MemberRequest, opened: door.Opened) -> Meets:
    view = opened.view
    return assess(
        organisation=request.organisation,
        exam=view.exam,
        score=view.score,
        label=view.label,
        status=view.status,
        exam_date=view.exam_date,
        today=timezone.localdate(),
    )


def _moment(text: str) -> datetime | None:
    """An aware time, of a year when there was such a list; None for anything else."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo and moment.year >= FIRST_DAY.year else None


def _back_to_list(request: HttpRequest) -> HttpResponse:
    """With the filter and on the page from which the form was sent."""
    return redirect(f"{reverse('sharing:shared_results')}{_query(request.GET)}")


def _to_notes(request: HttpRequest, share_id: uuid.UUID) -> HttpResponse:
    return redirect(f"{reverse('sharing:share', args=[share_id])}{_query(request.GET)}#notes")


def _query(query: QueryDict) -> str:
    return f"?{query.urlencode()}" if query else ""


def _share_in_force(request: MemberRequest, share_id: uuid.UUID) -> Share:
    found = request.organisation.shares.in_force(timezone.now()).filter(pk=share_id).first()
    if found is None:
        raise Http404
    return found


def _open(request: MemberRequest, share_id: uuid.UUID, channel: Channel) -> door.Opened:
    try:
        return door.open_share(
            organisation=request.organisation,
            share_id=share_id,
            actor=user_actor(request.user),
            channel=channel,
            now=timezone.now(),
        )
    except door.NotAvailableError:
        raise Http404 from None
