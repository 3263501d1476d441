"""What the users of an organisation did, for their Primary User; and their own, for each of them."""

import csv
import uuid
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Action, AuditEvent, User
from accounts.spreadsheets import plain
from organisations.models import Organisation

SHOWN: Final = frozenset(
    {
        Action.CHECK_MATCHED,
        Action.CHECK_NOT_MATCHED,
        Action.CHECK_REFUSED,
        Action.CHECKS_PAUSED,
        Action.RESULT_VIEWED,
        Action.STATEMENT_DOWNLOADED,
        Action.PHOTO_VIEWED,
        Action.DOWNLOAD_ASKED,
        Action.DOWNLOAD_FETCHED,
        Action.DOWNLOAD_CANCELLED,
        Action.USER_ADDED,
        Action.INVITATION_SENT,
        Action.INVITATION_ACCEPTED,
        Action.USER_CHANGED,
        Action.USER_DEACTIVATED,
        Action.USER_REACTIVATED,
        Action.USER_DELETED,
        Action.JOIN_ACCEPTED,
        Action.JOIN_DECLINED,
        Action.HANDOVER_OFFERED,
        Action.HANDOVER_ENDED,
        Action.HANDOVER_ACCEPTED,
        Action.PROFILE_CHANGED,
        Action.NAME_CHANGE_ASKED,
        Action.EXAMS_CHANGED,
        Action.POLICY_CHANGED,
        Action.NOTIFICATIONS_CHANGED,
        Action.NAMES_IN_DIGESTS_CHANGED,
        Action.ACTIVITY_DOWNLOADED,
        Action.TEMPLATE_CREATED,
        Action.TEMPLATE_CHANGED,
        Action.TEMPLATE_DELETED,
        Action.CHANGE_ACKNOWLEDGED,
        Action.BATCH_UPLOADED,
        Action.BATCH_STARTED,
        Action.BATCH_ANSWER_DOWNLOADED,
        Action.BATCH_CANCELLED,
        Action.BATCH_DELETED,
        Action.NOTE_ADDED,
        Action.NOTE_DELETED,
        Action.API_CLIENT_CREATED,
        Action.API_CLIENT_CHANGED,
        Action.API_CLIENT_REVOKED,
        Action.API_SECRET_EXPOSED,
        Action.WEBHOOK_CREATED,
        Action.WEBHOOK_CHANGED,
        Action.WEBHOOK_SECRET_REPLACED,
        Action.WEBHOOK_SWITCHED_ON,
        Action.WEBHOOK_SWITCHED_OFF,
        Action.WEBHOOK_TESTED,
        Action.WEBHOOK_SENT_AGAIN,
        Action.WEBHOOK_DELETED,
    }
)
"""Named one by one: the trail also tells what candidates did with an organisation, which is not its to see."""
ON_A_PAGE: Final = 50
IN_A_FILE: Final = 50_000
CHUNK: Final = 2_000
PERSON, JOIN_REQUEST, CLIENT, WEBHOOK = "user", "join_request", "client", "webhook"
_Names = dict[uuid.UUID | None, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One event, in words."""

    id: int
    at: datetime
    who: str
    what: str
    about: str
    kind: str
    target_id: str


@dataclass(frozen=True, slots=True)
class Page:
    lines: list[Line]
    before: int | None
    """Where the next, older page begins; None if there is none."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Whose events, of which days (in the reader's time zone, both included)."""

    actor: str = ""
    since: date | None = None
    until: date | None = None


def events(organisation: Organisation, wanted: Filter) -> QuerySet[AuditEvent]:
    """The newest first."""
    found = AuditEvent.objects.filter(organisation=str(organisation.pk), action__in=SHOWN).order_by("-id")
    if wanted.actor:
        found = found.filter(actor=wanted.actor)
    if wanted.since:
        found = found.filter(at__gte=_midnight(wanted.since))
    if wanted.until and wanted.until < date.max:
        found = found.filter(at__lt=_midnight(wanted.until + timedelta(days=1)))
    return found


def page(organisation: Organisation, wanted: Filter, *, before: int | None) -> Page:
    """Events older than the one with the id `before`."""
    found = events(organisation, wanted)
    if before is not None:
        found = found.filter(id__lt=before)
    rows = list(found[: ON_A_PAGE + 1])
    more = len(rows) > ON_A_PAGE
    lines = _lines(organisation, rows[:ON_A_PAGE])
    return Page(lines, lines[-1].id if more else None)


def people(organisation: Organisation) -> list[tuple[str, str]]:
    """The actors to choose from: users of today, those who were deleted, and programs."""
    today = {row.user_id for row in organisation.memberships.in_force()}
    today |= {row.user_id for row in organisation.memberships.filter(is_active=False).exclude(accepted_at=None)}
    deleted = AuditEvent.objects.filter(organisation=str(organisation.pk), action=Action.USER_DELETED)
    targets = set(deleted.values_list("target", flat=True))
    names = _names(organisation, today | _ids(targets))
    actors = {f"{PERSON}:{pk}" for pk in today} | {target for target in targets if _id(target) in names}
    choices = [(actor, names.get(_id(actor), "")) for actor in actors]
    choices += [(audit.client_actor(client.pk), client.name) for client in organisation.api_clients.all()]
    return sorted(choices, key=lambda choice: choice[1].casefold())


def names_of(organisation: Organisation, actors: Iterable[str]) -> dict[str, str]:
    """Who these actors are, as far as the organisation may know."""
    wanted = set(actors)
    names = _names_in(organisation, wanted)
    return {actor: names.get(_id(actor), "") for actor in wanted}


class Insider(NamedTuple):
    """Somebody who was shown a secret of the organisation."""

    name: str
    left: bool


def insiders(organisation: Organisation, actors: Collection[str]) -> dict[str, Insider]:
    """Who these actors are, and whether they are no users any more."""
    names = names_of(organisation, actors)
    today = {audit.user_actor(member.user) for member in organisation.memberships.in_force().select_related("user")}
    return {actor: Insider(names.get(actor, ""), actor not in today) for actor in actors}


def table(organisation: Organisation, wanted: Filter, *, by: User) -> Iterator[str]:
    """The lines of a CSV file, at most IN_A_FILE events; that it was made is an event itself."""
    audit.record(actor=audit.user_actor(by), action=Action.ACTIVITY_DOWNLOADED, organisation=str(organisation.pk))
    return _rows(organisation, wanted)


def _rows(organisation: Organisation, wanted: Filter) -> Iterator[str]:
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow([_("Time (UTC)"), _("User"), _("Action"), _("About")])
    found = events(organisation, wanted)[:IN_A_FILE].iterator(chunk_size=CHUNK)
    while rows := list(islice(found, CHUNK)):
        for line in _lines(organisation, rows):
            cells = (f"{line.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}", line.who, line.what, line.about)
            yield writer.writerow([plain(cell) for cell in cells])


class _Echo:
    """What csv writes to: it hands each row back."""

    def write(self, row: str) -> str:
        return row


def _lines(organisation: Organisation, rows: list[AuditEvent]) -> list[Line]:
    """All names in a fixed number of queries, however many rows there are."""
    names = _names_in(organisation, {text for row in rows for text in (row.actor, row.target)})
    asked = {row.target for row in rows if row.target.startswith(f"{JOIN_REQUEST}:")}
    found = organisation.join_requests.filter(pk__in=[_id(text) for text in asked])
    joined = {request.pk: f"{request.given_name} {request.family_name}" for request in found}
    return [_line(row, names, joined) for row in rows]


def _line(row: AuditEvent, names: _Names, joined: dict[uuid.UUID, str]) -> Line:
    kind, _colon, target_id = row.target.partition(":")
    about, gone = "", _("a user who has been deleted")
    if kind == PERSON and row.target != row.actor:
        about = names.get(_id(row.target)) or gone
    elif kind == JOIN_REQUEST and (key := _id(row.target)):
        about = joined.get(key, "")
    elif kind == CLIENT and row.target != row.actor:
        about = names.get(_id(row.target), "")
    elif kind == WEBHOOK:
        about = row.detail["name"]  # it may have been deleted since
    who = names.get(_id(row.actor)) or (gone if row.actor.startswith(PERSON) else _("the service"))
    return Line(row.pk, row.at, who, str(Action(row.action).label), about, kind, target_id)


def _names_in(organisation: Organisation, texts: set[str]) -> _Names:
    """Of the people and programs among these actors and targets."""
    names = _names(organisation, _ids(texts))
    if programs := _ids(texts, CLIENT):
        names |= {client.pk: client.name for client in organisation.api_clients.filter(pk__in=programs)}
    return names


def _names(organisation: Organisation, ids: set[uuid.UUID]) -> _Names:
    """What the organisation may know people by: of its users, their names; of those it had, if they ever acted for it.

    Somebody who was invited and never came stays without a name: it would be the name on an account that is not theirs.
    """
    members = organisation.memberships.select_related("user").filter(user__in=ids)
    names: _Names = {row.user_id: row.shown_name for row in members}
    others = [f"{PERSON}:{pk}" for pk in ids - set(names)]
    acted = AuditEvent.objects.filter(organisation=str(organisation.pk), actor__in=others, action__in=SHOWN)
    past = User.objects.filter(pk__in=_ids(acted.values_list("actor", flat=True).distinct()))
    return names | {person.pk: _("the exam board") if person.is_staff else person.get_full_name() for person in past}


def _ids(texts: Iterable[str], kind: str = PERSON) -> set[uuid.UUID]:
    return {found for text in texts if text.startswith(f"{kind}:") and (found := _id(text))}


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text.partition(":")[2])
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
