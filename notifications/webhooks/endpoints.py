"""What the Primary User does with the webhooks of the organisation."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts import audit, doorbell, throttle
from accounts.limits import Limit
from accounts.models import Action, User
from notifications.models import SwitchedOff, Webhook, WebhookMessage
from notifications.tasks import send_webhooks
from notifications.webhooks import queueing, settling, signing, trail
from organisations.errors import UserError
from organisations.locking import lock, require_primary
from organisations.models import Organisation
from sharing import publishing

MOST: Final = 10
OVERLAP_HOURS: Final = 24
"""How long messages carry signatures with former secrets too, so that a receiver can be given the new one."""
MOST_FORMER: Final = 4
"""A form that is sent twice must not end the secret that the receiver has."""
TESTS: Final = Limit("webhook tests", 60, timedelta(hours=1))


class TooManyWebhooksError(UserError):
    message = _("There can be at most ten webhooks at once. Delete one that is not needed any more.")


class CreatedAlreadyError(UserError):
    message = _("This webhook has been created already. Its secret is shown only once; if you lost it, replace it.")


class DeletedError(UserError):
    message = _("This webhook has been deleted")


class TooManyTestsError(UserError):
    message = _("There were many tests within an hour. Try again later.")


_FORGET_ATTEMPTS: Final = """
    delete from notifications_webhookattempt attempt using notifications_webhookmessage message
    where message.id = attempt.message_id and message.webhook_id = %s
    """
_FORGET_MESSAGES: Final = "delete from notifications_webhookmessage where webhook_id = %s"


@transaction.atomic
def create(
    *,
    organisation: Organisation,
    by: User,
    webhook_id: uuid.UUID,
    name: str,
    address: str,
    events: Sequence[str],
    now: datetime,
) -> tuple[Webhook, str]:
    """A new webhook, which hears of what happens from now on, and its secret, which nobody is shown again.

    Args:
        webhook_id: from the form, so that the same form sent twice makes one.

    Raises:
        UserError: there are too many, the form was sent before, or `by` is no longer the Primary User.
    """
    organisation = lock(organisation)
    require_primary(organisation, by)
    if Webhook.objects.filter(pk=webhook_id).exists():
        raise CreatedAlreadyError
    if organisation.webhooks.count() >= MOST:
        raise TooManyWebhooksError
    publishing.publish(now)
    secret = signing.new_secret()
    webhook = Webhook.objects.create(
        id=webhook_id,
        organisation=organisation,
        name=name,
        address=address,
        events=list(events),
        secret=signing.seal(secret),
        secret_seen_by=audit.user_actor(by),
        created_at=now,
        position=publishing.reached(),
    )
    _record(by, Action.WEBHOOK_CREATED, webhook, events=list(events), place=webhook.place)
    return webhook, secret


@transaction.atomic
def change(*, webhook: Webhook, by: User, name: str, address: str, events: Sequence[str], now: datetime) -> None:
    """From its next message on; at another address what waits is tried at once.

    Raises:
        UserError: it was deleted meanwhile, or `by` is no longer the Primary User.
    """
    webhook = _locked(webhook, by)
    moved = webhook.address != address
    webhook.name, webhook.address, webhook.events = name, address, list(events)
    if moved:
        settling.forgive(webhook)
        queueing.hurry(webhook=webhook, now=now)
        doorbell.ring(send_webhooks)
    webhook.save()
    _record(by, Action.WEBHOOK_CHANGED, webhook, events=list(events), place=webhook.place)


@transaction.atomic
def replace_secret(*, webhook: Webhook, by: User, at_once: bool, now: datetime) -> str:
    """A new secret, which nobody is shown again.  Unless they must end at once, former ones sign too for a while.

    Raises:
        UserError: it was deleted meanwhile, or `by` is no longer the Primary User.
    """
    webhook = _locked(webhook, by)
    secret = signing.new_secret()
    former = webhook.former_secrets if webhook.signs_with_former else []
    webhook.former_secrets = [] if at_once else [webhook.secret, *former][:MOST_FORMER]
    webhook.former_until = None if at_once else now + timedelta(hours=OVERLAP_HOURS)
    webhook.secret, webhook.secret_seen_by = signing.seal(secret), audit.user_actor(by)
    webhook.save()
    _record(by, Action.WEBHOOK_SECRET_REPLACED, webhook, at_once=at_once)
    return secret


@transaction.atomic
def switch_off(*, webhook: Webhook, by: User, now: datetime) -> None:
    """Nothing is sent until it is switched on again, and nothing is lost meanwhile.

    Raises:
        UserError: it was deleted meanwhile, or `by` is no longer the Primary User.
    """
    webhook = _locked(webhook, by)
    if webhook.switched_off_at:
        return
    webhook.switched_off_at, webhook.switched_off_why = now, SwitchedOff.BY_USER
    settling.forgive(webhook)
    webhook.save()
    _record(by, Action.WEBHOOK_SWITCHED_OFF, webhook, why=SwitchedOff.BY_USER.value)


@transaction.atomic
def switch_on(*, webhook: Webhook, by: User, now: datetime) -> None:
    """It goes on where it stood: with what waits, and what has happened since.

    Raises:
        UserError: it was deleted meanwhile, or `by` is no longer the Primary User.
    """
    webhook = _locked(webhook, by)
    if webhook.switched_off_at is None:
        return
    webhook.switched_off_at, webhook.switched_off_why = None, ""
    webhook.save()
    queueing.hurry(webhook=webhook, now=now)
    doorbell.ring(send_webhooks)
    _record(by, Action.WEBHOOK_SWITCHED_ON, webhook)


@transaction.atomic
def test(*, webhook: Webhook, by: User, now: datetime) -> WebhookMessage:
    """Ask for a message that shows whether messages arrive.

    Raises:
        UserError: there were too many, it was deleted meanwhile, or `by` is no longer the Primary User.
    """
    webhook = _locked(webhook, by)
    subject = str(webhook.organisation_id)
    if throttle.take(kind=TESTS.kind, subject=subject, limit=TESTS.count, window=TESTS.window, now=now):
        raise TooManyTestsError
    doorbell.ring(send_webhooks)
    _record(by, Action.WEBHOOK_TESTED, webhook)
    return queueing.ask_for_test(webhook=webhook, now=now)


@transaction.atomic
def send_again(*, webhook: Webhook, by: User, now: datetime, message_id: uuid.UUID | None = None) -> int:
    """Send a message once more, or all that were given up; returns how many.

    Raises:
        UserError: it was deleted meanwhile, or `by` is no longer the Primary User.
    """
    webhook = _locked(webhook, by)
    number = queueing.send_again(webhook=webhook, now=now, message_id=message_id)
    doorbell.ring(send_webhooks)
    _record(by, Action.WEBHOOK_SENT_AGAIN, webhook, messages=number)
    return number


@transaction.atomic
def delete(*, webhook: Webhook, by: User) -> None:
    """With its log, which may be long, and what was still to be sent.

    Raises:
        UserError: it was deleted meanwhile, or `by` is no longer the Primary User.
    """
    webhook = _locked(webhook, by)
    _record(by, Action.WEBHOOK_DELETED, webhook)
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_ATTEMPTS, [webhook.pk])
        cursor.execute(_FORGET_MESSAGES, [webhook.pk])
    webhook.delete()


def _locked(webhook: Webhook, by: User) -> Webhook:
    organisation = lock(webhook.organisation)
    require_primary(organisation, by)
    found = organisation.webhooks.select_for_update(of=("self",)).filter(pk=webhook.pk).first()
    if found is None:
        raise DeletedError
    return found


def _record(by: User, action: Action, webhook: Webhook, **detail: object) -> None:
    trail.record(actor=audit.user_actor(by), action=action, webhook=webhook, **detail)
