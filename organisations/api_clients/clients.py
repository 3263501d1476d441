"""What the Primary User does with the programs of the organisation; and what comes of it when people leave."""

import string
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken

from accounts import audit
from accounts.models import Action, User
from organisations.api_clients import secrets
from organisations.api_clients.exposure import tell_primary
from organisations.errors import UserError
from organisations.locking import lock, require_primary
from organisations.models import ApiClient, Organisation

LIVE_AT_ONCE: Final = 10
WARN_DAYS: Final = (60, 30, 7)


class TooManyClientsError(UserError):
    message = _("There can be at most ten clients at once. Revoke one that is not needed any more.")


class NameTakenError(UserError):
    message = _("Another client has this name already")


class RevokedError(UserError):
    message = _("This client has been revoked already")


class CreatedAlreadyError(UserError):
    message = _("This client has been created already. Its secret is shown only once; if you lost it, create another.")


@transaction.atomic
def create(
    *,
    organisation: Organisation,
    by: User,
    client_id: uuid.UUID,
    name: str,
    scopes: Sequence[str],
    allowed_addresses: Sequence[str],
    expires_at: datetime,
    secret: str = "",
) -> tuple[ApiClient, str]:
    """A new client and its secret, which nobody can read again.

    Args:
        client_id: from the form, so that the same form sent twice makes one client.
        secret: a given one, for the demonstration.

    Raises:
        UserError: there are too many, the name is taken, the form was sent before, or `by` is no longer the Primary
            User.
    """
    organisation = lock(organisation)
    require_primary(organisation, by)
    if ApiClient.objects.filter(pk=client_id).exists():
        raise CreatedAlreadyError
    if organisation.api_clients.live(timezone.now()).count() >= LIVE_AT_ONCE:
        raise TooManyClientsError
    _require_free(organisation, name)
    secret = secret or secrets.new_secret()
    client = ApiClient.objects.create(
        id=client_id,
        organisation=organisation,
        name=name,
        secret_digest=secrets.digest(secret),
        scopes=list(scopes),
        allowed_addresses=list(allowed_addresses),
        created_by=audit.user_actor(by),
        expires_at=expires_at,
        warned_days=_passed(expires_at - timezone.now()),
    )
    _record(by, Action.API_CLIENT_CREATED, client, scopes=list(scopes))
    return client, secret


@transaction.atomic
def change(*, client: ApiClient, by: User, name: str, scopes: Sequence[str], allowed_addresses: Sequence[str]) -> None:
    """From its next request on; tokens that it has lose a scope that it loses.

    Raises:
        UserError: the name is taken, it was revoked meanwhile, or `by` is no longer the Primary User.
    """
    client = _locked(client, by)
    _require_free(client.organisation, name, but=client)
    client.name, client.scopes, client.allowed_addresses = name, list(scopes), list(allowed_addresses)
    client.save(update_fields=["name", "scopes", "allowed_addresses"])
    _record(by, Action.API_CLIENT_CHANGED, client, scopes=list(scopes), restricted=bool(allowed_addresses))


@transaction.atomic
def revoke(*, client: ApiClient, by: User) -> None:
    """Shut it out from its next request on, for good.

    Raises:
        UserError: it was revoked before, or `by` is no longer the Primary User.
    """
    client = _locked(client, by)
    _end(client)
    _record(by, Action.API_CLIENT_REVOKED, client)


@transaction.atomic
def revoke_by_staff(*, client: ApiClient, by: User, reason: str) -> None:
    """Shut it out because its secret has leaked, or for another reason; the Primary User is told by mail.

    Raises:
        RevokedError: it was revoked before.
    """
    client = _not_revoked(lock(client.organisation), client)
    _end(client)
    _record(by, Action.API_CLIENT_REVOKED, client, reason=reason)
    tell_primary(client, "api_client_revoked", reason=reason)


def _end(client: ApiClient) -> None:
    client.revoked_at = timezone.now()
    client.save(update_fields=["revoked_at"])
    AccessToken.objects.filter(application=client).delete()


def end_tokens(organisation: Organisation) -> None:
    """The tokens of a suspended organisation do not come back with it; its clients do."""
    AccessToken.objects.filter(application__organisation=organisation).delete()


def tell_of_leaver(organisation: Organisation, leaver: User) -> None:
    """Clients belong to the organisation and stay; but whoever created them saw their secrets.

    The Primary User is told which, to replace them.
    """
    clients = organisation.api_clients.live(timezone.now()).filter(created_by=audit.user_actor(leaver))
    left = list(clients.select_related("organisation"))
    if left:
        tell_primary(left[0], "api_clients_left", names=[client.name for client in left])


@transaction.atomic
def warn(client_id: uuid.UUID, now: datetime) -> None:
    """Tell the Primary User that a client expires soon: once for each of WARN_DAYS, the nearest alone."""
    client = (
        ApiClient.objects.to_warn_of(now, now + timedelta(days=max(WARN_DAYS)))
        .select_for_update(of=("self",))
        .select_related("organisation")
        .filter(pk=client_id)
        .first()
    )
    due = _passed(client.expires_at - now) if client else None
    if client is None or due is None or (client.warned_days is not None and client.warned_days <= due):
        return
    client.warned_days = due
    client.save(update_fields=["warned_days"])
    tell_primary(client, "api_client_expires", days=client.days_left)


def warn_of_expiry(now: datetime) -> None:
    """Everybody who must be told; each in a transaction of its own."""
    for pk in ApiClient.objects.to_warn_of(now, now + timedelta(days=max(WARN_DAYS))).values_list("pk", flat=True):
        warn(pk, now)


def forget_tokens(now: datetime) -> None:
    AccessToken.objects.filter(expires__lte=now).delete()


def next_name(client: ApiClient) -> str:
    """A free name for its successor: “Slate 2” after “Slate”."""
    taken = {name.casefold() for name in client.organisation.api_clients.values_list("name", flat=True)}
    stem = client.name.rstrip(string.digits).rstrip() or client.name
    names = (f"{stem[:55]} {number}" for number in range(2, len(taken) + 3))
    return next(name for name in names if name.casefold() not in taken)


def _passed(left: timedelta) -> int | None:
    """The smallest of WARN_DAYS that there is no more time than."""
    return min((days for days in WARN_DAYS if left <= timedelta(days=days)), default=None)


def _locked(client: ApiClient, by: User) -> ApiClient:
    organisation = lock(client.organisation)
    require_primary(organisation, by)
    return _not_revoked(organisation, client)


def _not_revoked(organisation: Organisation, client: ApiClient) -> ApiClient:
    """The client of a locked organisation, locked."""
    client = organisation.api_clients.select_for_update(of=("self",)).select_related("organisation").get(pk=client.pk)
    if client.revoked_at:
        raise RevokedError
    return client


def _require_free(organisation: Organisation, name: str, but: ApiClient | None = None) -> None:
    named = organisation.api_clients.filter(revoked_at=None, name__iexact=name)
    if any(other != but for other in named):
        raise NameTakenError


def _record(by: User, action: Action, client: ApiClient, **detail: object) -> None:
    audit.record(
        actor=audit.user_actor(by),
        action=action,
        target=audit.client_actor(client.pk),
        organisation=str(client.organisation_id),
        detail=detail,
    )
