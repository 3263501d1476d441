"""The same hostile deliveries through staff's upload page: refused with a message, within limits, nothing changed.

The gate tries a few of each kind, the drills all of them.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import Client

from tests.factories import make_user
from tests.hostile.addresses import FULL
from tests.hostile.corpus import RESULTS_FILES, Case
from tests.hostile.corpus_photos import PHOTO_DELIVERIES
from tests.hostile.worker import Worker, assert_harmless

pytestmark = pytest.mark.django_db(transaction=True)

NO_FILES: Final = {"a link to another file", "a pipe", "a folder", "ten gigabytes of nothing"}
"""What can lie in a folder and comes in no upload."""
DELIVERIES: Final = [case for case in (*RESULTS_FILES, *PHOTO_DELIVERIES) if case.message and case.name not in NO_FILES]
OF_EACH_KIND: Final = {
    "no bytes at all", "UTF-16 little endian", "a million columns", "quotes that never close", "a line of 100 MB",
    "ten gigabytes", "a name that cannot be seen", "a bomb of ten gigabytes",
    "a member that says it is larger than it is", "a name that leads out", "names that differ in case",
    "a PNG that says it has 65,500 times 65,500 pixels",
    "an animated PNG", "an SVG",
}  # fmt: skip


@pytest.fixture
def session_key() -> Iterator[str]:
    """Of staff who is logged in."""
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    yield client.cookies[settings.SESSION_COOKIE_NAME].value
    shutil.rmtree(default_storage.path("imports"), ignore_errors=True)


@pytest.mark.drill
@pytest.mark.parametrize(
    "case", [case for case in DELIVERIES if FULL or case.name in OF_EACH_KIND], ids=lambda case: case.name
)
def test_a_hostile_upload_is_refused_within_limits_and_changes_nothing(
    case: Case, worker: Worker, session_key: str, tmp_path: Path
) -> None:
    case.make(tmp_path)
    outcome = worker.load(tmp_path, session_key)
    print(f"{case.name}: worked {outcome.worked_seconds} s, peak {outcome.peak_mb} MB")  # noqa: T201  (figures of a drill)
    assert_harmless(outcome, _expected(case, tmp_path))
    shutil.rmtree(tmp_path)  # pytest keeps the folders of its last three runs


def _expected(case: Case, folder: Path) -> str:
    """The form itself refuses what is too large or empty."""
    sizes = {name: path.stat().st_size for name in ("results.csv", "photos.zip") if (path := folder / name).exists()}
    if sizes["results.csv"] > settings.IMPORT_MAX_FILE_BYTES:
        return "larger than 100.0\xa0MB"
    if sizes.get("photos.zip", 0) > settings.IMPORT_MAX_PHOTOS_BYTES:
        return "larger than 2.0\xa0GB"
    if 0 in sizes.values():
        return "is empty"
    return case.message.replace("Cannot open", "the photo archive cannot be used")  # the command's words, the page's


def test_each_kind_is_there() -> None:
    assert {case.name for case in DELIVERIES} >= OF_EACH_KIND
    assert len(DELIVERIES) >= 60
