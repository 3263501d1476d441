"""The Primary User's role passes to another user."""

from functools import partial

from allauth.account.decorators import reauthentication_required
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from organisations import handover
from organisations.errors import NoSuchOfferError
from organisations.forms import HandoverForm
from organisations.models import Membership
from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import attempt, show


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_USERS)
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def offer_role(request: MemberRequest) -> HttpResponse:
    form = HandoverForm(request.POST or None, membership=request.membership)
    if request.method == "POST" and form.is_valid():
        taker: Membership = form.cleaned_data["taker"]
        offer = partial(handover.offer, taker=taker, by=request.user)
        text = _("%(name)s has been sent an e-mail. You stay Primary User until the offer is accepted.")
        return attempt(request, offer, text % {"name": taker.shown_name})
    waiting = getattr(request.organisation, "handover", None)
    return show(request, "users", "handover_offer", {"form": form, "handover": waiting})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VIEW_ORGANISATION)
@reauthentication_required  # type: ignore[untyped-decorator]
def accept_role(request: MemberRequest) -> HttpResponse:
    """Where the mail about an offer leads."""
    if request.method == "POST":
        accept = partial(handover.accept, organisation=request.organisation, by=request.user)
        return attempt(request, accept, _("You are the Primary User from now on."))
    waiting = getattr(request.organisation, "handover", None)
    if waiting is None or waiting.taker_id != request.membership.pk:
        return attempt(request, _no_offer, "")
    return show(request, "users", "handover_accept", {"handover": waiting})


def _no_offer() -> None:
    raise NoSuchOfferError


@require_POST
@requires(Permission.VIEW_ORGANISATION)
def end_offer(request: MemberRequest) -> HttpResponse:
    end = partial(handover.end, organisation=request.organisation, by=request.user)
    return attempt(request, end, _("The offer has ended. Everything stays as it was."))
