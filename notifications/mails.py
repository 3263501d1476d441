"""What the mails of the digests say: how many, of which exams, and where to look.  Never what a result says."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.urls import reverse

from accounts import mails
from accounts.mails import Letter
from accounts.models import MailKind
from notifications.due import Due
from notifications.models import Stream
from notifications.unsubscribing import address as unsubscribe_address
from results import catalogue
from sharing.door import Counts, Kind

FOLDER: Final = "notifications/email/"


def digest(due: Due, counts: Counts, names: Sequence[str]) -> Letter:
    """The mail about one digest, with its id."""
    unsubscribe = unsubscribe_address(due.membership, due.stream)
    words = {
        "count": counts.total,
        "organisation": due.organisation_name,
        "lines": _lines(due.stream, counts.parts),
        "names": names,
        "more_names": counts.total - len(names),
        "address": f"{settings.PUBLIC_BASE_URL}{reverse('sharing:shared_results')}",
        "settings_url": f"{settings.PUBLIC_BASE_URL}{reverse('notifications:settings')}",
        "unsubscribe_url": unsubscribe,
    }
    return mails.write(
        f"{FOLDER}{due.stream}",
        due.email,
        words,
        kind=MailKind.NOTICE,
        pk=due.digest_id,
    )


def _lines(stream: str, counts: Counter[str]) -> list[tuple[str, int]]:
    """By exam, in the catalogue's order; of changes, by kind."""
    if stream == Stream.NEW_RESULTS:
        return [(exam.display_name, counts[code]) for code, exam in catalogue.EXAMS.items() if counts[code]]
    return [(str(kind.label), counts[kind]) for kind in Kind if counts[kind]]
