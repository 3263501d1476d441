"""However much is downloaded, the worker's memory stays within bounds.

Small by default; RVS_DRILLS=full makes 1,000 statements and 200,000 rows in every format of data files.
"""

import os
import subprocess
import sys
from typing import Final

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from downloads.models import Download, Format
from organisations.models import Organisation
from results import photos
from rvs.sample_photos import drawn_photo
from sharing.models import Share
from tests.downloads.asking import archive, ask
from tests.factories import make_member, make_organisation, make_result
from tests.programs import environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill]

FULL: Final = os.environ.get("RVS_DRILLS") == "full"
STATEMENTS, ROWS = (1_000, 200_000) if FULL else (60, 3_000)
MOST_MEGABYTES: Final = 250

_COPIES: Final = """
    with copies as materialized (
        select n, nextval('results_result_id_seq') as result_id, nextval('results_resultversion_id_seq') as version_id
        from generate_series(1, %(count)s) n),
    made as (
        insert into results_result (id, reference_number, candidate_id, current_id, photo_hidden)
        select result_id, 'COPY' || n, '', version_id, false from copies),
    said as (
        insert into results_resultversion
        select (jsonb_populate_record(v, jsonb_build_object('id', version_id, 'result_id', copies.result_id))).*
        from copies, results_resultversion v where v.result_id = %(result)s)
    insert into sharing_share (id, organisation_id, result_id, version_shared_id, shared_by, shared_at,
                               applicant_reference, with_photo, ending)
    select gen_random_uuid(), %(organisation)s, result_id, version_id, 'user:drill', now(), '', true, '' from copies
    """


def shared(organisation: Organisation, count: int) -> None:
    """So many results, which all say the same, straight into the tables."""
    result = make_result(photo=photos.store(drawn_photo(1)))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all deferred")
        cursor.execute(_COPIES, {"count": count, "result": result.pk, "organisation": organisation.pk})


def peak_of_a_worker() -> int:
    command = [sys.executable, "-m", "tests.downloads.worker_process"]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        env=environment(DJANGO_SETTINGS_MODULE="rvs.settings"),
    )
    return int(done.stdout)


@pytest.mark.parametrize("format_", [Format.STATEMENTS, Format.CSV, Format.XLSX, Format.JSON, Format.XML])
def test_memory_stays_within_bounds(format_: Format) -> None:
    organisation = make_organisation()
    count = STATEMENTS if format_ == Format.STATEMENTS else ROWS
    shared(organisation, count)
    user, begin = make_member(organisation), timezone.now()
    download = ask(organisation, by=user, format=format_)
    asked = timezone.now()
    peak = peak_of_a_worker()
    made = Download.objects.get(pk=download.pk)
    seconds = (timezone.now() - asked).total_seconds()
    size = (made.size or 0) / 1e6
    print(  # noqa: T201  (the figures of the drill)
        f"{format_}: {count:,} asked for in {(asked - begin).total_seconds():.1f} s, made in {seconds:.1f} s,"
        f" {size:.1f} MB, peak {peak} MB"
    )
    assert (made.state, made.done, made.left_out) == ("ready", count, 0)
    assert Share.objects.count() == count
    if format_ == Format.STATEMENTS:
        assert len(archive(made).namelist()) == count + 1
    assert peak < MOST_MEGABYTES
