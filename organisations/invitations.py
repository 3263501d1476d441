"""The link by which a user of an organisation sets their password: good for seven days, once, and sent again on demand.

It is bound to the membership, to the address it was sent to and to the moment it was sent: whichever of them changes,
an earlier link is worth nothing.  Opening it changes nothing, for scanners of mail open links.
"""

import uuid
from datetime import datetime
from typing import Final

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import again, audit, mails
from accounts.models import Action, Mail, User
from organisations import domains
from organisations.errors import NotInvitedError
from organisations.locking import lock, member, require_primary
from organisations.models import INVITATION_GOOD_FOR, Membership, Role

SALT: Final = "organisations.invitations"
TEMPLATE: Final = "organisations/email/invitation"


@transaction.atomic
def send(*, membership: Membership, by: str) -> None:
    """Send the link, or send it again: an earlier one of this membership is worth nothing from now on.

    Args:
        membership: of a user who has not set a password yet (`accepted_at` is None).
        by: the audit actor.

    Raises:
        ValueError: the membership has been accepted, or is deactivated.
    """
    membership = Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=membership.pk)
    if membership.accepted_at or not membership.is_active:
        raise ValueError("Only a user who was invited and has not accepted can be sent the link.")
    membership.invited_at = now = timezone.now()
    membership.save(update_fields=["invited_at"])
    user, organisation = membership.user, membership.organisation
    context = {
        "link": f"{settings.PUBLIC_BASE_URL}{reverse('organisations:invitation', args=[_token(membership, now)])}",
        "organisation": organisation.name,
        "role": membership.get_role_display(),
        "new": not user.has_usable_password(),
        "application": _application(membership),
    }
    mails.send(TEMPLATE, user.email, context)
    _record(by, Action.INVITATION_SENT, membership)


@transaction.atomic
def resend(*, membership: Membership, by: User) -> None:
    """Send the link again, for the Primary User.

    Raises:
        UserError: the user is gone, has accepted or is deactivated, or `by` is no longer the Primary User.
    """
    require_primary(lock(membership.organisation), by)
    membership = member(membership)
    if membership.accepted_at or not membership.is_active:
        raise NotInvitedError
    send(membership=membership, by=audit.user_actor(by))


@again.maker(TEMPLATE)
def _send_again(mail: Mail, by: str) -> bool:
    """For staff: a new link to whoever still has to accept."""
    waiting = Membership.objects.pending().filter(user__email=mail.recipient.lower(), is_active=True).first()
    if waiting:
        send(membership=waiting, by=by)
    return waiting is not None


def open_link(token: str) -> Membership | None:
    """The membership that waits for this link; None if it is over, or the link is broken, replaced or too old."""
    try:
        key, email, sent = signing.loads(token, salt=SALT, max_age=INVITATION_GOOD_FOR)
        waiting = Membership.objects.pending().filter(
            pk=uuid.UUID(key), is_active=True, user__email=email, invited_at=datetime.fromisoformat(sent)
        )
        return waiting.select_related("user", "organisation").first()
    except (signing.BadSignature, ValueError, TypeError):
        return None


@transaction.atomic
def accept(token: str, *, password: str) -> Membership | None:
    """Make the person a user of the organisation: with this password, or with the one they have.

    Returns:
        None if the link is worth nothing any more: it was used or withdrawn at the same moment.
    """
    opened = open_link(token)
    if opened is None:
        return None
    membership = Membership.objects.select_for_update(of=("self",)).select_related("user").get(pk=opened.pk)
    if not membership.is_pending or membership.invited_at != opened.invited_at or not membership.is_active:
        return None
    user = membership.user
    if not user.has_usable_password():
        get_adapter().set_password(user, password)
    user.job_title = user.job_title or membership.job_title
    user.save(update_fields=["job_title"])
    membership.accepted_at = timezone.now()
    membership.given_name = membership.family_name = membership.job_title = ""
    membership.save(update_fields=["accepted_at", "given_name", "family_name", "job_title"])
    domains.confirm(membership.organisation, user.email)
    _record(audit.user_actor(user), Action.INVITATION_ACCEPTED, membership)
    return membership


def _token(membership: Membership, sent: datetime) -> str:
    return signing.dumps([membership.pk.hex, membership.user.email, sent.isoformat()], salt=SALT, compress=True)


def _application(membership: Membership) -> str:
    """The reference of the application that this user made, which has been approved; "" for everybody else."""
    registration = getattr(membership.organisation, "registration", None)
    if registration and membership.role == Role.PRIMARY and registration.email == membership.user.email:
        return str(registration.reference)
    return ""


def _record(by: str, action: Action, membership: Membership) -> None:
    audit.record(
        actor=by,
        action=action,
        target=audit.user_actor(membership.user),
        organisation=str(membership.organisation_id),
    )
