"""The tab Webhooks: programs of the organisation that are told what happens."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.paging import paged
from notifications.models import MessageState, Webhook, WebhookMessage
from notifications.webhooks import endpoints, listing, signing
from notifications.webhooks.endpoints import CreatedAlreadyError
from notifications.webhooks.forms import NewWebhookForm, SecretForm, WebhookForm, initial
from organisations.errors import UserError
from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import show

T = TypeVar("T")
FOLDER = "notifications/webhooks"
ON_A_PAGE = 25
ATTEMPTS_SHOWN = 100  # hourly over three days are fewer


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def webhooks(request: MemberRequest) -> HttpResponse:
    """Every user sees that they exist, and whether they work."""
    return _show(request, "list", {"rows": listing.rows(request.organisation)})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_API)
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@sensitive_variables("secret", "context")
def create(request: MemberRequest) -> HttpResponse:
    """The secret stands in the answer to the form, and nowhere else: no address shows it a second time."""
    form = NewWebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            webhook, secret = endpoints.create(
                organisation=request.organisation, by=request.user, now=timezone.now(), **form.cleaned_data
            )
        except CreatedAlreadyError as problem:
            messages.warning(request, str(problem))
            return redirect("notifications:webhooks")
        except UserError as problem:
            form.add_error(None, str(problem))
        else:
            return _show(request, "secret", {"webhook": webhook, "secret": secret, "is_new": True})
    return _show(request, "create", {"form": form})


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def webhook(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """What it hears of, how it does, and the log of its messages."""
    found = _webhook(request, webhook_id)
    (row,) = listing.describe(request.organisation, [found])
    state = request.GET.get("state", "")
    log = found.messages.all()
    if state in MessageState.values:
        log = log.filter(state=state)
    context = {
        "row": row,
        "webhook": found,
        "states": MessageState.choices,
        "state": state,
        **paged(request, log, ON_A_PAGE, query=f"state={state}" if state in MessageState.values else ""),
    }
    return _show(request, "webhook", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_API)
@reauthentication_required  # type: ignore[untyped-decorator]
def edit(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    found = _webhook(request, webhook_id)
    form = WebhookForm(request.POST or None, initial=initial(found))
    if request.method == "POST" and form.is_valid():
        return _attempt(
            request,
            partial(endpoints.change, webhook=found, **form.cleaned_data),
            lambda _done: _say(request, found, _("The webhook “%(name)s” has been saved.") % form.cleaned_data),
        )
    return _show(request, "edit", {"form": form, "webhook": found})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_API)
@reauthentication_required  # type: ignore[untyped-decorator]
@sensitive_variables("secret", "context")
def replace_secret(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """The new secret stands in the answer to the form alone."""
    found = _webhook(request, webhook_id)
    form = SecretForm(request.POST if request.method == "POST" else None)  # an unticked box sends nothing

    @sensitive_variables("secret")
    def shown(secret: str) -> HttpResponse:
        found.refresh_from_db()
        return _show(request, "secret", {"webhook": found, "secret": secret, "is_new": False})

    if request.method == "POST" and form.is_valid():
        return _attempt(request, partial(endpoints.replace_secret, webhook=found, **form.cleaned_data), shown)
    return _show(request, "replace_secret", {"form": form, "webhook": found, "hours": endpoints.OVERLAP_HOURS})


@require_POST
@requires(Permission.MANAGE_API)
def test(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    found = _webhook(request, webhook_id)
    return _attempt(
        request,
        partial(endpoints.test, webhook=found),
        lambda message: redirect("notifications:webhook_message", found.pk, message.pk),
    )


@require_POST
@requires(Permission.MANAGE_API)
def switch_off(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    found = _webhook(request, webhook_id)
    said = _("The webhook is switched off. Nothing is lost: it goes on from here when you switch it on again.")
    return _attempt(request, partial(endpoints.switch_off, webhook=found), lambda _done: _say(request, found, said))


@require_POST
@requires(Permission.MANAGE_API)
def switch_on(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    found = _webhook(request, webhook_id)
    said = _("The webhook is switched on. What waited, and what has happened since, is sent now.")
    return _attempt(request, partial(endpoints.switch_on, webhook=found), lambda _done: _say(request, found, said))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_API)
def delete(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """A page that says what follows, with the button."""
    found = _webhook(request, webhook_id)
    if request.method == "POST":
        try:
            endpoints.delete(webhook=found, by=request.user)
        except UserError as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("The webhook “%(name)s” has been deleted.") % {"name": found.name})
        return redirect("notifications:webhooks")
    (row,) = listing.describe(request.organisation, [found])
    return _show(request, "delete", {"webhook": found, "row": row})


@require_POST
@requires(Permission.MANAGE_API)
def send_all_again(request: MemberRequest, webhook_id: uuid.UUID) -> HttpResponse:
    """Everything that was given up."""
    found = _webhook(request, webhook_id)
    said = _("What was given up waits again, and is sent as soon as the webhook is on.")
    return _attempt(request, partial(endpoints.send_again, webhook=found), lambda _number: _say(request, found, said))


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def message(request: MemberRequest, webhook_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """What was sent, when, and what the receiver answered."""
    found = _message(request, webhook_id, message_id)
    context = {
        "webhook": found.webhook,
        "message": found,
        "body": signing.body_of(found).decode(),
        "attempts": found.attempts.all()[:ATTEMPTS_SHOWN],
        "soon": found.is_sent_soon(timezone.now()),
    }
    return _show(request, "message", context)


@require_POST
@requires(Permission.MANAGE_API)
def send_again(request: MemberRequest, webhook_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    found = _message(request, webhook_id, message_id)
    return _attempt(
        request,
        partial(endpoints.send_again, webhook=found.webhook, message_id=found.pk),
        lambda _number: redirect("notifications:webhook_message", webhook_id, message_id),
    )


def _webhook(request: MemberRequest, webhook_id: uuid.UUID) -> Webhook:
    """One of the organisation's, or 404."""
    found = request.organisation.webhooks.select_related("organisation").filter(pk=webhook_id).first()
    if found is None:
        raise Http404
    return found


def _message(request: MemberRequest, webhook_id: uuid.UUID, message_id: uuid.UUID) -> WebhookMessage:
    rows = _webhook(request, webhook_id).messages.select_related("webhook", "change")
    found = rows.filter(pk=message_id).first()
    if found is None:
        raise Http404
    return found


@sensitive_variables("done")
def _attempt(request: MemberRequest, action: Callable[..., T], then: Callable[[T], HttpResponse]) -> HttpResponse:
    """Let the user do it now, and go on with what came of it; if it cannot be done, the list says why."""
    try:
        done = action(by=request.user, now=timezone.now())
    except UserError as problem:
        messages.error(request, str(problem))
        return redirect("notifications:webhooks")
    return then(done)


def _say(request: MemberRequest, found: Webhook, said: str) -> HttpResponse:
    """On the webhook's page."""
    messages.success(request, said)
    return redirect("notifications:webhook", found.pk)


def _show(request: MemberRequest, template: str, context: dict[str, object]) -> HttpResponse:
    return show(request, "webhooks", template, context, folder=FOLDER)
