"""The worker's part of a download: make its parts, then its file.

The rows are the truth.  A worker takes a part under a lease and renews the lease while it works.  After a kill -9 the
lease runs out, and whoever looks next does that part anew: of statements at most 25, of a data file the whole.  What a
part takes of results is committed with it, or for a data file chunk by chunk.
"""

import logging
import tempfile
import uuid
from datetime import datetime
from pathlib import Path
from typing import Final

from django.core.files.base import File
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import mails
from accounts.leases import LEASE, RENEW_SECONDS, kept
from accounts.models import MailKind
from downloads import datafiles, endings, statements
from downloads.made import LeaseLostError, Made, NothingLeftError
from downloads.models import Download, DownloadState, Format, Part
from organisations.permissions import is_user_today

logger = logging.getLogger("rvs.downloads")

MAX_ATTEMPTS: Final = 5
"""Times a worker may die over one part before a person has to look."""

_NEXT: Final = """
    with open as (select * from downloads_download where state in ('queued', 'running')),
    load as (
        select organisation_id,
               (select max(served_at) from downloads_download d where d.organisation_id = o.organisation_id) as served,
               (select count(*) from open join downloads_part p on p.download_id = open.id
                where open.organisation_id = o.organisation_id and p.lease_until > %(now)s) as running
        from (select distinct organisation_id from open) o)
    select p.id
    from downloads_part p join open d on d.id = p.download_id join load using (organisation_id)
    where not p.made and (p.lease is null or p.lease_until <= %(now)s)
      and (p.number > 0 or not exists (
            select from downloads_part other
            where other.download_id = p.download_id and other.number > 0 and not other.made))
    order by load.running, load.served nulls first, d.asked_at, p.number
    limit 1
    for update of p skip locked
    """
"""Fair shares: the organisation with the fewest parts in hand is next, then the one that was served longest ago."""


def work_on_next() -> bool:
    """Do one part; False when there is nothing to do."""
    part = _claim(timezone.now())
    if part is None:
        return False
    _work_on(part)
    return True


def make_now(download: Download) -> None:
    """Make a small download that was asked for under this very lease, in the request that asks."""
    for part in [*download.parts.filter(number__gt=0).order_by("number"), download.parts.get(number=0)]:
        _work_on(part)
    download.refresh_from_db()


@transaction.atomic
def _claim(now: datetime) -> Part | None:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"now": now})
        row = cursor.fetchone()
    if row is None:
        return None
    lease = {"lease": uuid.uuid4(), "lease_until": now + LEASE}
    Part.objects.filter(pk=row[0]).update(attempts=F("attempts") + 1, **lease)
    part = Part.objects.select_related("download__organisation", "download__asked_by").get(pk=row[0])
    Download.objects.filter(pk=part.download_id).open().update(state=DownloadState.RUNNING, served_at=now)
    return part


def _work_on(part: Part) -> None:
    try:
        if reason := _refused(part):
            endings.fail(part.download, reason, now=timezone.now())
            return
        with (
            kept(lambda: _renew(part), every=RENEW_SECONDS),
            tempfile.TemporaryDirectory(prefix="rvs-download-") as folder,
        ):
            _make(part, Path(folder))
    except NothingLeftError:
        note = _("Nothing could be given: the right to each of these results has ended, or none is released.")
        endings.fail(part.download, note, now=timezone.now())
    except LeaseLostError:
        logger.warning("a download was cancelled, or another worker went on with it")
    except OperationalError:
        logger.exception("the database went away during a download; it goes on when the lease has run out")
    except Exception:
        logger.exception("a download failed")
        note = _("Something went wrong in the service. Ask for it again; if it fails again, tell the helpdesk.")
        endings.fail(part.download, note, now=timezone.now())


def _refused(part: Part) -> str:
    """Why nothing is made any more: today's rights count, also of whoever asked."""
    if part.attempts > MAX_ATTEMPTS:
        return _("It was interrupted too often. Tell the helpdesk.")
    if not is_user_today(part.download.organisation, part.download.asked_by):
        return _("Whoever asked for it is no longer a user of the organisation.")
    return ""


def _make(part: Part, folder: Path) -> None:
    if part.number:
        statements.make_part(part, folder)
    elif part.download.format == Format.STATEMENTS:
        _finish(part, statements.put_together(part.download, folder))
    else:
        _finish(part, datafiles.make(part, folder))


def _renew(part: Part) -> None:
    Part.objects.filter(pk=part.pk, lease=part.lease).update(lease_until=timezone.now() + LEASE)


def _finish(part: Part, made: Made) -> None:
    """Store the file, and say that it is ready.  Raises LeaseLostError when it is no longer ours, or was cancelled."""
    download, now = part.download, timezone.now()
    with made.path.open("rb") as file:
        download.file.save(f"{made.name}-{now:%Y-%m-%d-%H%M%S}{made.path.suffix}", File(file), save=False)
    try:
        _say_ready(part, made, now)
    except BaseException:
        download.file.storage.delete(str(download.file.name))
        raise


@transaction.atomic
def _say_ready(part: Part, made: Made, now: datetime) -> None:
    download = part.download
    ours = Part.objects.under_lease(part).update(lease=None, lease_until=None, made=True)
    ready = Download.objects.filter(pk=download.pk, state=DownloadState.RUNNING).update(
        state=DownloadState.READY,
        file=download.file.name,
        size=made.path.stat().st_size,
        done=F("asked_for"),
        left_out=download.items.exclude(left_out="").count(),
        note=made.note[:300],
        ended_at=now,
    )
    if not (ours and ready):
        raise LeaseLostError
    endings.forget_parts(download, but=str(download.file.name))
    _tell(download)


def _tell(download: Download) -> None:
    """Whoever asked for a mail gets one, in the same transaction; it names nobody."""
    wanted = Download.objects.filter(pk=download.pk, mail_when_ready=True).exists()
    if wanted and download.asked_by:
        context = {"path": f"/downloads/{download.pk}/", "day": download.asked_at}
        mails.send("downloads/email/ready", download.asked_by.email, context, kind=MailKind.NOTICE)
