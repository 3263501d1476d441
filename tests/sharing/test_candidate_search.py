"""A verifier checks a result by number and date of birth."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent
from organisations.models import Organisation
from results.models import Result
from sharing.models import Access, Check, Verification
from tests.factories import change_result, make_member, make_organisation, make_result

pytestmark = pytest.mark.django_db

SEARCH = "/candidate-search/"


def search(client: Client, number: str, day: str = "24", month: str = "2", year: str = "1999", **more: str) -> Any:
    return client.post(
        SEARCH,
        {
            "reference_number": number,
            "date_of_birth_day": day,
            "date_of_birth_month": month,
            "date_of_birth_year": year,
            **more,
        },
    )


@pytest.fixture
def result() -> Result:
    return make_result("213GB5990001", "V582B8R36F")


def test_a_match_leads_to_the_candidates_page(verifier: Client, result: Result) -> None:
    response = search(verifier, "213GB5990001")
    verification = Verification.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"{SEARCH}{verification.pk}/"
    page = verifier.get(response["Location"]).content.decode()
    for shown in ("Zoë Muñoz-Sánchez", "B2 First", "Pass at Grade C", "170", "Use of English", "157", "B2"):
        assert shown in page


@pytest.mark.parametrize(
    ("number", "day", "month", "year"),
    [
        ("V582B8R36F", "24", "2", "1999"),
        (" 213 gb-599-0001 ", "24", "02", "1999"),
        ("213GB5990001", "24", "Feb", "1999"),
        ("２１３GB599\u200b0001", "24.", "february", "1999"),
    ],
)
def test_typing_is_tolerated(verifier: Client, result: Result, number: str, day: str, month: str, year: str) -> None:
    assert search(verifier, number, day, month, year).status_code == 302


@pytest.mark.parametrize(
    ("day", "month", "year", "message"),
    [
        ("", "2", "1999", "Date of birth must include a day"),
        ("24", "", "1999", "Date of birth must include a month"),
        ("24", "2", "", "Date of birth must include a year"),
        ("", "", "", "Enter the date of birth"),
        ("30", "2", "1999", "must be a real date"),
        ("24", "ju", "1999", "The month must be"),
        ("24", "2", "99", "four digits"),
        ("24", "2", "2999", "in the past"),
        ("x", "2", "1999", "The day must be"),
    ],
)
def test_a_wrong_date_is_explained(verifier: Client, day: str, month: str, year: str, message: str) -> None:
    response = search(verifier, "213GB5990001", day, month, year)
    page = response.content.decode()
    assert response.status_code == 200
    assert page.count(message) == 2  # in the summary and beside the field
    assert "<title>Error:" in " ".join(page.split())
    assert not Check.objects.exists()


@pytest.mark.parametrize("number", ["", "213GB/599", "1" * 21, "Ω13GB5990001", "\0"])
def test_a_number_that_can_be_none_is_explained(verifier: Client, number: str) -> None:
    response = search(verifier, number)
    assert response.status_code == 200
    assert "There is a problem" in response.content.decode()


def _plain(response: Any) -> str:
    """The page without what is random in it and always as long: the forms' token, ids, and the session's seconds."""
    token, identifier = r'"\w{64}"', "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    return re.sub(f'{token}|{identifier}|data-seconds="\\d+"', "", response.content.decode())


def test_every_cause_of_no_match_looks_the_same(verifier: Client, result: Result) -> None:
    for number, status in (("P1", "pending"), ("W1", "withheld"), ("A1", "absent")):
        make_result(number, status=status)
    answers = [search(verifier, number) for number in ("P1", "W1", "A1", "UNKNOWN99")]
    answers.append(search(verifier, "213GB5990001", day="25"))
    assert {answer.status_code for answer in answers} == {200}
    assert len({_plain(answer) for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1
    assert not Verification.objects.exists()


def test_every_cause_of_no_match_takes_the_same_queries(verifier: Client, result: Result) -> None:
    make_result("W1", status="withheld")
    verifier.get(SEARCH)  # the first page of a session writes down the role
    counts = set()
    for number, day in (("W1", "24"), ("UNKNOWN99", "24"), ("213GB5990001", "25")):
        with CaptureQueriesContext(connection) as queries:
            search(verifier, number, day)
        counts.add(len(queries))
    assert len(counts) == 1


def test_the_no_match_page_repeats_nothing(verifier: Client, result: Result) -> None:
    search(verifier, "213GB5990001")
    page = _plain(search(verifier, "UNKNOWN99", day="17", applicant_reference="APP-77"))
    for typed in ("UNKNOWN99", "APP-77", "1999", "Muñoz"):
        assert typed not in page


def test_a_cancelled_result_says_so_without_scores(verifier: Client) -> None:
    make_result("C1", status="cancelled")
    page = _plain(verifier.get(search(verifier, "C1")["Location"]))
    assert "no longer valid" in page
    for secret in ("Pass at Grade C", "170", "157", "statement.pdf"):
        assert secret not in page


def test_a_result_withheld_later_shows_its_status_and_no_more(verifier: Client, result: Result) -> None:
    address = search(verifier, "213GB5990001")["Location"]
    change_result(result, status="withheld")
    page = _plain(verifier.get(address))
    assert "Withheld" in page
    assert "Pass at Grade C" not in page
    assert verifier.get(f"{address}statement.pdf").status_code == 404
    assert verifier.get(f"{address}photo").status_code == 404


def test_a_changed_result_says_so(verifier: Client, result: Result) -> None:
    address = search(verifier, "213GB5990001")["Location"]
    assert "has changed" not in _plain(verifier.get(address))
    change_result(result, score=174, label="Pass at Grade B")
    page = _plain(verifier.get(address))
    assert "has changed since you verified it" in page
    assert "Pass at Grade B" in page


def test_checking_again_renews_the_verification(verifier: Client, result: Result) -> None:
    search(verifier, "213GB5990001", applicant_reference="APP-77")
    Verification.objects.update(right_until=timezone.now() - timedelta(days=1))
    search(verifier, "V582B8R36F")
    verification = Verification.objects.get()
    assert verification.right_until > timezone.now() + timedelta(days=364)
    assert verification.applicant_reference == "APP-77"


def test_the_right_ends_after_twelve_months(verifier: Client, result: Result) -> None:
    address = search(verifier, "213GB5990001")["Location"]
    Verification.objects.update(right_until=timezone.now())
    assert verifier.get(address).status_code == 404
    assert verifier.get(f"{address}statement.pdf").status_code == 404
    assert "No verifications yet" in _plain(verifier.get(SEARCH))


def test_another_organisation_sees_nothing_of_it(
    verifier: Client, outsider: Client, result: Result, organisation: Organisation
) -> None:
    address = search(verifier, "213GB5990001")["Location"]
    for path in (address, f"{address}statement.pdf", f"{address}photo"):
        assert outsider.get(path).status_code == 404
    assert "No verifications yet" in _plain(outsider.get(SEARCH))
    assert "Muñoz" in _plain(verifier.get(SEARCH))
    assert set(Access.objects.values_list("verification__organisation", flat=True)) == {organisation.pk}


def test_a_colleague_sees_it_too(verifier: Client, result: Result, organisation: Organisation) -> None:
    address = search(verifier, "213GB5990001")["Location"]
    colleague = Client()
    colleague.force_login(make_member(organisation))
    assert colleague.get(address).status_code == 200


def test_every_look_is_written_down(verifier: Client, result: Result) -> None:
    address = search(verifier, "213GB5990001")["Location"]
    for _ in range(3):
        verifier.get(address)
    assert verifier.get(f"{address}statement.pdf").status_code == 200
    counts = dict(Access.objects.values_list("channel", "count"))
    assert counts == {"search": 1, "page": 3, "statement": 1}
    actions = list(AuditEvent.objects.exclude(action="logged_in").values_list("action", flat=True).order_by("id"))
    assert actions == ["check_matched", *["result_viewed"] * 3, "statement_downloaded"]


def test_the_statement_is_a_pdf_of_that_result(verifier: Client, result: Result) -> None:
    response = verifier.get(f"{search(verifier, '213GB5990001')['Location']}statement.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="statement-213GB5990001.pdf"'
    assert response.content.startswith(b"%PDF-")


def test_neither_number_nor_date_is_in_an_address(verifier: Client, result: Result) -> None:
    location = search(verifier, "213GB5990001")["Location"]
    assert "213GB5990001" not in location
    assert "1999" not in location
    page = _plain(verifier.get(SEARCH + "?reference_number=213GB5990001&date_of_birth_day=24"))
    assert "213GB5990001" not in page


def test_a_search_takes_at_most_twelve_queries(
    verifier: Client, result: Result, django_assert_max_num_queries: Any
) -> None:
    search(verifier, "213GB5990001")
    with django_assert_max_num_queries(12):
        search(verifier, "213GB5990001")


def test_a_suspended_organisation_checks_nothing(verifier: Client, result: Result, organisation: Organisation) -> None:
    organisation.state = "suspended"
    organisation.save()
    assert search(verifier, "213GB5990001").status_code == 403
    assert not Check.objects.exists()


def test_two_organisations_verify_independently(verifier: Client, result: Result) -> None:
    other = Client()
    other.force_login(make_member(make_organisation()))
    assert search(verifier, "213GB5990001")["Location"] != search(other, "213GB5990001")["Location"]
