"""200 Statements of Results as a ZIP, made by two workers, against 200 single calls of plain WeasyPrint in one process.

Ours is the whole path: asked for, taken through the one door with an access event for each, rendered, put together and
ready to be fetched.  The limit is as in bench/statements.py: a font configuration that is used again.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from PIL import Image

from accounts.models import User
from bench import Figure, statements
from bench.exporting import _RESULTS, _SHARES, _VERSIONS, ROWS
from downloads import requests
from downloads.models import Download, DownloadState, Format
from downloads.requests import Chosen
from organisations.models import Membership, Organisation, Role
from results import photos

COUNT: Final = 200
_LOADED: Final = (_RESULTS, _VERSIONS, _SHARES)
WORKERS: Final = 2
GOAL: Final = 2.5
PATIENCE: Final = 300


def run() -> list[Figure]:
    """Statements a second of either side, measured one after the other."""
    organisation, user = _load()
    samples = [statements.sample(number) for number in range(COUNT)]
    statements.plain(samples[0])
    start = time.perf_counter()
    for each in samples:
        statements.plain(each)
    limit = time.perf_counter() - start
    with _workers():
        ours = _make(organisation, user)
    note = f"{COUNT} statements by {WORKERS} workers; limit: plain WeasyPrint in one process"
    return [Figure("statements as ZIP", COUNT / ours, COUNT / limit, limit / ours, GOAL, "statements/s", note)]


def _make(organisation: Organisation, user: User) -> float:
    """Seconds from asking until the file is ready."""
    now = datetime.now(UTC)
    rights = organisation.shares.in_force(now).order_by("-shared_at", "pk")
    start = time.perf_counter()
    chosen = Chosen(words="Everything", rights=rights)
    download = requests.ask(organisation=organisation, by=user, chosen=chosen, format=Format.STATEMENTS, now=now)
    while (made := Download.objects.get(pk=download.pk)).is_open:
        assert time.perf_counter() - start < PATIENCE
        time.sleep(0.02)
    assert (made.state, made.done, made.left_out) == (DownloadState.READY, COUNT, 0), made.note
    return time.perf_counter() - start


@contextmanager
def _workers() -> Iterator[None]:
    """Two that have imported everything and wait for work, as the service's do."""
    command = [sys.executable, "-m", "bench.download_worker"]
    running = [
        subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True)
        for _number in range(WORKERS)
    ]
    try:
        for process in running:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        yield
    finally:
        for process in running:
            process.kill()
            process.communicate()


def _load() -> tuple[Organisation, User]:
    """Results with a photo each, straight into the empty tables."""
    user = User.objects.create_user("downloading@example.org", None, given_name="Bench")
    now = datetime.now(UTC)
    organisation = Organisation.objects.create(name="Downloading", country="GB", state="suspended")
    Membership.objects.create(organisation=organisation, user=user, role=Role.PRIMARY)
    Organisation.objects.filter(pk=organisation.pk).update(state="active")
    names = [photos.store(_photo(number)) for number in range(COUNT)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local rvs.allow_truncate = 'on'")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("truncate results_resultversion, results_result cascade")
        few = (query.replace(f"generate_series(1, {ROWS})", f"generate_series(1, {COUNT})") for query in _LOADED)
        cursor.execute(next(few))
        cursor.execute(next(few))
        cursor.execute(next(few), [organisation.pk, now, now])
        cursor.execute("update results_resultversion set photo = (%s::text[])[id]", [names])
    return organisation, user


def _photo(number: int) -> bytes:
    picture = BytesIO()
    Image.effect_noise((240, 304), 40 + number).save(picture, "JPEG", quality=85)
    return picture.getvalue()
