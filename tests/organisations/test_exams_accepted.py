"""The tab Exams accepted: chosen from the catalogue, with a minimum that can be reached."""

import pytest
from django.test import Client
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Action, AuditEvent
from organisations import exams
from organisations.models import AcceptedExam, Organisation
from results import catalogue

pytestmark = pytest.mark.django_db

EXAMS, CHOOSE = "/organisation/exams/", "/organisation/exams/choose/"


def test_they_are_chosen(organisation: Organisation, primary: Client, verifier: Client) -> None:
    assertContains(verifier.get(EXAMS), "Your organisation has not said which exams it accepts")
    assertContains(primary.get(EXAMS), "You have not said which exams you accept")
    assertRedirects(primary.post(CHOOSE, {"exams": ["FCE", "CAE"]}), EXAMS)
    assert set(organisation.accepted_exams.values_list("exam", flat=True)) == {"FCE", "CAE"}
    assertContains(verifier.get(EXAMS), "C1 Advanced")
    assertNotContains(verifier.get(EXAMS), "Edit")
    assert AuditEvent.objects.get(action=Action.EXAMS_CHANGED).detail == {"exams": ["CAE", "FCE"]}


def test_what_was_asked_stays_with_the_exams_that_stay(organisation: Organisation, primary: Client) -> None:
    organisation.accepted_exams.create(exam="FCE", minimum_score=170)
    organisation.accepted_exams.create(exam="CAE")
    primary.post(CHOOSE, {"exams": ["FCE", "CPE"]})
    assert set(organisation.accepted_exams.values_list("exam", "minimum_score")) == {("FCE", 170), ("CPE", None)}
    primary.post(CHOOSE, {"other": "x"})
    assert not organisation.accepted_exams.exists()


def test_an_unknown_exam_is_refused(organisation: Organisation, primary: Client) -> None:
    assert primary.post(CHOOSE, {"exams": ["IELTS"]}).status_code == 200
    assert not organisation.accepted_exams.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {"minimum_score": "176", "minimum_label": "", "maximum_age_months": "24"},
        {"minimum_score": "", "minimum_label": "Pass at Grade B", "maximum_age_months": ""},
        {"minimum_score": "", "minimum_label": "", "maximum_age_months": ""},
    ],
)
def test_a_minimum_and_an_age_are_stored(organisation: Organisation, primary: Client, asked: dict[str, str]) -> None:
    row = organisation.accepted_exams.create(exam="FCE", minimum_score=160)
    assertRedirects(primary.post(f"{EXAMS}FCE/", asked), EXAMS)
    row.refresh_from_db()
    stored = (row.minimum_score, row.minimum_label, row.maximum_age_months)
    assert stored == (
        int(asked["minimum_score"] or 0) or None,
        asked["minimum_label"],
        int(asked["maximum_age_months"] or 0) or None,
    )


@pytest.mark.parametrize(
    ("exam", "asked", "problem"),
    [
        ("FCE", {"minimum_score": "121"}, "greater than or equal to 122"),
        ("FCE", {"minimum_score": "191"}, "less than or equal to 190"),
        ("FCE", {"minimum_score": "abc"}, "whole number"),
        ("FCE", {"minimum_label": "Pass with Merit"}, "valid choice"),
        ("FCE", {"minimum_label": "Fail"}, "valid choice"),
        ("FCE", {"maximum_age_months": "0"}, "greater than or equal to 1"),
        ("FCE", {"maximum_age_months": "601"}, "less than or equal to 600"),
        ("FCE", {"minimum_score": "170", "minimum_label": "Pass at Grade B"}, "not both"),
        ("DELTA1", {"minimum_label": "Pass at Grade A"}, "valid choice"),
    ],
)
def test_what_no_result_can_reach_is_refused(
    organisation: Organisation, primary: Client, exam: str, asked: dict[str, str], problem: str
) -> None:
    organisation.accepted_exams.create(exam=exam)
    assertContains(primary.post(f"{EXAMS}{exam}/", asked), problem)
    assert AcceptedExam.objects.get() == organisation.accepted_exams.get(minimum_score=None, minimum_label="")


def test_delta_has_no_score(organisation: Organisation, primary: Client) -> None:
    organisation.accepted_exams.create(exam="DELTA1")
    page = primary.get(f"{EXAMS}DELTA1/")
    assertNotContains(page, "Lowest overall score")
    assertContains(page, "Pass with Distinction")


@pytest.mark.parametrize("exam", catalogue.EXAMS.values(), ids=lambda exam: exam.code)
def test_every_exam_has_something_to_ask_for(exam: catalogue.Exam) -> None:
    assert exams.labels(exam)
    assert not {"Fail", "Narrow Fail"} & set(exams.labels(exam))
    assert (exams.score_range(exam) is None) == (exam.code == "DELTA1")


def test_an_exam_that_is_not_accepted_has_no_page(primary: Client) -> None:
    for code in ("FCE", "nonsense"):
        assert primary.get(f"{EXAMS}{code}/").status_code == 404
