"""What has changed in a result since somebody first saw it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from organisations.models import Organisation
from results.models import ResultVersion, Status
from results.presentation import ResultView, describe
from sharing.door.changes import Kind, kinds_of
from sharing.door.opening import Opened
from sharing.door.rights import RightKind
from sharing.models import OrganisationNotice, Seen

Facts = dict[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the result says differently now, and since when."""

    what: str
    before: str
    now: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A change that nobody of the organisation has acknowledged: when, and of what kind."""

    at: datetime
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Who of the organisation said last that they have seen a change of this result, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed in a result, and what the organisation has still to say that it has seen."""

    steps: list[Step]
    differences: list[Difference]
    acknowledged: Acknowledged | None

    @property
    def any(self) -> bool:
        return bool(self.steps or self.differences)


@transaction.atomic
def see(*, opened: Opened, organisation: Organisation, user: User, now: datetime) -> Changes:
    """Remember that the user opened this share, and tell what has changed since they first did.

    Also what changed before they came and nobody of the organisation has acknowledged.  A verification is compared with
    what it found.  What a result does not show, neither today nor then, is not told by its history.
    """
    version = opened._version  # noqa: SLF001  (behind the door)
    seen_id = opened._version_seen_id  # noqa: SLF001
    told = list(organisation.notices.filter(result=version.result_id).order_by("version"))
    waiting = [each for each in told if each.acknowledged_at is None and seen_id < each.version_id <= version.pk]
    first_seen_id = seen_id if opened.kind is RightKind.VERIFICATION else _first_seen_id(opened, user, now)
    if first_seen_id == version.pk and not waiting:
        return Changes([], [], _acknowledged(told))
    kinds = kinds_of(each.version_id for each in waiting)
    history = list(version.result.versions.filter(number__lte=version.number))
    before = min([_place(history, first_seen_id), *(_place(history, each.version_id) - 1 for each in waiting)])
    begin = _last_shown(history, since=_place(history, seen_id), until=before)
    return Changes(
        [Step(each.at, kinds[each.version_id]) for each in waiting], _differences(history[begin:]), _acknowledged(told)
    )


def _last_shown(history: Sequence[ResultVersion], *, since: int, until: int) -> int:
    """The last version up to `until` that showed an outcome, but none before the right began; else `until` itself."""
    shown = (index for index in range(until, since - 1, -1) if history[index].status == Status.RELEASED)
    return next(shown, until)


def _first_seen_id(opened: Opened, user: User, now: datetime) -> int:
    version = opened._version  # noqa: SLF001
    seen, _first = Seen.objects.get_or_create(
        share_id=opened.right_id, user=user, defaults={"version_first_seen": version, "first_seen_at": now}
    )
    return seen.version_first_seen_id


def _place(history: Sequence[ResultVersion], version_id: int) -> int:
    return next(index for index, version in enumerate(history) if version.pk == version_id)


def _acknowledged(told: Sequence[OrganisationNotice]) -> Acknowledged | None:
    last = max((each for each in told if each.acknowledged_at), key=lambda each: each.version_id, default=None)
    if last is None or last.acknowledged_at is None:
        return None
    person = User.objects.filter(pk=last.acknowledged_by.rpartition(":")[2]).first()
    return Acknowledged(person.get_full_name() if person else _("a former user"), last.acknowledged_at)


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
