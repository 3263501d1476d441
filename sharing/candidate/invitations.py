"""Organisations that a candidate does not find are invited to register."""

from datetime import timedelta
from typing import Final

from django.db import transaction

from accounts import audit, mails, throttle
from accounts.models import Action, User
from results.models import Candidate
from sharing.models import OrganisationInvitation

_AGAIN_AFTER: Final = timedelta(days=30)


@transaction.atomic
def invite(*, by: User, organisation_name: str, website: str, email: str) -> OrganisationInvitation:
    """Write it down for staff, and tell the organisation, unless it was told in the last 30 days.

    The mail names nobody and repeats nothing that was typed: it cannot be misused to send words to strangers.
    """
    invitation = OrganisationInvitation.objects.create(
        candidate=Candidate.objects.filter(pk=by.pk).first(),
        organisation_name=organisation_name,
        website=website,
        email=email.lower(),
    )
    audit.record(actor=audit.user_actor(by), action=Action.ORGANISATION_SUGGESTED, target=f"invitation:{invitation.pk}")
    told = throttle.take(
        kind="organisation told", subject=invitation.email, limit=1, window=_AGAIN_AFTER, now=invitation.sent_at
    )
    if told is None:
        mails.send("sharing/email/organisation_invited", invitation.email, {})
    return invitation
