"""Results reaching an organisation: shares and verifications, every access to them, the ledger, and the limits."""

from sharing.models.checks import Announcement, Check, Outcome, Pause, Scope
from sharing.models.invitation import OrganisationInvitation
from sharing.models.ledger import Change, ChangeType, Counter
from sharing.models.notices import CandidateNotice, CandidateWishes, NoticeState, NoticeType, OrganisationNotice
from sharing.models.reading import Note, ReadMark, Seen
from sharing.models.rights import Ending, Share, Verification
from sharing.models.traces import Access, Channel

__all__ = [
    "Access",
    "Announcement",
    "CandidateNotice",
    "CandidateWishes",
    "Change",
    "ChangeType",
    "Channel",
    "Check",
    "Counter",
    "Ending",
    "Note",
    "NoticeState",
    "NoticeType",
    "OrganisationInvitation",
    "OrganisationNotice",
    "Outcome",
    "Pause",
    "ReadMark",
    "Scope",
    "Seen",
    "Share",
    "Verification",
]
