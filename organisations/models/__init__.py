"""Who may verify: organisations, the people in them, and everybody who asks to be let in."""

from organisations.models.api_client import ApiClient, Scope
from organisations.models.application import (
    Decision,
    JoinRequest,
    JoinState,
    NameChange,
    ReasonText,
    Registration,
    RegistrationMessage,
    RegistrationState,
)
from organisations.models.membership import INVITATION_GOOD_FOR, Handover, Membership, Role
from organisations.models.organisation import (
    AcceptedExam,
    EmailDomain,
    FormerName,
    Organisation,
    OrganisationState,
    OrganisationType,
)

__all__ = [
    "INVITATION_GOOD_FOR",
    "AcceptedExam",
    "ApiClient",
    "Decision",
    "EmailDomain",
    "FormerName",
    "Handover",
    "JoinRequest",
    "JoinState",
    "Membership",
    "NameChange",
    "Organisation",
    "OrganisationState",
    "OrganisationType",
    "ReasonText",
    "Registration",
    "RegistrationMessage",
    "RegistrationState",
    "Role",
    "Scope",
]
