"""Batch Check: a list is uploaded, its columns are named, its rows are checked, and the answer is looked at."""

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent
from downloads.batch import endings, lists, worker
from downloads.models import BatchCheck, BatchRow, BatchState, RowOutcome
from organisations.models import Organisation
from results.models import Result
from sharing.models import Access, Announcement, Check, Pause, Verification
from tests.factories import change_result, make_organisation, make_result, make_user
from tests.sharing.api.asking import Program

pytestmark = pytest.mark.django_db

PAGE = "/downloads/batch-check/"
HEADINGS = ("Reference number", "Date of birth", "Name", "Applicant ID")
BORN = "24/02/1999"  # whoever make_result makes
ZOE = "Zoë Muñoz-Sánchez"


def a_list(rows: Iterable[Iterable[object]], headings: Iterable[str] = HEADINGS) -> SimpleUploadedFile:
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return SimpleUploadedFile("applicants.csv", text.getvalue().encode())


def upload(client: Client, file: SimpleUploadedFile) -> BatchCheck:
    answer = client.post(f"{PAGE}upload/", {"file": file})
    assert answer.status_code == 302, answer.content.decode()
    batch = BatchCheck.objects.latest("asked_at")
    assert answer["Location"] == f"{PAGE}{batch.pk}/columns/"
    return batch


def start(client: Client, batch: BatchCheck, **columns: str) -> Any:
    chosen = {"reference_number": "0", "date_of_birth": "1", "name": "2", "applicant_reference": "3", "order": "day"}
    return client.post(f"{PAGE}{batch.pk}/columns/", {**chosen, **columns, "start": "1"})


def check(client: Client, rows: Iterable[Iterable[object]]) -> BatchCheck:
    """Uploaded, started, and worked on until nothing is left to do."""
    batch = upload(client, a_list(rows))
    start(client, batch)
    while worker.work_on_next():
        pass
    batch.refresh_from_db()
    return batch


def outcomes(batch: BatchCheck) -> list[str]:
    return list(batch.rows.order_by("line").values_list("outcome", flat=True))


@pytest.fixture
def result() -> Result:
    return make_result("213GB5990001", "V582B8R36F")


def test_every_outcome_is_told_and_explained(verifier: Client, result: Result, organisation: Organisation) -> None:
    cancelled, withheld = make_result(status="cancelled"), make_result(status="withheld")
    batch = check(
        verifier,
        [
            ("213 gb 599-0001", BORN, ZOE, "A-1"),
            (cancelled.reference_number, "1999-02-24", ZOE, ""),
            (result.reference_number, BORN, "Munoz Sanchez, Zoe", ""),
            (result.reference_number, BORN, "Anna Kowalska", ""),
            (result.reference_number, "24/02/1998", ZOE, ""),
            (withheld.reference_number, BORN, ZOE, ""),
            ("213GB5999999", BORN, ZOE, ""),
            (result.reference_number, "99/99/1999", ZOE, ""),
            ("", BORN, ZOE, ""),
            (result.reference_number, "", ZOE, ""),
        ],
    )
    assert batch.state == BatchState.DONE
    assert outcomes(batch) == [
        "match", "cancelled", "variant", "other_name", "no_match", "no_match", "no_match",
        "unreadable", "unreadable", "unreadable",
    ]  # fmt: skip
    assert all(row.explanation for row in batch.rows.exclude(outcome="match"))
    assert batch.counts["no_match"] == 3
    page = verifier.get(f"{PAGE}{batch.pk}/")
    for text in ("Match, name written differently", "Cannot be read", "has been cancelled", "A-1"):
        assertContains(page, text)
    assert organisation.verifications.get(result=result).applicant_reference == "A-1"


def test_each_match_is_a_verification_and_an_access_and_each_miss_counts_once(
    verifier: Client, result: Result, organisation: Organisation
) -> None:
    wrong = ("213GB5999999", BORN, ZOE, "")
    check(verifier, [(result.reference_number, BORN, ZOE, ""), ("V582B8R36F", BORN, ZOE, ""), wrong, wrong, wrong])
    verification = Verification.objects.get()
    assert (verification.organisation, verification.result) == (organisation, result)
    access = Access.objects.get()
    assert (access.verification, access.channel, access.count) == (verification, "search", 2)
    assert Check.objects.filter(outcome="miss").count() == 1
    announcement = Announcement.objects.get()
    assert (announcement.made, announcement.to_come) == (3, 0)


def test_what_changed_since_the_last_check_is_told(verifier: Client, result: Result) -> None:
    row = (result.reference_number, BORN, ZOE, "")
    check(verifier, [row])
    change_result(result, score=175, label="Pass at Grade B")
    batch = check(verifier, [row])
    assert outcomes(batch) == ["changed"]
    explanation = batch.rows.get().explanation
    assert "Overall score" in explanation
    assert "175" not in explanation
    assert outcomes(check(verifier, [row])) == ["match"]


def test_the_columns_are_guessed_and_can_be_named_otherwise(verifier: Client, result: Result) -> None:
    headings = ("Surname", "First name", "DOB", "Cambridge reference", "Notes")
    row = ("Muñoz-Sánchez", "Zoë", "02/24/1999", result.reference_number, "=1+1")
    batch = upload(verifier, a_list([row], headings))
    page = verifier.get(f"{PAGE}{batch.pk}/columns/")
    assertContains(page, "24 February 1999")  # no month has the number 24
    chosen = page.context["form"].initial
    assert (chosen["reference_number"], chosen["date_of_birth"], chosen["order"]) == ("3", "2", "month")
    chosen = {**chosen, "start": "1"}
    assertRedirects(verifier.post(f"{PAGE}{batch.pk}/columns/", chosen), f"{PAGE}{batch.pk}/")
    worker.work_on_next()
    assert outcomes(batch) == ["match"]


def test_without_number_or_date_nothing_starts(verifier: Client) -> None:
    batch = upload(verifier, a_list([("a", "b", "c", "d")]))
    page = start(verifier, batch, reference_number="", date_of_birth="")
    assertContains(page, "Choose the column with the reference or verification number")
    assertContains(page, "Choose the column with the date of birth")
    batch.refresh_from_db()
    assert batch.state == BatchState.MAPPING


def test_showing_the_rows_anew_starts_nothing(verifier: Client, result: Result) -> None:
    batch = upload(verifier, a_list([(result.reference_number, "03/04/1999", ZOE, "")]))
    columns = {"reference_number": "0", "date_of_birth": "1", "order": "month"}
    assertContains(verifier.post(f"{PAGE}{batch.pk}/columns/", columns), "4 March 1999")
    assert not BatchRow.objects.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty"),
        (b"\n\n", "nothing in this file"),
        (b"Number,Born\n", "no rows below the headings"),
        (b"a\0b,c\nd,e\n", "bytes that are no text"),
        (b"%PDF-1.7", "This is a PDF"),
        (b"<!doctype html><p>", "web page"),
        (b"PK\x03\x04broken", "cannot be opened"),
        (b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
        (b"Number,Born\n" + b"1,2\n" * 10_001, "more than 10,000 rows"),
        (b"a," * 100 + b"\n" + b"b," * 100, "columns"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_reason(verifier: Client, content: bytes, message: str) -> None:
    page = verifier.post(f"{PAGE}upload/", {"file": SimpleUploadedFile("list.csv", content)})
    assert page.status_code == 200
    assert message in page.content.decode()
    assert not BatchCheck.objects.exists()


def test_a_workbook_is_read_by_its_cells(verifier: Client, result: Result) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet
    sheet.append(HEADINGS)
    sheet.append([result.reference_number, date(1999, 2, 24), ZOE, 4711])
    sheet.append(["=1+1", date(1999, 2, 24), ZOE, ""])
    content = io.BytesIO()
    book.save(content)
    batch = upload(verifier, SimpleUploadedFile("list.xlsx", content.getvalue()))
    start(verifier, batch)
    worker.work_on_next()
    assert outcomes(batch) == ["match", "unreadable"]
    assert "formula" in batch.rows.get(line=3).explanation
    assert batch.rows.get(line=2).applicant_reference == "4711"


def test_a_limit_pauses_the_list_keeps_what_was_done_and_it_goes_on(
    verifier: Client, result: Result, organisation: Organisation
) -> None:
    misses = [(f"213GB599{number:04}", BORN, ZOE, "") for number in range(1000, 1040)]
    batch = check(verifier, [*misses, (result.reference_number, BORN, ZOE, "")])
    assert batch.state == BatchState.PAUSED
    done = batch.rows_done
    assert 30 <= done <= 33
    page = verifier.get(f"{PAGE}{batch.pk}/")
    assertContains(page, "are paused until")
    assertContains(verifier.post(f"{PAGE}{batch.pk}/go-on/", follow=True), "still paused")

    assert batch.paused_until
    with time_machine.travel(batch.paused_until + timedelta(minutes=1), tick=False):
        assert not lists.still_paused(batch, timezone.now())
        while worker.work_on_next():
            pass
    batch.refresh_from_db()
    assert batch.state == BatchState.DONE
    assert outcomes(batch) == ["no_match"] * 40 + ["match"]
    assert Pause.objects.filter(organisation=organisation).count() == 1


def test_a_number_tried_too_often_does_not_stop_the_rest(verifier: Client, result: Result) -> None:
    dates = [(result.reference_number, f"{day}/03/1999", ZOE, "") for day in range(1, 8)]
    batch = check(verifier, [*dates, (make_result().reference_number, BORN, ZOE, "")])
    assert outcomes(batch) == ["no_match"] * 5 + ["not_checked"] * 2 + ["match"]
    assert "paused until" in batch.rows.get(line=7).explanation


def test_a_page_a_program_and_a_list_count_together(
    verifier: Client, organisation: Organisation, result: Result
) -> None:
    number, program = result.reference_number, Program(organisation)
    form = {"reference_number": number, "date_of_birth_month": "3", "date_of_birth_year": "1999"}
    for day in (1, 2):
        assert verifier.post("/candidate-search/", {**form, "date_of_birth_day": str(day)}).status_code == 200
    for day in (3, 4):
        assert program.verify(reference_number=number, date_of_birth=f"1999-03-0{day}").status_code == 200

    batch = check(verifier, [(number, f"{day}/03/1999", ZOE, "") for day in (5, 6)] + [(number, BORN, ZOE, "")])

    assert outcomes(batch) == ["no_match", "not_checked", "not_checked"]
    assert program.verify(reference_number=number, date_of_birth="1999-02-24").status_code == 429
    assert verifier.post("/candidate-search/", {**form, "date_of_birth_day": "24"}).status_code == 429


def test_a_cancelled_list_keeps_what_was_checked_and_counts_no_more(
    verifier: Client, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "A_TURN", 2)
    batch = upload(verifier, a_list([(make_result().reference_number, BORN, ZOE, "") for _ in range(5)]))
    start(verifier, batch)
    worker.work_on_next()
    verifier.post(f"{PAGE}{batch.pk}/cancel/")
    assert not worker.work_on_next()
    assert outcomes(batch) == ["match"] * 2 + ["not_checked"] * 3
    assert organisation.announcements.get().to_come == 0


def test_organisations_have_their_turns(verifier: Client, outsider: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "A_TURN", 1)
    batches = []
    for client in (verifier, outsider):
        batch = upload(client, a_list([(make_result().reference_number, BORN, ZOE, "") for _ in range(3)]))
        start(client, batch)
        batches.append(batch)
    for done in ([1, 0], [1, 1], [2, 1], [2, 2]):
        worker.work_on_next()
        assert sorted(BatchCheck.objects.get(pk=batch.pk).rows_done for batch in batches) == sorted(done)


def test_the_day_has_ten_thousand_rows_of_lists(verifier: Client, organisation: Organisation) -> None:
    organisation.announcements.create(to_come=9_999, announced_at=timezone.now())
    batch = upload(verifier, a_list([("213GB5990001", BORN, "", ""), ("213GB5990002", BORN, "", "")]))
    assertContains(start(verifier, batch).client.get(f"{PAGE}{batch.pk}/columns/"), "may check 1 more rows")
    batch.refresh_from_db()
    assert batch.state == BatchState.MAPPING


def test_the_answer_comes_as_csv_and_as_a_workbook_without_formulas(verifier: Client, result: Result) -> None:
    batch = check(verifier, [(result.reference_number, BORN, "=HYPERLINK(1)", "+4711"), ("O'Brien", "-", "", "")])
    answer = verifier.get(f"{PAGE}{batch.pk}/answer.csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert rows[0][:2] == ["Line", "Number"]
    assert rows[1][3:5] == ["'=HYPERLINK(1)", "'+4711"]
    book = openpyxl.load_workbook(io.BytesIO(b"".join(verifier.get(f"{PAGE}{batch.pk}/answer.xlsx"))))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert "=HYPERLINK(1)" in {cell.value for cell in cells}


def test_rows_are_erased_after_thirty_days_or_at_once_and_the_line_stays(verifier: Client, result: Result) -> None:
    old, new = (check(verifier, [(result.reference_number, BORN, ZOE, "")]) for _ in range(2))
    endings.forget(timezone.now() + timedelta(days=29))
    assert BatchRow.objects.count() == 2
    verifier.post(f"{PAGE}{new.pk}/delete/")
    assert BatchRow.objects.count() == 1
    endings.forget(timezone.now() + timedelta(days=31))
    assert not BatchRow.objects.exists()
    assertContains(verifier.get(f"{PAGE}{old.pk}/"), "The rows were erased")
    assert verifier.get(f"{PAGE}{old.pk}/answer.csv").status_code == 404
    assertContains(verifier.get(PAGE), "applicants.csv", count=2)


def test_a_list_that_nobody_starts_is_gone_after_a_day(verifier: Client) -> None:
    batch = upload(verifier, a_list([("1", BORN, "", "")]))
    name = batch.file.name
    endings.forget(timezone.now() + timedelta(hours=25))
    batch.refresh_from_db()
    assert (batch.state, batch.file.name) == (BatchState.CANCELLED, "")
    assert name


def test_whoever_left_the_organisation_gets_nothing_checked(verifier: Client, result: Result) -> None:
    batch = upload(verifier, a_list([(result.reference_number, BORN, ZOE, "")]))
    start(verifier, batch)
    assert batch.asked_by
    batch.asked_by.membership.delete()
    worker.work_on_next()
    batch.refresh_from_db()
    assert batch.state == BatchState.FAILED
    assert not Verification.objects.exists()


def test_outsiders_and_colleagues_see_nothing_and_the_primary_sees_all(
    verifier: Client, primary: Client, outsider: Client, organisation: Organisation, result: Result
) -> None:
    batch = check(primary, [(result.reference_number, BORN, ZOE, "")])
    for client in (verifier, outsider):
        assertNotContains(client.get(PAGE), "applicants.csv")
        for part in ("", "columns/", "answer.csv", "answer.xlsx"):
            assert client.get(f"{PAGE}{batch.pk}/{part}").status_code == 404
        for part in ("cancel/", "go-on/", "delete/"):
            assert client.post(f"{PAGE}{batch.pk}/{part}").status_code == 404
    own = check(verifier, [(result.reference_number, BORN, ZOE, "")])
    assert primary.get(f"{PAGE}{own.pk}/").status_code == 200


def test_five_unfinished_lists_are_enough(verifier: Client) -> None:
    for _ in range(5):
        upload(verifier, a_list([("1", BORN, "", "")]))
    page = verifier.post(f"{PAGE}upload/", {"file": a_list([("1", BORN, "", "")])})
    assertContains(page, "5 lists of your organisation are not finished yet")


def test_a_candidate_cannot_upload_a_byte(candidate: Client) -> None:
    assert candidate.post(f"{PAGE}upload/", {"file": a_list([("1", BORN, "", "")])}).status_code == 403
    assert not BatchCheck.objects.exists()


def test_the_trail_says_who_did_what_and_nothing_of_the_rows(verifier: Client, result: Result) -> None:
    batch = check(verifier, [(result.reference_number, BORN, ZOE, "A-1")])
    events = AuditEvent.objects.filter(target=f"batch_check:{batch.pk}").values_list("action", flat=True)
    assert set(events) == {Action.BATCH_UPLOADED, Action.BATCH_STARTED}
    for event in AuditEvent.objects.all():
        assert not {result.reference_number, "A-1", "1999-02-24"} & set(map(str, event.detail.values()))


def test_a_worker_that_lost_its_lease_stores_nothing(verifier: Client, result: Result) -> None:
    batch = upload(verifier, a_list([(result.reference_number, BORN, ZOE, "")]))
    start(verifier, batch)
    ours = worker._claim(timezone.now())
    assert ours
    BatchCheck.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert worker.work_on_next()
    with pytest.raises(worker.LeaseLostError):
        worker._check(ours, ours.rows.get(), timezone.now())
    assert Check.objects.count() == 1
    assert outcomes(batch) == [RowOutcome.MATCH]


def test_nobody_else_organisations_rows(verifier: Client) -> None:
    foreign = make_organisation().batch_checks.create(asked_by=make_user(), asked_by_name="x", uploaded_name="x.csv")
    assert verifier.get(f"{PAGE}{foreign.pk}/").status_code == 404
