"""Statements of Results of many candidates: one PDF, or a ZIP with an index of all that was asked for."""

import io
from datetime import timedelta
from unittest import mock

import pypdf
import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from downloads import statements, worker
from downloads.models import Download, Item, LeftOut
from organisations.models import Organisation
from sharing import door, shares
from sharing.models import Access, Channel
from tests.downloads.asking import again, archive, ask, index, shared, work
from tests.factories import make_claim, make_member, make_result, share_result

pytestmark = pytest.mark.django_db


def text_of(pdf: bytes) -> str:
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_one_is_a_pdf(organisation: Organisation) -> None:
    (share,) = shared(organisation, 1)
    download = ask(organisation)
    worker.make_now(download)
    assert (download.state, download.done, download.left_out) == ("ready", 1, 0)
    with download.file.open("rb") as file:
        content = file.read()
    assert "Muñoz-Sánchez" in text_of(content)
    assert download.size == len(content)
    assert str(download.file.name).endswith(".pdf")
    assert share.result.reference_number not in str(download.file.name)


def test_several_are_a_zip_with_an_index(organisation: Organisation) -> None:
    shared(organisation, 3)
    download = ask(organisation)
    worker.make_now(download)
    files = archive(download)
    lines = index(files)
    assert files.namelist() == [line["File"] for line in lines] + ["index.csv"]
    assert [line["Number"] for line in lines] == ["1", "2", "3"]
    for line in lines:
        assert line["Reference number"] in text_of(files.read(line["File"]))
        assert line["Candidate"] == "Zoë Muñoz-Sánchez"
    assert files.testzip() is None


def test_each_is_an_access_of_whoever_asked(organisation: Organisation) -> None:
    rows = shared(organisation, 2)
    user = make_member(organisation)
    worker.make_now(ask(organisation, by=user))
    accesses = Access.objects.all()
    assert {access.share_id for access in accesses} == {share.pk for share in rows}
    assert {(access.channel, access.actor, access.count) for access in accesses} == {
        (Channel.STATEMENT, f"user:{user.pk}", 1)
    }


def test_what_ended_meanwhile_is_left_out_and_named_by_the_organisations_own_words(organisation: Organisation) -> None:
    kept, gone = shared(organisation, 2, applicant_reference="A-1")
    download = ask(organisation)
    shares.withdraw(share=gone, by=gone.result.claim.candidate.user, now=timezone.now())
    worker.make_now(download)
    assert (download.state, download.left_out) == ("ready", 1)
    lines = {line["Left out because"]: line for line in index(archive(download))}
    left_out = lines.pop(str(LeftOut.ENDED.label))
    assert (left_out["Applicant reference"], left_out["Candidate"], left_out["Reference number"]) == ("A-1", "", "")
    assert lines[""]["Reference number"] == kept.result.reference_number
    assert Item.objects.get(share=gone).left_out == LeftOut.ENDED
    assert not Access.objects.filter(share=gone).exists()


def test_what_is_not_released_is_left_out_with_that_reason(organisation: Organisation) -> None:
    share_result(organisation)
    share_result(organisation, make_result(status="withheld"))
    download = ask(organisation)
    worker.make_now(download)
    assert {line["Left out because"] for line in index(archive(download))} == {"", str(LeftOut.NOT_RELEASED.label)}


def test_where_nothing_is_left_it_says_so(organisation: Organisation) -> None:
    share_result(organisation, make_result(status="pending"))
    download = ask(organisation)
    worker.make_now(download)
    assert (download.state, download.file.name) == ("failed", "")
    assert "none is released" in download.note


def test_one_that_cannot_be_made_does_not_stop_the_others(organisation: Organisation) -> None:
    shared(organisation, 3)
    download = ask(organisation)
    with mock.patch.object(door, "statement", side_effect=[b"%PDF-1", FileNotFoundError("the photo"), b"%PDF-3"]):
        worker.make_now(download)
    assert (download.state, download.left_out) == ("ready", 1)
    assert Access.objects.count() == 2, "what nobody got, nobody took"


def test_large_ones_are_made_in_parts(
    organisation: Organisation, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    shared(organisation, 7)
    with mock.patch("downloads.requests.STATEMENTS_A_PART", 3):
        download = ask(organisation)
    assert (download.state, download.parts.count()) == ("queued", 4)
    assert worker.work_on_next()
    assert (again(download).state, again(download).done) == ("running", 3)
    with django_capture_on_commit_callbacks(execute=True):
        work()
    assert (again(download).state, again(download).done) == ("ready", 7)
    assert len(index(archive(download))) == 7
    assert not download.parts.exists()
    folder = f"downloads/{download.pk}"
    assert download.file.storage.listdir(folder)[1] == [str(again(download).file.name).rpartition("/")[2]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Zoë Muñoz-Sánchez", "00007-213GB5990001-Zoë Muñoz-Sánchez.pdf"),
        ("../../etc/passwd", "00007-213GB5990001-..-..-etc-passwd.pdf"),
        ("王小明", "00007-213GB5990001-王小明.pdf"),
        ("CON", "00007-213GB5990001-CON.pdf"),
    ],
)
def test_files_in_the_zip_have_names_of_their_own(name: str, expected: str) -> None:
    assert statements.file_name(7, name, "213GB5990001") == expected
    assert len(statements.file_name(7, "é" * 400, "213GB5990001").encode()) < 255


def test_results_of_one_person_follow_each_other(organisation: Organisation) -> None:
    now = timezone.now()
    first = share_result(organisation, now=now)
    share_result(organisation, now=now - timedelta(days=1))
    other = make_claim(make_result(), first.result.claim.candidate.user)
    late = share_result(organisation, other.result, now=now - timedelta(days=2))
    download = ask(organisation)
    order = list(download.items.order_by("position").values_list("share_id", flat=True))
    assert order[:2] == [first.pk, late.pk]
    assert Download.objects.get().asked_for == 3
