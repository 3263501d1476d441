"""Mails to the Primary User about something of the organisation."""

from accounts import mails
from organisations.models import Organisation, Role


def tell_primary(organisation: Organisation, template: str, **words: object) -> None:
    """Put one into the outbox, in the caller's transaction; without a Primary User there is nobody to tell."""
    primary = organisation.memberships.in_force().select_related("user").filter(role=Role.PRIMARY).first()
    if primary:
        mails.send(template, primary.user.email, {"organisation": organisation, **words})
