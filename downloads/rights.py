"""What may be handed out of a finished download today, and what is different when it is made again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models.fields.files import FieldFile
from django.utils.translation import ngettext

from accounts import audit
from accounts.models import Action, User
from downloads import endings
from downloads.models import Download, DownloadState


@transaction.atomic
def fetch(*, download: Download, by: User, now: datetime) -> FieldFile | None:
    """The file, if the organisation still has the right to every result in it; otherwise it is deleted, and None."""
    if download.state != DownloadState.READY or not _may_be_given(download, now):
        return None
    Download.objects.filter(pk=download.pk).update(fetched_at=now)
    audit.record(
        actor=audit.user_actor(by),
        action=Action.DOWNLOAD_FETCHED,
        target=f"download:{download.pk}",
        organisation=str(download.organisation_id),
        detail={"format": download.format, "results": download.asked_for - download.left_out},
    )
    return download.file


def _may_be_given(download: Download, now: datetime) -> bool:
    lost = download.items.in_file().without_right(now).count()
    if not lost:
        return True
    note = ngettext(
        "The right to %(count)s of its results has ended, so the file was deleted.",
        "The right to %(count)s of its results has ended, so the file was deleted.",
        lost,
    )
    endings.delete_file(download, note=note % {"count": f"{lost:,}"})
    return False


@dataclass(frozen=True, slots=True)
class Changes:
    """How a download that was made again differs from the one before."""

    left_out: int
    changed: int
    added: int


_COMPARE: Final = """
    select count(*) filter (where before.version_id is not null and now.version_id is null),
           count(*) filter (where before.version_id <> now.version_id),
           count(*) filter (where before.version_id is null and now.version_id is not null)
    from downloads_item now
    join downloads_item before
      on before.download_id = %s
         and coalesce(before.share_id, before.verification_id) = coalesce(now.share_id, now.verification_id)
    where now.download_id = %s
    """


def changes(download: Download) -> Changes | None:
    """Compared with the one it was made again from, if that was ever made."""
    before = download.made_again_from
    if before is None or before.size is None or download.state != DownloadState.READY:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, [before.pk, download.pk])
        return Changes(*cursor.fetchone())
