"""Whether a result meets what an organisation asks: information for people, never a decision.

The same rule three times: `assess` for one result, `condition` for a list in the database, `rules` for those of many
organisations at once.  Tests compare them (tests/organisations/test_requirements.py).
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from accounts.months import months_later
from organisations.models import AcceptedExam, Organisation
from results import catalogue
from results.catalogue import Scheme, SchemeKind
from results.models import Status

WITHOUT_CERTIFICATE = frozenset({catalogue.FAIL, catalogue.NARROW_FAIL})


class Meets(TextChoices):
    """What the organisation's own rule says of a result.

    It needs a person when the organisation has said nothing of exams, the result is not released or has no score, or
    the rule speaks of scores or labels that were not in use when the exam was taken.
    """

    YES = "yes", _("Meets it")
    NO = "no", _("Does not meet it")
    PERSON = "person", _("Needs a person")


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked of a result in one scheme: one of these labels, or this score; with neither, nobody can say."""

    labels: frozenset[str] | None = None
    score: int | None = None

    def judge(self, label: str, score: int | None) -> Meets:
        if self.labels is not None:
            return Meets.YES if label in self.labels else Meets.NO
        if self.score is not None and score is not None:
            return Meets.YES if score >= self.score else Meets.NO
        return Meets.PERSON


def assess(
    *,
    organisation: Organisation,
    exam: str,
    score: int | None,
    label: str,
    status: str,
    exam_date: date,
    today: date,
) -> Meets:
    """What the organisation's rule says of this result.  No query if `accepted_exams` were prefetched."""
    asked = {accepted.exam: accepted for accepted in organisation.accepted_exams.all()}
    if not asked or status != Status.RELEASED:
        return Meets.PERSON
    accepted = asked.get(exam)
    if accepted is None or exam_date < _oldest(accepted, today):
        return Meets.NO
    scheme = catalogue.get(exam).scheme_on(exam_date)
    return bar(accepted, scheme).judge(label, score) if scheme else Meets.PERSON


def bar(accepted: AcceptedExam, scheme: Scheme) -> Bar:
    """A minimum score counts on the scale alone; a minimum label, where it was in use; else: a certificate."""
    if accepted.minimum_score is not None:
        low, high = scheme.score_range or (0, 0)
        comparable = scheme.kind is SchemeKind.SCALE and low <= accepted.minimum_score <= high
        return Bar(score=accepted.minimum_score if comparable else None)
    labels = [band.label for band in scheme.bands]
    if not accepted.minimum_label:
        return Bar(labels=frozenset(labels) - WITHOUT_CERTIFICATE)
    if accepted.minimum_label not in labels:
        return Bar()
    return Bar(labels=frozenset(labels[: labels.index(accepted.minimum_label) + 1]))


def condition(*, organisation: Organisation, meets: Meets, today: date, prefix: str = "") -> Q:
    """The same for a list: `prefix` leads from its model to the version in force, such as "version__"."""
    asked = list(organisation.accepted_exams.all())
    released = Q(**{f"{prefix}status": Status.RELEASED})
    yes, no = _never(prefix), _never(prefix)
    if asked:
        no |= released & ~Q(**{f"{prefix}exam__in": [accepted.exam for accepted in asked]})
    for accepted in asked:
        of_exam = released & Q(**{f"{prefix}exam": accepted.exam})
        recent = Q(**{f"{prefix}exam_date__gte": _oldest(accepted, today)})
        no |= of_exam & ~recent
        for scheme in catalogue.get(accepted.exam).schemes:
            of_scheme = of_exam & recent & _within(scheme, prefix)
            passed, failed = _judged(bar(accepted, scheme), prefix)
            yes |= of_scheme & passed
            no |= of_scheme & failed
    return {Meets.YES: yes, Meets.NO: no, Meets.PERSON: ~(yes | no)}[meets]


class Rule(NamedTuple):
    """What is asked of an exam taken between two days; a result that reaches the bar meets the requirement."""

    organisation: uuid.UUID
    exam: str
    exam_from: date
    exam_to: date
    bar: Bar


def rules(organisations: Collection[uuid.UUID], today: date) -> list[Rule]:
    """What these organisations ask of released results: at most one rule fits an exam on its day."""
    asked = AcceptedExam.objects.filter(organisation__in=organisations)
    every = [
        Rule(
            organisation=accepted.organisation_id,
            exam=accepted.exam,
            exam_from=max(scheme.exam_from, _oldest(accepted, today)),
            exam_to=scheme.exam_to or date.max,
            bar=bar(accepted, scheme),
        )
        for accepted in asked
        for scheme in catalogue.get(accepted.exam).schemes
    ]
    return [rule for rule in every if rule.bar != Bar()]


def _judged(asked: Bar, prefix: str) -> tuple[Q, Q]:
    if asked.labels is not None:
        reached = Q(**{f"{prefix}label__in": sorted(asked.labels)})
        return reached, ~reached
    if asked.score is not None:
        return Q(**{f"{prefix}score__gte": asked.score}), Q(**{f"{prefix}score__lt": asked.score})
    return _never(prefix), _never(prefix)


def _within(scheme: Scheme, prefix: str) -> Q:
    since = Q(**{f"{prefix}exam_date__gte": scheme.exam_from})
    return since if scheme.exam_to is None else since & Q(**{f"{prefix}exam_date__lte": scheme.exam_to})


def _never(prefix: str) -> Q:
    return Q(**{f"{prefix}pk__in": []})


def _oldest(accepted: AcceptedExam, today: date) -> date:
    """The earliest exam date that is not too old: as many months ago, in a shorter month its last day."""
    if accepted.maximum_age_months is None:
        return date.min
    return months_later(today, -accepted.maximum_age_months)
