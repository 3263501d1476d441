"""The tab API: programs of the organisation."""

import uuid

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from organisations.api_clients import clients, listing, secrets
from organisations.api_clients.clients import CreatedAlreadyError, NameTakenError
from organisations.api_clients.forms import ClientForm, NewClientForm, initial
from organisations.errors import UserError
from organisations.models import ApiClient
from organisations.permissions import MemberRequest, Permission, requires
from organisations.views.page import show


@require_safe
@requires(Permission.VIEW_ORGANISATION)
def api(request: MemberRequest) -> HttpResponse:
    """Every user sees that clients exist, and when they were used."""
    rows = listing.rows(request.organisation)
    live = [row for row in rows if row.client.state == "live"]
    context = {
        "rows": rows,
        "live": live,
        "example": live[0].client.client_id if live else "",
        "most": clients.LIVE_AT_ONCE,
        "base_url": settings.PUBLIC_BASE_URL,
    }
    return show(request, "api", "api", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_API)
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@sensitive_variables("secret", "header", "context")
def create_client(request: MemberRequest) -> HttpResponse:
    """The secret stands in the answer to the form, and nowhere else: no address shows it a second time."""
    like = _named(request, request.GET.get("like", ""))
    form = NewClientForm(request.POST or None, like=like, name=clients.next_name(like) if like else "")
    if request.method == "POST" and form.is_valid():
        wanted = {name: form.cleaned_data[name] for name in ("client_id", "name", "scopes", "allowed_addresses")}
        try:
            client, secret = clients.create(
                organisation=request.organisation, by=request.user, expires_at=form.expires_at, **wanted
            )
        except NameTakenError as problem:
            form.add_error("name", str(problem))
        except CreatedAlreadyError as problem:
            messages.warning(request, str(problem))
            return redirect("organisations:api")
        except UserError as problem:
            form.add_error(None, str(problem))
        else:
            header = secrets.basic_header(client.client_id, secret)
            context = {"client": client, "secret": secret, "header": header, "base_url": settings.PUBLIC_BASE_URL}
            return show(request, "api", "api_secret", context)
    return show(request, "api", "api_create", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_API)
@reauthentication_required  # type: ignore[untyped-decorator]
def edit_client(request: MemberRequest, client_id: uuid.UUID) -> HttpResponse:
    client = _client(request, client_id)
    form = ClientForm(request.POST or None, initial=initial(client))
    if request.method == "POST" and form.is_valid():
        try:
            clients.change(client=client, by=request.user, **form.cleaned_data)
        except NameTakenError as problem:
            form.add_error("name", str(problem))
        except UserError as problem:
            messages.error(request, str(problem))
            return redirect("organisations:api")
        else:
            messages.success(request, _("The client “%(name)s” has been saved.") % form.cleaned_data)
            return redirect("organisations:api")
    return show(request, "api", "api_edit", {"form": form, "client": client})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Permission.MANAGE_API)
def revoke_client(request: MemberRequest, client_id: uuid.UUID) -> HttpResponse:
    """A page that says what follows, with the button; nobody who is in a hurry is asked who they are."""
    client = _client(request, client_id)
    if request.method == "POST":
        try:
            clients.revoke(client=client, by=request.user)
        except UserError as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, _("The client “%(name)s” has been revoked.") % {"name": client.name})
        return redirect("organisations:api")
    return show(request, "api", "api_revoke", {"client": client})


def _client(request: MemberRequest, client_id: uuid.UUID) -> ApiClient:
    """One of the organisation's clients that is not revoked, or 404."""
    found = request.organisation.api_clients.filter(pk=client_id, revoked_at=None).first()
    if found is None:
        raise Http404
    return found


def _named(request: MemberRequest, text: str) -> ApiClient | None:
    """The client whose successor is wanted, if it is one of the organisation's."""
    try:
        return request.organisation.api_clients.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        return None
