"""My results: what a candidate achieved, as organisations see it."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthenticatedRequest
from accounts.models import Action
from results import claims, own
from sharing.candidate import wishes
from sharing.responses import jpeg, pdf


@require_safe
def results(request: AuthenticatedRequest) -> HttpResponse:
    return render(request, "candidate/results.html", {"results": own.results_of(request.user)})


@require_safe
def details(request: AuthenticatedRequest, claim_id: uuid.UUID) -> HttpResponse:
    opened = _open(request, claim_id, Action.RESULT_VIEWED)
    context = {"opened": opened, "view": opened.view, "wishes": wishes.of(request.user)}
    return render(request, "candidate/result.html", context)


@require_safe
def statement(request: AuthenticatedRequest, claim_id: uuid.UUID) -> HttpResponse:
    """The Statement of Results as a PDF file."""
    opened = _open(request, claim_id, Action.STATEMENT_DOWNLOADED)
    return pdf(own.statement(opened, now=timezone.now()), opened.reference_number)


@require_safe
def photo(request: AuthenticatedRequest, claim_id: uuid.UUID) -> HttpResponse:
    """The test-day photo; its owner sees it also while it is hidden."""
    return jpeg(own.photo(_open(request, claim_id, Action.PHOTO_VIEWED)))


@require_POST
def hide_photo(request: AuthenticatedRequest, claim_id: uuid.UUID) -> HttpResponse:
    _switch_photo(request, claim_id, hidden=True)
    messages.success(request, _("Your photo is hidden. From now on no organisation sees it."))
    return redirect("candidate:result", claim_id)


@require_POST
def show_photo(request: AuthenticatedRequest, claim_id: uuid.UUID) -> HttpResponse:
    _switch_photo(request, claim_id, hidden=False)
    messages.success(request, _("Your photo is no longer hidden."))
    return redirect("candidate:result", claim_id)


def _switch_photo(request: AuthenticatedRequest, claim_id: uuid.UUID, *, hidden: bool) -> None:
    claim = claims.of(request.user).filter(pk=claim_id).first()
    if claim is None:
        raise Http404
    claims.hide_photo(claim=claim, hidden=hidden, by=request.user)


def _open(request: AuthenticatedRequest, claim_id: uuid.UUID, action: Action) -> own.Own:
    try:
        return own.open_own(user=request.user, claim_id=claim_id, action=action)
    except own.NotOwnError:
        raise Http404 from None
