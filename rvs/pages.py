"""Public pages: what the service is, help, accessibility, privacy."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from organisations.api_clients import slate
from organisations.models import Membership
from results.catalogue import CEFR_DESCRIPTIONS, EXAMS
from rvs.help import TOPICS

# The page a signed-in person starts on.
VERIFIER_START: Final = "sharing:shared_results"
STAFF_START: Final = "admin:index"
CANDIDATE_START: Final = "candidate:results"
FOR_SCHOOLS: Final = " for Schools"


def start_page(request: HttpRequest) -> str:
    """The route on which a signed-in person begins; staff who also belong to an organisation begin as verifiers."""
    if getattr(request, "organisation", None) is not None:
        return VERIFIER_START
    return STAFF_START if getattr(request.user, "is_staff", False) else CANDIDATE_START


def qualifications() -> list[tuple[str, str]]:
    """Names of the exams in the catalogue's order, each with the name of its version for Schools, or ""."""
    names = [exam.display_name for exam in EXAMS.values()]
    return [
        (name, schools if (schools := name + FOR_SCHOOLS) in names else "")
        for name in names
        if not name.endswith(FOR_SCHOOLS)
    ]


@login_not_required
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        _remind_of_invitation(request)
        return redirect(start_page(request))
    return render(request, "pages/landing.html", {"qualifications": qualifications()})


def _remind_of_invitation(request: HttpRequest) -> None:
    """Whoever set a password by another link than the invitation's would look for their organisation in vain."""
    membership: Membership | None = getattr(request.user, "membership", None)
    if membership and membership.is_active and membership.is_pending:
        text = _("%(organisation)s has invited you. To accept, open the link in the newest e-mail about it.")
        messages.info(request, text % {"organisation": membership.organisation.name})


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/accessibility.html")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/privacy.html")


@login_not_required
@require_safe
def help_index(request: HttpRequest) -> HttpResponse:
    return render(request, "pages/help/index.html", {"topics": TOPICS})


@login_not_required
@require_safe
def help_topic(request: HttpRequest, slug: str) -> HttpResponse:
    for topic in TOPICS:
        if topic.slug == slug:
            context = {"topic": topic, "topics": TOPICS, "levels": CEFR_DESCRIPTIONS, **_for_programs()}
            return render(request, f"pages/help/{topic.slug}.html", context)
    raise Http404


def _for_programs() -> dict[str, object]:
    """What is copied from the pages about programs."""
    today = timezone.localdate()
    return {
        "base_url": settings.PUBLIC_BASE_URL,
        "base_host": urlsplit(settings.PUBLIC_BASE_URL).hostname,
        "slate_definition": slate.format_definition(),
        "slate_test_types": slate.test_types(),
        "slate_components": slate.components(),
        "slate_from": today - timedelta(days=30),
        "slate_to": today,
    }
