"""The tab Activity."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import user_actor
from organisations import activity
from organisations.forms import ActivityForm
from organisations.permissions import MemberRequest, Permission, may, requires
from organisations.views.page import show


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def activity_list(request: MemberRequest) -> HttpResponse:
    """What the organisation's users did; an Admin User sees their own."""
    form = _form(request)
    before = request.GET.get("before", "")
    found = activity.page(request.organisation, _wanted(request, form), before=int(before) if _is_id(before) else None)
    return show(request, "activity", "activity", {"form": form, "found": found})


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def activity_file(request: MemberRequest) -> HttpResponse:
    """The same as a CSV file."""
    wanted = _wanted(request, _form(request))
    lines = activity.table(request.organisation, wanted, by=request.user)
    response = HttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="activity-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


def _form(request: MemberRequest) -> ActivityForm:
    sees_all = may(request.membership, Permission.VIEW_ALL_ACTIVITY)
    return ActivityForm(request.GET or None, people=activity.people(request.organisation) if sees_all else None)


def _wanted(request: MemberRequest, form: ActivityForm) -> activity.Filter:
    chosen = form.cleaned_data if form.is_valid() else {}
    own = "" if may(request.membership, Permission.VIEW_ALL_ACTIVITY) else user_actor(request.user)
    return activity.Filter(actor=own or chosen.get("user", ""), since=chosen.get("since"), until=chosen.get("until"))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19  # what a bigint holds
