"""Why something cannot be done with an organisation's users, in words for the person who asked for it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class UserError(Exception):
    message: str | Promise = ""

    def __str__(self) -> str:
        return str(self.message)


class AlreadyUserError(UserError):
    message = _("This address belongs to a user of your organisation already")


class ElsewhereError(UserError):
    """Says no more than that: neither where nor who."""

    message = _(
        "This address cannot be added, because it is in use with another organisation. Ask the person for an address "
        "of your organisation, or to be removed over there first. The helpdesk can help."
    )


class ForeignDomainError(UserError):
    message = _("Your organisation allows only users with an address in its own e-mail domains (see Security)")


class PrimaryStaysError(UserError):
    message = _("The Primary User can be neither deactivated nor deleted. Hand the role over to another user first.")


class NotPrimaryError(UserError):
    message = _("You are no longer the Primary User")


class GoneError(UserError):
    message = _("This user has been deleted already")


class NoSuchOfferError(UserError):
    message = _("The offer no longer stands")


class NotActiveError(UserError):
    message = _("Only an active user who has set a password can become the Primary User")


class AnsweredError(UserError):
    message = _("This request has been answered already")


class NotInvitedError(UserError):
    message = _("A link can be sent only to a user who was invited and has not set a password yet")


class WaitsAlreadyError(UserError):
    message = _("A change of name waits for its answer already")


class OutsideError(UserError):
    message = _(
        "Some users have an address outside your e-mail domains. Add the domains under Details, or delete the users."
    )
