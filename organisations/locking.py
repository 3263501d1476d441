"""One at a time: whatever changes who may act for an organisation holds its row."""

from accounts.models import User
from organisations.errors import GoneError, NotPrimaryError
from organisations.models import Membership, Organisation, Role


def lock(organisation: Organisation) -> Organisation:
    """The organisation as it is now; others who lock it wait until the transaction ends."""
    return Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def member(membership: Membership) -> Membership:
    """A user of a locked organisation as they are now.

    Raises:
        GoneError: somebody else deleted the user meanwhile.
    """
    found = Membership.objects.select_related("user", "organisation").filter(pk=membership.pk).first()
    if found is None or found.organisation_id != membership.organisation_id:
        raise GoneError
    return found


def require_primary(organisation: Organisation, by: User) -> Membership:
    """The Primary User of a locked organisation, who must be the one who acts.

    Raises:
        NotPrimaryError: the role has passed to somebody else.
    """
    found = organisation.memberships.in_force().select_related("user").filter(role=Role.PRIMARY, user=by).first()
    if found is None:
        raise NotPrimaryError
    return found
