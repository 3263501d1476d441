"""Asking for a download: what was chosen is frozen as items, and the work is cut into parts."""

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit, doorbell
from accounts.leases import LEASE
from accounts.models import Action, User
from downloads import endings
from downloads.models import Download, DownloadState, Format, LeftOut, Part, Template
from downloads.options import Options
from downloads.tasks import work_on_downloads
from organisations.locking import lock
from organisations.models import Organisation
from sharing import door
from sharing.querysets import ShareQuerySet, VerificationQuerySet

AT_ONCE: Final = {Format.STATEMENTS: 5}
ROWS_AT_ONCE: Final = 50
"""So many come with the answer to the request; what is larger is made by the worker."""
MOST: Final = {Format.STATEMENTS: 10_000}
MOST_ROWS: Final = 1_000_000
MOST_OPEN: Final = 5
"""Downloads of one organisation that may wait or be made at the same time."""
STATEMENTS_A_PART: Final = 25
LONGEST_SELECTION: Final = 300


class RefusedError(Exception):
    """Nothing was asked for; says why, for the person who tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be taken away, in order: shares or verifications, or all of an earlier download once more."""

    words: str
    rights: ShareQuerySet | VerificationQuerySet | None = None
    again: Download | None = None


@transaction.atomic
def ask(
    *,
    organisation: Organisation,
    by: User,
    chosen: Chosen,
    format: Format,  # noqa: A002  (the field's name)
    template: Template | None = None,
    now: datetime,
) -> Download:
    """Write down what somebody wants to take away.

    A small one is already under the caller's lease, who makes it with `worker.make_now`; a larger one waits for the
    worker.

    Raises:
        RefusedError: nothing was chosen, it is too much, or too many downloads of the organisation are open.
    """
    download = Download(
        organisation=organisation,
        asked_by=by,
        asked_by_name=by.get_full_name(),
        asked_at=now,
        format=format,
        template_name=template.name if template else chosen.again.template_name if chosen.again else "",
        options=_options(format, template, chosen.again),
        selection=chosen.words[:LONGEST_SELECTION],
        made_again_from=chosen.again,
        asked_for=0,
    )
    download.save(force_insert=True)
    with suppress(EmptyResultSet):  # Django knows without asking that nothing can be found
        download.asked_for = _freeze(download, chosen)
    if not download.asked_for:
        raise RefusedError(_("Nothing was chosen. Tick the results that you want to download."))
    small = download.asked_for <= AT_ONCE.get(format, ROWS_AT_ONCE)
    if not small:
        _refuse_too_many(organisation)
    download.state = DownloadState.RUNNING if small else DownloadState.QUEUED
    download.served_at = now if small else None
    download.save(update_fields=["asked_for", "state", "served_at"])
    _cut(download, lease_until=now + LEASE if small else None)
    detail = {"format": download.format, "results": download.asked_for}
    _record(Action.DOWNLOAD_ASKED, download, by, detail)
    if not small:
        doorbell.ring(work_on_downloads)
        doorbell.ring(work_on_downloads)  # two may share the work
    return download


@transaction.atomic
def cancel(*, download: Download, by: User, now: datetime) -> bool:
    """End an open download; the worker notices at its next step.  False when it had ended already."""
    open_one = Download.objects.open().filter(pk=download.pk)
    if not open_one.update(state=DownloadState.CANCELLED, ended_at=now):
        return False
    endings.forget_parts(download)
    _record(Action.DOWNLOAD_CANCELLED, download, by)
    return True


def tell_by_mail(*, download: Download, by: User) -> bool:
    """Send whoever asked a mail when it is ready.  False when it is too late, or somebody else's."""
    return bool(Download.objects.open().filter(pk=download.pk, asked_by=by).update(mail_when_ready=True))


def let_colleagues(*, download: Download, see: bool) -> None:
    """Whether Admin Users other than the one who asked see it and fetch its file."""
    Download.objects.filter(pk=download.pk).update(for_colleagues=see)


def _refuse_too_many(organisation: Organisation) -> None:
    """Two requests at once must not both be the last one."""
    lock(organisation)
    if organisation.downloads.open().count() > MOST_OPEN:
        raise RefusedError(
            ngettext(
                "%(count)s download of your organisation is being made already.",
                "%(count)s downloads of your organisation are being made already.",
                MOST_OPEN,
            )
            % {"count": MOST_OPEN}
            + " "
            + _("Wait until one is ready, or cancel one on the page Downloads.")
        )


def _options(format: Format, template: Template | None, again: Download | None) -> dict[str, Any]:  # noqa: A002
    if again:
        return dict(again.options)
    if format == Format.STATEMENTS:
        return {}
    options = Options.load(template.options) if template else Options()
    return replace(options, format=format).dump()


_RIGHTS: Final = """
    insert into downloads_item (download_id, position, {column}, left_out)
    select %s, row_number() over (order by first, place), id, ''
    from (select id, place, min(place) over (partition by coalesce(owner, id)) as first
          from (select chosen.id, chosen.owner, row_number() over () as place
                from ({chosen}) chosen(id, owner)) placed) grouped
    """
"""Results of one person follow each other, at the place of the first of them."""
_AGAIN: Final = """
    insert into downloads_item (download_id, position, share_id, verification_id, left_out)
    select %s, row_number() over (order by position), share_id, verification_id, ''
    from downloads_item where download_id = %s and left_out <> %s
    """


def _freeze(download: Download, chosen: Chosen) -> int:
    """The items, and how many they are."""
    most = MOST.get(Format(download.format), MOST_ROWS)
    with connection.cursor() as cursor:
        if chosen.again:
            cursor.execute(_AGAIN, [download.pk, chosen.again.pk, LeftOut.ENDED])
        elif chosen.rights is not None:
            exams = Options.load(download.options).exams
            rights = (door.of_exams(chosen.rights, exams) if exams else chosen.rights)[: most + 1]
            sql, values = rights.values("pk", "result__claim__candidate").query.sql_with_params()
            column = "share_id" if isinstance(rights, ShareQuerySet) else "verification_id"
            cursor.execute(_RIGHTS.format(column=column, chosen=sql), [download.pk, *values])
        if cursor.rowcount > most:
            raise RefusedError(
                _("That is more than %(most)s results, which is the most that one download holds. Narrow the list.")
                % {"most": f"{most:,}"}
            )
        return int(cursor.rowcount)


def _cut(download: Download, *, lease_until: datetime | None) -> None:
    """Into parts that several workers can share; a data file is written by one."""
    starts = range(1, download.asked_for + 1, STATEMENTS_A_PART) if download.format == Format.STATEMENTS else ()
    spans = [(0, 0), *((first, first + STATEMENTS_A_PART - 1) for first in starts)]
    Part.objects.bulk_create(
        Part(
            download=download,
            number=number,
            first=first,
            last=last,
            lease=uuid.uuid4() if lease_until else None,
            lease_until=lease_until,
        )
        for number, (first, last) in zip(count(), spans)
    )


def _record(action: Action, download: Download, by: User, detail: dict[str, object] | None = None) -> None:
    audit.record(
        actor=audit.user_actor(by),
        action=action,
        target=f"download:{download.pk}",
        organisation=str(download.organisation_id),
        detail=detail,
    )
