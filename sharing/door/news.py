"""How much of the ledger is news to each of many readers, counted a set at a time.

Counts are no access to a result: they say how many there are, in which exams, and how they changed.  What has ended, or
is not released any more, when they are counted is not counted.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from django.db import connection
from django.utils import timezone

from organisations.requirements import rules
from sharing.door.changes import kinds_of


class Follower(NamedTuple):
    """Somebody of an organisation who has been told of what stands in the ledger up to the position `after`.

    Args:
        exams: only results in these; empty for all.
        meets_only: only results that meet what the organisation asks; what needs a person is not among them.
    """

    key: int
    organisation: uuid.UUID
    after: int
    exams: Collection[str] = ()
    meets_only: bool = False


class Counts(NamedTuple):
    """How many results, and how they divide: by exam, or by kind of change."""

    total: int
    parts: Counter[str]


MOST_KINDS: Final = 5_000
"""Versions of which it is found out how they changed; that many are looked at one by one."""
_FOLLOWERS: Final = """
    unnest(%(keys)s::bigint[], %(organisations)s::uuid[], %(afters)s::bigint[], %(exams)s::text[])
        as f (key, organisation_id, after, exams)
    """
_IN_FORCE: Final = "s.ended_at is null and (s.expires_at is null or s.expires_at > %(now)s)"
_SHARED: Final = f"""
    select f.key, f.organisation_id, c.position, v.exam, v.exam_date, v.label, v.score, v.given_names, v.family_name
    from {_FOLLOWERS}
    join sharing_change c on c.organisation_id = f.organisation_id and c.type = 'share.created'
        and c.position > f.after and c.position <= %(upto)s
    join sharing_share s on s.id = c.share_id and {_IN_FORCE}
    join results_result r on r.id = s.result_id
    join results_resultversion v on v.id = r.current_id and v.status = 'released'
        and (f.exams = '' or v.exam = any(string_to_array(f.exams, ' ')))
    """  # noqa: S608  (our own columns' names)
_WITH_ALL: Final = f"with shared as ({_SHARED})"
_WITH_SOME: Final = f"with shared as materialized ({_SHARED})"
"""The news comes first: the database would try the rules on every result there is."""
_MEETING: Final = """
    join unnest(%(rule_organisations)s::uuid[], %(rule_exams)s::text[], %(rules_from)s::date[], %(rules_to)s::date[],
                %(rule_labels)s::text[], %(rule_scores)s::int[])
            as rule (organisation_id, exam, exam_from, exam_to, labels, score)
        on rule.organisation_id = shared.organisation_id and rule.exam = shared.exam
        and shared.exam_date between rule.exam_from and rule.exam_to
        and (shared.label = any(string_to_array(rule.labels, '|')) or shared.score >= rule.score)
    """
_COUNTED: Final = "select shared.key, shared.exam, count(*) from shared {meeting} group by 1, 2"
_NAMED: Final = """
    select key, given_names, family_name from (
        select shared.key, given_names, family_name, row_number() over (partition by shared.key order by position) as n
        from shared {meeting}) named
    where n <= %(most)s order by key, n
    """
_CHANGED: Final = f"""
    with changed as (
        select f.key, coalesce(s.result_id, w.result_id) as result_id, max(c.version_id) as version_id
        from {_FOLLOWERS}
        join sharing_change c on c.organisation_id = f.organisation_id and c.type = 'result.changed'
            and c.position > f.after and c.position <= %(upto)s
        left join sharing_share s on s.id = c.share_id and {_IN_FORCE}
        left join sharing_verification w on w.id = c.verification_id and w.right_until > %(now)s
        where s.id is not null or w.id is not null
        group by 1, 2)
    """  # noqa: S608  (our own columns' names)
_VERSIONS: Final = f"{_CHANGED} select distinct version_id from changed limit {MOST_KINDS + 1}"  # noqa: S608
_KINDS: Final = f"""
    {_CHANGED}
    select key, '', count(*) from changed group by key
    union all
    select key, kind, count(*) from changed
    join unnest(%(versions)s::bigint[], %(kinds)s::text[]) as k (version_id, kind) using (version_id)
    group by key, kind
    """  # noqa: S608


def new_results(followers: Iterable[Follower], *, upto: int, now: datetime) -> dict[int, Counts]:
    """How many results were shared with each follower's organisation, up to the position `upto`, by exam.

    Colleagues who have been told equally far are one question: it is asked once.
    """
    readers = list(followers)
    asked = {(each.organisation, each.after, each.meets_only): each._replace(exams=()) for each in readers}
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for key, exam, count in _shared(_COUNTED, asked.values(), upto=upto, now=now):
        found[key][exam] = count
    told = {}
    for each in readers:
        parts = found.get(asked[each.organisation, each.after, each.meets_only].key, Counter())
        wanted = Counter({exam: count for exam, count in parts.items() if exam in each.exams}) if each.exams else parts
        if wanted:
            told[each.key] = Counts(wanted.total(), wanted)
    return told


def changed_results(followers: Iterable[Follower], *, upto: int, now: datetime) -> dict[int, Counts]:
    """How many of the results that each follower's organisation holds have changed, by kind of the last change.

    When a great many have changed at once, the kinds are left out.
    """
    readers = list(followers)
    versions = [version for (version,) in _rows(_VERSIONS, readers, upto=upto, now=now)]
    kinds = kinds_of(versions) if len(versions) <= MOST_KINDS else {}
    pairs = [(version, kind.value) for version, of_version in kinds.items() for kind in of_version]
    found: dict[int, Counter[str]] = defaultdict(Counter)
    told = {"versions": [version for version, _kind in pairs], "kinds": [kind for _version, kind in pairs]}
    for key, kind, count in _rows(_KINDS, readers, upto=upto, now=now, **told):
        found[key][kind] = count
    return {key: Counts(parts.pop(""), parts) for key, parts in found.items()}


def names(followers: Iterable[Follower], *, upto: int, now: datetime, most: int) -> dict[int, list[str]]:
    """The names of the candidates that `new_results` counts, the first `most` of each follower."""
    found = defaultdict(list)
    for key, given, family in _shared(_NAMED, followers, upto=upto, now=now, most=most):
        found[key].append(f"{given} {family}".strip())
    return found


def _shared(
    statement: str, followers: Iterable[Follower], *, upto: int, now: datetime, **values: Any
) -> list[tuple[Any, ...]]:
    """Those who want all results, and those who want what meets the requirement: a statement for each."""
    of_all: list[Follower] = []
    of_some: list[Follower] = []
    for follower in followers:
        (of_some if follower.meets_only else of_all).append(follower)
    found = _rows(_WITH_ALL + statement.format(meeting=""), of_all, upto=upto, now=now, **values)
    if of_some:
        meeting = _rules({follower.organisation for follower in of_some}, timezone.localdate(now))
        found += _rows(
            _WITH_SOME + statement.format(meeting=_MEETING), of_some, upto=upto, now=now, **values, **meeting
        )
    return found


def _rules(organisations: Collection[uuid.UUID], today: date) -> dict[str, list[Any]]:
    found = rules(organisations, today)
    return {
        "rule_organisations": [rule.organisation for rule in found],
        "rule_exams": [rule.exam for rule in found],
        "rules_from": [rule.exam_from for rule in found],
        "rules_to": [rule.exam_to for rule in found],
        "rule_labels": ["|".join(sorted(rule.bar.labels)) if rule.bar.labels else None for rule in found],
        "rule_scores": [rule.bar.score for rule in found],
    }


def _rows(statement: str, followers: list[Follower], **values: Any) -> list[tuple[Any, ...]]:
    if not followers:
        return []
    values |= {
        "keys": [follower.key for follower in followers],
        "organisations": [follower.organisation for follower in followers],
        "afters": [follower.after for follower in followers],
        "exams": [" ".join(follower.exams) for follower in followers],
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
