"""Results reaching an organisation: shares and verifications, every access to them, the ledger, and the limits."""

from sharing.models.checks import Announcement, Check, Outcome, Pause, Scope
from sharing.models.invitation import OrganisationInvitation
from sharing.models.ledger import Change, ChangeType, Counter
from sharing.models.reading import Note, ReadMark, Seen
from sharing.models.rights import Ending, Share, Verification
from sharing.models.traces import Access, Channel

__all__ = [
    "Access",
    "Announcement",
    "Change",
    "ChangeType",
    "Channel",
    "Check",
    "Counter",
    "Ending",
    "Note",
    "OrganisationInvitation",
    "Outcome",
    "Pause",
    "ReadMark",
    "Scope",
    "Seen",
    "Share",
    "Verification",
]
