"""What has changed in a result since somebody first saw it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from results.models import ResultVersion
from results.presentation import ResultView, describe
from sharing.door.opening import Opened
from sharing.models import Seen

Facts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the result says differently now, and since when."""

    what: str
    before: str
    now: str
    since: datetime


@transaction.atomic
def see(*, opened: Opened, user: User, now: datetime) -> list[Difference]:
    """Remember that the user opened this share, and tell what has changed since they first did.

    What a result does not show, neither today nor when it was first seen, is not told by its history.
    """
    version = opened._version  # noqa: SLF001  (behind the door)
    seen, _first = Seen.objects.get_or_create(
        share_id=opened.right_id, user=user, defaults={"version_first_seen": version, "first_seen_at": now}
    )
    if seen.version_first_seen_id == version.pk:
        return []
    first = seen.version_first_seen.number
    return _differences(list(version.result.versions.filter(number__gte=first, number__lte=version.number)))


def changed_since(*, version: ResultVersion, seen_id: int) -> tuple[str, ...]:
    """What the result says differently from the version with the id `seen_id`: the names of it, no values."""
    seen = version.result.versions.get(pk=seen_id)
    before, now = _facts(seen), _facts(version)
    return tuple(what for what in now if before.get(what, now[what]) != now[what])


def _differences(versions: Sequence[ResultVersion]) -> list[Difference]:
    """Between the first and the last of a result's versions, which are in order."""
    told = [_facts(version) for version in versions]
    first, last = told[0], told[-1]
    changed = [what for what in first if what in last and first[what] != last[what]]
    return [Difference(what, first[what], last[what], _since(what, versions, told)) for what in changed]


def _since(what: str, versions: Sequence[ResultVersion], told: Sequence[Facts]) -> datetime:
    """When the present value came, leaving out versions that did not show it."""
    since = versions[-1].created_at
    for version, facts in zip(reversed(versions), reversed(told), strict=True):
        if what in facts:
            if facts[what] != told[-1][what]:
                break
            since = version.created_at
    return since


def _facts(version: ResultVersion) -> Facts:
    """What is shown of a version, by the names that its page gives it; of the outcome only what it shows."""
    view = describe(version)
    facts = {
        _("Status"): view.status_text,
        _("Candidate"): view.candidate_name,
        _("Date of birth"): f"{version.date_of_birth:%-d %B %Y}",
        _("Qualification"): view.display_name,
        _("Session"): view.session,
        _("Exam date"): f"{view.exam_date:%-d %B %Y}",
        _("Centre"): f"{view.centre_name} ({view.centre_number})",
        _("Place of entry"): f"{view.place_of_entry}, {view.country_name}",
    }
    return {what: text or "–" for what, text in [*facts.items(), *(_outcome(view) if view.shows_result else ())]}


def _outcome(view: ResultView) -> Iterator[tuple[str, str]]:
    yield _("Result"), view.label_text
    yield _("Overall score"), view.score_text
    yield _("CEFR level"), view.cefr
    for component in view.components:
        yield component.name, component.text
