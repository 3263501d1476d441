"""What users have read of the list of shared results, and the notes that they write about its entries."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F, Value

from accounts import audit
from accounts.models import Action, User
from organisations.models import Organisation
from sharing.models import Note, ReadMark, Share
from sharing.querysets import NoteQuerySet, ShareQuerySet

RECENT: Final = 1_000
"""Shares among which the navigation counts the new ones: bounded, however long the list is."""
MOST_SHOWN: Final = 99
IN_FLIGHT: Final = timedelta(seconds=5)
"""A share's time is taken a little before the share can be seen; a mark leaves out what may be on its way."""

COUNT_NEW: Final = """
    select count(*) filter (where not exists (
               select from sharing_seen seen where seen.share_id = recent.id and seen.user_id = %(user)s)),
           count(*)
    from (select id from sharing_share
          where organisation_id = %(organisation)s and ended_at is null
            and (expires_at is null or expires_at > %(now)s)
            and shared_at > coalesce(
                (select shared_until from sharing_readmark
                 where user_id = %(user)s and organisation_id = %(organisation)s), '-infinity')
          order by shared_at desc, id
          limit %(recent)s) recent
    """


@dataclass(frozen=True, slots=True)
class NewCount:
    """How many shares are new to a user; `or_more` when there were too many to count them all."""

    count: int
    or_more: bool

    def __str__(self) -> str:
        if self.count > MOST_SHOWN:
            return f"{MOST_SHOWN}+"
        return f"{self.count}+" if self.or_more else str(self.count)


def count_new(*, organisation: Organisation, user: User, now: datetime) -> NewCount:
    """For the navigation: one query that never reads more than RECENT shares."""
    values: dict[str, Any] = {"organisation": organisation.pk, "user": user.pk, "now": now, "recent": RECENT}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_NEW, values)
        ((count, among),) = cursor.fetchall()
    return NewCount(count, or_more=among == RECENT)


def mark_read(*, shares: ShareQuerySet, user: User, now: datetime) -> int:
    """These shares are not new to this user any more; returns how many were.  One statement, however many there are."""
    rows = shares.order_by().values_list(F("pk"), Value(user.pk), F("result__current_id"), Value(now))
    query, values = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into sharing_seen (share_id, user_id, version_first_seen_id, first_seen_at) "
            f"{query} on conflict (share_id, user_id) do nothing",
            values,
        )
        count: int = cursor.rowcount
    return count


@transaction.atomic
def mark_all_read(*, organisation: Organisation, user: User, until: datetime, now: datetime) -> None:
    """Everything shared up to `until`, when the user's list was loaded, counts as read; what came later stays new."""
    until = min(until, now) - IN_FLIGHT
    mark, made = ReadMark.objects.select_for_update().get_or_create(
        user=user, defaults={"organisation": organisation, "shared_until": until}
    )
    if made or (mark.organisation_id == organisation.pk and mark.shared_until >= until):
        return
    mark.organisation, mark.shared_until = organisation, until
    mark.save(update_fields=["organisation", "shared_until"])


def notes_on(share: Share) -> NoteQuerySet:
    """Also those from when the same result was shared before."""
    return Note.objects.about(share)


@transaction.atomic
def add_note(*, share: Share, by: User, text: str, now: datetime) -> Note:
    """Write a note for the colleagues; its text is not in the audit trail."""
    note = Note.objects.create(
        share=share, author=audit.user_actor(by), author_name=by.get_full_name(), text=text, written_at=now
    )
    _record(Action.NOTE_ADDED, note, by)
    return note


@transaction.atomic
def delete_note(*, share: Share, note_id: uuid.UUID, by: User) -> bool:
    """Remove a note that this user wrote; False if there is none."""
    note = notes_on(share).by(audit.user_actor(by)).filter(pk=note_id).first()
    if note is None:
        return False
    _record(Action.NOTE_DELETED, note, by)
    note.delete()
    return True


def _record(action: Action, note: Note, by: User) -> None:
    audit.record(
        actor=audit.user_actor(by),
        action=action,
        target=f"share:{note.share_id}",
        organisation=str(note.share.organisation_id),
        detail={"note": str(note.pk)},
    )
