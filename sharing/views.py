"""Candidate Search."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import user_actor
from organisations.permissions import MemberRequest, Permission, requires
from sharing import door
from sharing.forms import CandidateSearchForm
from sharing.models import Channel, Pause
from sharing.responses import acknowledge_changes, jpeg, pdf


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VERIFY)
def candidate_search(request: MemberRequest) -> HttpResponse:
    """The form and the organisation's recent verifications; a POST checks."""
    form = CandidateSearchForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        now = timezone.now()
        context = {
            "form": form,
            "changed": door.changed_verifications(organisation=request.organisation, now=now),
            "recent": door.recent_verifications(organisation=request.organisation, now=now),
        }
        return render(request, "sharing/candidate_search.html", context)
    found = door.check_by_number(
        organisation=request.organisation,
        actor=user_actor(request.user),
        number=form.cleaned_data["reference_number"],
        date_of_birth=form.cleaned_data["date_of_birth"],
        applicant_reference=form.cleaned_data["applicant_reference"],
        now=timezone.now(),
    )
    if isinstance(found, Pause):
        return _checks_paused(request, found)
    if found is None:
        return render(request, "sharing/no_match.html")
    return redirect("sharing:verification", found)


def _checks_paused(request: HttpRequest, pause: Pause) -> HttpResponse:
    response = render(request, "sharing/checks_paused.html", {"pause": pause}, status=429)
    response["Retry-After"] = str(max(1, int((pause.until - timezone.now()).total_seconds()) + 1))
    return response


@require_safe
@requires(Permission.VERIFY)
def verification(request: MemberRequest, verification_id: uuid.UUID) -> HttpResponse:
    """What the candidate achieved, as it stands today."""
    opened = _open(request, verification_id, Channel.PAGE)
    changes = door.see(opened=opened, organisation=request.organisation, user=request.user, now=timezone.now())
    return render(request, "sharing/verification.html", {"opened": opened, "view": opened.view, "changes": changes})


@require_POST
@requires(Permission.VERIFY)
def acknowledge(request: MemberRequest, verification_id: uuid.UUID) -> HttpResponse:
    """The organisation has seen that the result changed."""
    acknowledge_changes(request, door.RightId(door.RightKind.VERIFICATION, verification_id))
    return redirect("sharing:verification", verification_id)


@require_safe
@requires(Permission.VERIFY)
def statement(request: MemberRequest, verification_id: uuid.UUID) -> HttpResponse:
    """The Statement of Results as a PDF file."""
    opened = _open(request, verification_id, Channel.STATEMENT)
    return pdf(door.statement(opened, now=timezone.now()), opened.reference_number)


@require_safe
@requires(Permission.VERIFY)
def photo(request: MemberRequest, verification_id: uuid.UUID) -> HttpResponse:
    """The test-day photo."""
    return jpeg(door.photo(_open(request, verification_id, Channel.PHOTO)))


def _open(request: MemberRequest, verification_id: uuid.UUID, channel: Channel) -> door.Opened:
    try:
        return door.open_verification(
            organisation=request.organisation,
            verification_id=verification_id,
            actor=user_actor(request.user),
            channel=channel,
            now=timezone.now(),
        )
    except door.NotAvailableError:
        raise Http404 from None
