"""The pages of an import."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Action, AuditEvent, User
from results.models import ImportJob
from results.staff import worker
from tests.results.loading import csv_file, first_row
from tests.results.staff_files import WRONG, checked, loaded

pytestmark = pytest.mark.django_db(transaction=True)


def send(staff: Client, content: bytes, photos: bytes | None = None) -> Any:
    files = {"file": SimpleUploadedFile("results.csv", content, "text/csv")}
    if photos is not None:
        files["photos"] = SimpleUploadedFile("photos.zip", photos, "application/zip")
    return staff.post("/admin/results/importjob/add/", files)


def test_staff_upload_look_confirm_and_see_what_was_loaded(staff: Client) -> None:
    response = send(staff, csv_file([first_row(), WRONG]).getvalue())
    job = ImportJob.objects.get()
    page = response["Location"]
    assert page == f"/admin/results/importjob/{job.pk}/"
    assert "Waits to be checked" in staff.get(page).content.decode()
    assert worker.work_on_next()
    text = staff.get(page).content.decode()
    assert "Load the valid rows only" in text
    assert first_row()["reference_number"] in text
    assert "country" in staff.get(f"{page}problems/").content.decode()
    rejects = staff.get(f"{page}rejects.csv")
    assert "attachment" in rejects["Content-Disposition"]
    assert WRONG["reference_number"].encode() in b"".join(rejects)
    assert AuditEvent.objects.filter(action=Action.REJECTS_DOWNLOADED, target=f"importjob:{job.pk}").count() == 1

    without = staff.post(f"{page}confirm/", {"preview": "1"}, follow=True)
    assert "Tick that only the valid rows are loaded" in without.content.decode()
    staff.post(f"{page}confirm/", {"preview": "1", "valid_rows_only": "on"})
    assert worker.work_on_next()
    text = staff.get(page).content.decode()
    assert ">Loaded<" in text
    person = User.objects.get()
    assert f"{person.get_full_name()} ({person.email})" in text
    assert "results.csv" in staff.get("/admin/results/importbatch/").content.decode()
    again = staff.post(f"{page}confirm/", {"preview": "1", "valid_rows_only": "on"}, follow=True)
    assert "does not wait for you any more" in again.content.decode()


def test_the_same_file_says_when_and_by_whom_it_was_loaded(staff: Client) -> None:
    loaded(checked([first_row()]))
    page = send(staff, csv_file([first_row()]).getvalue())["Location"]
    assert worker.work_on_next()
    text = staff.get(page).content.decode()
    assert "This file was loaded before" in text
    assert "Nothing has to be loaded again." in text
    assert "Confirm and load" not in text


def test_problems_come_in_pages(staff: Client) -> None:
    rows = [first_row(reference_number=f"15BGB96{number:05}", country="XX") for number in range(101)]
    job = checked(rows)
    pages = [staff.get(f"/admin/results/importjob/{job.pk}/problems/?page={page}") for page in ("1", "3", "99", "x")]
    assert [len(page.context["problems"]) for page in pages] == [50, 1, 1, 50]
    assert pages[1].context["problems"][0].line == 102


def test_a_file_above_the_limit_is_dropped_with_a_message(staff: Client, settings: Any) -> None:
    settings.IMPORT_MAX_FILE_BYTES = 1_000
    settings.IMPORT_MAX_PHOTOS_BYTES = 200_000
    response = send(staff, b"x" * 1_001, b"y" * 200_001)
    text = response.content.decode()
    assert "The file is larger than 1000\xa0bytes. Split it into several." in text
    assert "The file is larger than 195.3\xa0KB." in text
    assert "Choose a results file" not in text
    assert not ImportJob.objects.exists()
    assert send(staff, b"x" * 1_000, b"y" * 200_000).status_code == 302


def test_files_go_nowhere_else(staff: Client, candidate: Client) -> None:
    for client, address in ((staff, "/admin/results/result/"), (candidate, "/admin/results/importjob/add/")):
        response = client.post(address, {"file": SimpleUploadedFile("results.csv", b"exam\n")})
        assert response.wsgi_request.FILES == {}


def test_an_empty_form_says_what_to_choose(staff: Client) -> None:
    response = staff.post("/admin/results/importjob/add/")
    assert "Choose a results file" in response.content.decode()


def test_what_a_file_says_is_shown_as_text(staff: Client) -> None:
    row = first_row(given_names="<script>alert(1)</script>", status="<b>odd</b>")
    job = checked([first_row(reference_number="15BGB9615007", given_names="<i>x</i>"), row])
    for page in (f"/admin/results/importjob/{job.pk}/", f"/admin/results/importjob/{job.pk}/problems/"):
        text = staff.get(page).content.decode()
        assert "<script>alert" not in text
        assert "<b>odd" not in text
        assert "<i>x" not in text
