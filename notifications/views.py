"""The page Email Notifications, and the way out of the digests that needs no log-in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import refused
from notifications import preferences, unsubscribing
from notifications.forms import PreferenceForm
from organisations.errors import UserError
from organisations.permissions import MemberRequest, Permission, may, requires
from results import catalogue


@require_safe
@requires(Permission.VERIFY)
def settings(request: MemberRequest) -> HttpResponse:
    """What the user gets now."""
    preference = request.membership.notification_preference
    context = {
        "preference": preference,
        "subscriptions": {each.stream: each for each in request.membership.subscriptions.all()},
        "exams": [catalogue.get(code).display_name for code in preference.exams],
        "hour": f"{preference.hour:02}:00",
        "named": hasattr(request.organisation, "named_digests"),
        "is_primary": may(request.membership, Permission.MANAGE_ORGANISATION),
        "suspended": refused.is_suspended(request.user.email),
        "asks_something": request.organisation.accepted_exams.exists(),
    }
    return render(request, "notifications/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.VERIFY)
def edit(request: MemberRequest) -> HttpResponse:
    frequencies = dict(request.membership.subscriptions.values_list("stream", "frequency"))
    preference = request.membership.notification_preference
    form = PreferenceForm(request.POST or None, preference=preference, frequencies=frequencies)
    if request.method == "POST" and form.is_valid():
        try:
            preferences.save(
                membership=request.membership, frequencies=form.frequencies, now=timezone.now(), **form.wishes
            )
        except preferences.PrimaryHearsError:
            messages.error(request, _("You have become the Primary User: choose how you hear of changes."))
        else:
            messages.success(request, _("Your e-mail notifications have been saved."))
        return redirect("notifications:settings")
    context = {"form": form, "asks_something": request.organisation.accepted_exams.exists()}
    return render(request, "notifications/edit.html", context)


@require_POST
@requires(Permission.VERIFY)
def keep(request: MemberRequest) -> HttpResponse:
    """The user has read what they get, and is content."""
    preferences.keep(membership=request.membership, now=timezone.now())
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "notifications:settings")


@require_POST
@requires(Permission.MANAGE_ORGANISATION)
def choose_names(request: MemberRequest) -> HttpResponse:
    """For all users of the organisation: candidates' names in digests, or not."""
    named = request.POST.get("named") == "yes"
    try:
        preferences.choose_names(organisation=request.organisation, by=request.user, named=named, now=timezone.now())
    except UserError as problem:
        messages.error(request, str(problem))
    else:
        on, off = _("Digests now name candidates."), _("Digests no longer name candidates.")
        messages.success(request, on if named else off)
    return redirect("notifications:settings")


@csrf_exempt  # mail programs post here, without a session and without having seen the page (RFC 8058)
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A button; only pressing it changes something."""
    subscription = unsubscribing.open_link(token)
    if subscription is None:
        return render(request, "notifications/unsubscribe_over.html", status=404)
    context = {"subscription": subscription, "left": unsubscribing.lowest(subscription)}
    if request.method == "POST":
        context["left"] = unsubscribing.unsubscribe(subscription)
        return render(request, "notifications/unsubscribed.html", context)
    return render(request, "notifications/unsubscribe.html", context)
