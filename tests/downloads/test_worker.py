"""The worker makes downloads: in fair turns, once, and whatever happens to the worker before."""

import threading
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import AuditEvent, Mail
from downloads import endings, requests, statements, worker
from downloads.models import Download, Part
from downloads.requests import RefusedError
from organisations.models import Membership, Organisation, OrganisationState
from sharing.models import Access
from tests.downloads.asking import again, archive, ask, index, shared, work
from tests.factories import make_member, make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_parts() -> Any:
    """Two statements a part, and nothing is small enough to come at once."""
    with (
        mock.patch.object(requests, "STATEMENTS_A_PART", 2),
        mock.patch.object(requests, "AT_ONCE", {"statements": 0}),
    ):
        yield


def in_hand() -> Part:
    part = worker._claim(timezone.now())
    assert part
    return part


def fall_silent(part: Part) -> None:
    """Its worker was killed some time ago."""
    Part.objects.filter(pk=part.pk).update(lease_until=timezone.now())


def test_a_part_is_one_workers(organisation: Organisation) -> None:
    shared(organisation, 4)
    ask(organisation)
    first, second = in_hand(), in_hand()
    assert {first.number, second.number} == {1, 2}
    assert worker._claim(timezone.now()) is None, "the file waits for its parts"


def test_what_a_dead_worker_left_is_done_anew_and_counted_once(organisation: Organisation) -> None:
    shared(organisation, 3)
    download = ask(organisation)
    part = in_hand()
    with (
        mock.patch.object(Part.objects, "under_lease", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        worker._work_on(part)
    assert not Access.objects.exists(), "nothing was stored, so nothing was taken"
    fall_silent(part)
    work()
    assert (again(download).state, len(index(archive(download)))) == ("ready", 3)
    assert {access.count for access in Access.objects.all()} == {1}


def test_a_worker_that_lost_its_lease_stores_nothing(organisation: Organisation) -> None:
    shared(organisation, 3)
    download = ask(organisation)
    late = in_hand()
    fall_silent(late)
    work()
    before = archive(download).namelist()
    worker._work_on(late)
    assert (again(download).state, archive(download).namelist()) == ("ready", before)
    assert {access.count for access in Access.objects.all()} == {1}


def test_a_database_that_went_away_ends_nothing(organisation: Organisation) -> None:
    shared(organisation, 2)
    download = ask(organisation)
    part = in_hand()
    with mock.patch.object(statements, "make_part", side_effect=OperationalError):
        worker._work_on(part)
    assert again(download).state == "running"
    fall_silent(part)
    work()
    assert again(download).state == "ready"


def test_after_five_deaths_a_person_has_to_look(organisation: Organisation) -> None:
    shared(organisation, 2)
    download = ask(organisation)
    for _death in range(worker.MAX_ATTEMPTS):
        fall_silent(in_hand())
    work()
    assert (again(download).state, again(download).note) == (
        "failed",
        "It was interrupted too often. Tell the helpdesk.",
    )


def test_a_fault_ends_it_with_a_reason(organisation: Organisation) -> None:
    shared(organisation, 2)
    download = ask(organisation)
    with mock.patch.object(statements, "put_together", side_effect=ValueError):
        work()
    assert again(download).state == "failed"
    assert "Ask for it again" in again(download).note


def test_organisations_take_turns(organisation: Organisation) -> None:
    """Whoever asked first for much does not keep the others waiting."""
    other = make_organisation()
    shared(organisation, 8)
    shared(other, 4)
    many = [ask(organisation), ask(organisation)]
    few = ask(other)
    served = []
    while part := worker._claim(timezone.now()):
        served.append("few" if part.download_id == few.pk else "many")
        worker._work_on(part)
    assert served == ["many", "few", "many", "few", "many", "few", *["many"] * 7]
    assert {again(download).state for download in [*many, few]} == {"ready"}


def test_who_has_parts_in_hand_comes_after_who_has_none(organisation: Organisation) -> None:
    other = make_organisation()
    shared(organisation, 8)
    ask(organisation)
    mine = [in_hand(), in_hand()]
    shared(other, 2)
    theirs = ask(other)
    assert in_hand().download_id == theirs.pk
    assert in_hand().download_id == mine[0].download_id


def test_a_limit_of_open_downloads_says_so(organisation: Organisation) -> None:
    shared(organisation, 2)
    user = make_member(organisation)
    for _number in range(requests.MOST_OPEN):
        ask(organisation, by=user)
    with pytest.raises(RefusedError, match="5 downloads of your organisation are being made already"):
        ask(organisation, by=user)
    assert Download.objects.count() == requests.MOST_OPEN
    work()
    ask(organisation, by=user)


def test_what_is_cancelled_is_not_made(
    organisation: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    shared(organisation, 4)
    user = make_member(organisation)
    download = ask(organisation, by=user)
    worker._work_on(in_hand())
    part = in_hand()
    with django_capture_on_commit_callbacks(execute=True):
        assert requests.cancel(download=download, by=user, now=timezone.now())
    worker._work_on(part)
    assert (again(download).state, Access.objects.count()) == ("cancelled", 2)
    assert not worker.work_on_next()
    assert not requests.cancel(download=download, by=user, now=timezone.now())
    assert AuditEvent.objects.filter(action="download_cancelled").count() == 1
    kept = download.file.storage.listdir(f"downloads/{download.pk}")[1]
    endings.forget_downloads(timezone.now() + timedelta(days=2))
    assert len(kept) <= 1
    assert download.file.storage.listdir(f"downloads/{download.pk}")[1] == []


@pytest.mark.parametrize("end", ["suspended", "removed", "deactivated"])
def test_who_has_no_rights_any_more_gets_nothing(organisation: Organisation, end: str) -> None:
    shared(organisation, 2)
    user = make_member(organisation)
    download = ask(organisation, by=user)
    if end == "suspended":
        Organisation.objects.filter(pk=organisation.pk).update(state=OrganisationState.SUSPENDED)
    elif end == "removed":
        Membership.objects.filter(user=user).delete()
    else:
        Membership.objects.filter(user=user).update(is_active=False)
    work()
    assert (again(download).state, Access.objects.count()) == ("failed", 0)


def test_a_mail_tells_only_whoever_wants_it(organisation: Organisation) -> None:
    shared(organisation, 2)
    user = make_member(organisation)
    ask(organisation, by=user)
    wanted = ask(organisation, by=user)
    Download.objects.filter(pk=wanted.pk).update(mail_when_ready=True)
    work()
    mail = Mail.objects.get()
    assert (mail.recipient, f"/downloads/{wanted.pk}/" in mail.text) == (user.email, True)
    assert "Muñoz" not in mail.text


def test_files_go_after_thirty_days_and_the_history_stays(
    organisation: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    shared(organisation, 2)
    download = ask(organisation)
    work()
    name = str(again(download).file.name)
    endings.forget_downloads(timezone.now() + timedelta(days=29))
    assert again(download).state == "ready"
    with django_capture_on_commit_callbacks(execute=True):
        endings.forget_downloads(timezone.now() + timedelta(days=30, minutes=1))
    assert (again(download).state, download.file.storage.exists(name)) == ("expired", False)
    assert again(download).size


def test_what_nobody_made_in_a_week_fails(organisation: Organisation) -> None:
    shared(organisation, 2)
    download = ask(organisation)
    endings.forget_downloads(timezone.now() + timedelta(days=8))
    assert again(download).state == "failed"
    assert not download.parts.exists()


def test_the_lease_is_renewed_while_the_work_lasts(organisation: Organisation) -> None:
    shared(organisation, 2)
    ask(organisation)
    part, renewed = in_hand(), threading.Event()

    def found(**of: object) -> mock.MagicMock:
        assert of == {"pk": part.pk, "lease": part.lease}
        renewed.set()
        return mock.MagicMock()

    with mock.patch.object(worker, "RENEW_SECONDS", 0.01), mock.patch.object(worker, "Part") as rows:
        rows.objects.filter.side_effect = found
        with mock.patch.object(worker, "_make", side_effect=lambda *_made: renewed.wait(5)):
            worker._work_on(part)
    assert renewed.is_set()
