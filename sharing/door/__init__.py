"""The one door to a result: whatever an organisation gets of a result, it gets through these functions.

They check the organisation's right today, a share or a verification, and write who looked in the same transaction.  A
test shows that no other code hands a result to an organisation (tests/test_architecture.py).
"""

from sharing.door.acknowledging import Waiting, acknowledge, waiting
from sharing.door.changes import Kind, kinds_of
from sharing.door.checking import (
    RIGHT_LASTS,
    Matched,
    Recent,
    changed_verifications,
    check_announced,
    check_by_number,
    recent_verifications,
)
from sharing.door.criteria import Column, Criteria, Order
from sharing.door.fresh import new_or_changed, of_exams
from sharing.door.history import Acknowledged, Changes, Difference, Step, see
from sharing.door.listing import MOST_COUNTED, Line, Listing, Page, Position, others_of_candidate
from sharing.door.news import Counts, Follower, changed_results, names, new_results
from sharing.door.opening import Opened, open_right, open_share, open_verification, photo, statement
from sharing.door.rights import NotAvailableError, RightId, RightKind
from sharing.door.taking import Taken, take

__all__ = [
    "MOST_COUNTED",
    "RIGHT_LASTS",
    "Acknowledged",
    "Changes",
    "Column",
    "Counts",
    "Criteria",
    "Difference",
    "Follower",
    "Kind",
    "Line",
    "Listing",
    "Matched",
    "NotAvailableError",
    "Opened",
    "Order",
    "Page",
    "Position",
    "Recent",
    "RightId",
    "RightKind",
    "Step",
    "Taken",
    "Waiting",
    "acknowledge",
    "changed_results",
    "changed_verifications",
    "check_announced",
    "check_by_number",
    "kinds_of",
    "names",
    "new_or_changed",
    "new_results",
    "of_exams",
    "open_right",
    "open_share",
    "open_verification",
    "others_of_candidate",
    "photo",
    "recent_verifications",
    "see",
    "statement",
    "take",
    "waiting",
]
