"""What kind of change a version brought, in words that tell no outcome."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from results.catalogue import COMPONENT_CODES
from results.models import ResultVersion, Status


class Kind(TextChoices):
    """How a result came to say something else; one version may bring several."""

    REMARKED = "remarked", _("Re-marked")
    WITHHELD = "withheld", _("Withheld")
    CANCELLED = "cancelled", _("Cancelled")
    PENDING = "pending", _("Pending again")
    ABSENT = "absent", _("No result: parts of the exam were not taken")
    RELEASED = "released", _("Released")
    RELEASED_AGAIN = "released_again", _("Released again")
    NAME = "name", _("Name corrected")
    DETAILS = "details", _("Other details corrected")


NAME: Final = ("given_names", "family_name")
FACTS: Final = (
    "date_of_birth", "email", "exam", "session", "exam_date", "centre_number", "centre_name", "place_of_entry",
    "country",
)  # fmt: skip
OUTCOME: Final = ("label", "score", "cefr", *COMPONENT_CODES, "exempt")
PAPERS: Final = ("certificate_number", "certificate_date", "photo")
"""Shown only of a released result, as its outcome is."""


def kinds_of(version_ids: Iterable[int]) -> dict[int, tuple[Kind, ...]]:
    """What each of these versions changed, in the order of `Kind`; one query, however many there are.

    A first version changed nothing, and neither did one that shows the same as the version before it.
    """
    wanted = set(version_ids)
    histories: dict[int, list[ResultVersion]] = defaultdict(list)
    for version in ResultVersion.objects.filter(result__versions__in=wanted).distinct().order_by("result_id", "number"):
        histories[version.result_id].append(version)
    return {
        version.pk: _kinds(history[:index], version)
        for history in histories.values()
        for index, version in enumerate(history)
        if version.pk in wanted
    }


def _kinds(earlier: Sequence[ResultVersion], version: ResultVersion) -> tuple[Kind, ...]:
    if not earlier:
        return ()
    found = set(_found(earlier, version))
    return tuple(kind for kind in Kind if kind in found)


def _found(earlier: Sequence[ResultVersion], version: ResultVersion) -> Iterator[Kind]:
    """Compared with the version before it; the outcome with the last one that was shown."""
    before = earlier[-1]
    shown = next((each for each in reversed(earlier) if each.status == Status.RELEASED), None)
    if version.status != before.status:
        yield _status_kind(Status(version.status), was_released=shown is not None)
    if version.status == Status.RELEASED and shown:
        if _differ(OUTCOME, shown, version):
            yield Kind.REMARKED
        if _differ(PAPERS, shown, version):
            yield Kind.DETAILS
    if _differ(NAME, before, version):
        yield Kind.NAME
    if _differ(FACTS, before, version):
        yield Kind.DETAILS


def _status_kind(status: Status, *, was_released: bool) -> Kind:
    if status is Status.RELEASED:
        return Kind.RELEASED_AGAIN if was_released else Kind.RELEASED
    return Kind(status.value)


def _differ(names: Iterable[str], before: ResultVersion, after: ResultVersion) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in names)
