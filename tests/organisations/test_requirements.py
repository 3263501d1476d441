"""What an organisation asks of results: one rule, the same in Python and in the database."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organisations.models import AcceptedExam, Organisation
from organisations.requirements import Meets, Rule, assess, condition, rules
from results.catalogue import EXAMS
from results.models import Result, ResultVersion, Status
from results.schemes import Exam, Scheme
from tests.factories import B2_FIRST, NOTHING, make_organisation

pytestmark = pytest.mark.django_db

TODAY = date(2026, 2, 28)
EVERY_LABEL = sorted({band.label for exam in EXAMS.values() for scheme in exam.schemes for band in scheme.bands})


def result(exam: str = "CAE", **changes: Any) -> dict[str, Any]:
    return {
        "exam": exam, "score": 185, "label": "Pass at Grade C", "status": "released", "exam_date": date(2025, 6, 1),
        "today": TODAY, **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "content", "expected"),
    [
        ({}, result(), "yes"),
        ({}, result(label="Level B2", score=165), "yes"),
        ({}, result(label="Fail", score=150), "no"),
        ({}, result("CPE", label="Pass at Grade C", score=205), "no"),
        ({"minimum_score": 185}, result(), "yes"),
        ({"minimum_score": 186}, result(), "no"),
        ({"minimum_score": 185}, result(score=66, exam_date=date(2012, 6, 1)), "person"),
        ({"minimum_score": 70}, result(), "person"),
        ({"minimum_label": "Pass at Grade C"}, result(), "yes"),
        ({"minimum_label": "Pass at Grade B"}, result(), "no"),
        ({"minimum_label": "Pass at Grade B"}, result(label="Pass at Grade A", score=82, exam_date=date(2006, 6, 1)),
         "yes"),
        ({"minimum_label": "Level B2"}, result(label="Narrow Fail", score=57, exam_date=date(2006, 6, 1)), "person"),
        ({"maximum_age_months": 24}, result(exam_date=date(2024, 2, 28)), "yes"),
        ({"maximum_age_months": 24}, result(exam_date=date(2024, 2, 27)), "no"),
        ({"maximum_age_months": 24, "minimum_score": 185}, result(score=66, exam_date=date(2012, 6, 1)), "no"),
        ({}, result(status="withheld", score=None, label=""), "person"),
        ({}, result(status="cancelled"), "person"),
        ({"exam": "DELTA1", "minimum_label": "Pass"}, result("DELTA1", score=None, label="Pass with Merit"), "yes"),
        ({"exam": "DELTA1", "minimum_score": 100}, result("DELTA1", score=None, label="Pass"), "person"),
    ],
)  # fmt: skip
def test_what_the_rule_says(
    organisation: Organisation, asked: dict[str, Any], content: dict[str, Any], expected: str
) -> None:
    AcceptedExam.objects.create(organisation=organisation, **{"exam": "CAE", **asked})
    assert assess(organisation=organisation, **content) == expected


def test_an_organisation_that_said_nothing_leaves_it_to_people(organisation: Organisation) -> None:
    assert assess(organisation=organisation, **result()) == Meets.PERSON


def test_months_end_with_the_month(organisation: Organisation) -> None:
    AcceptedExam.objects.create(organisation=organisation, exam="CAE", maximum_age_months=1)
    on: dict[str, Any] = {"today": date(2026, 3, 31)}
    assert assess(organisation=organisation, **result(exam_date=date(2026, 2, 28), **on)) == Meets.YES
    assert assess(organisation=organisation, **result(exam_date=date(2026, 2, 27), **on)) == Meets.NO


# --- Both ways, over everything that can be reported ------------------------------------------------------------------


def _reportable(exam: Exam, scheme: Scheme) -> list[dict[str, Any]]:
    """Every label of a scheme with every score of its band, on the first and the last day."""
    found = []
    for band in scheme.bands:
        of_band = {"exam": exam.code, "label": band.label, "cefr": band.cefr or ""}
        known = band.score_from is not None and band.score_to is not None
        scores: list[int | None] = [None]
        if known:
            scores = list(range(band.score_from or 0, (band.score_to or 0) + 1))
        elif scheme.has_score:
            scores = [None, 0, 44, 60, 100]
        for exam_date in (scheme.exam_from, scheme.exam_to or TODAY):
            found += [{**of_band, "exam_date": exam_date, "score": score} for score in scores]
    return found


def _make_results(contents: list[dict[str, Any]]) -> None:
    """In bulk: thousands of them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select nextval('results_resultversion_id_seq') from generate_series(1, %s)", [len(contents)])
        ids = [row[0] for row in cursor.fetchall()]
        made = Result.objects.bulk_create(Result(reference_number=f"R{number}", current_id=number) for number in ids)
        ResultVersion.objects.bulk_create(
            ResultVersion(
                pk=row.current_id, result=row, number=1, created_at=datetime.now(UTC), reason="imported",
                **{**B2_FIRST, **NOTHING, "issued_status": content.get("status", "released"), **content},
            )
            for row, content in zip(made, contents, strict=True)
        )  # fmt: skip


@pytest.fixture
def everything_reportable(db: None) -> list[ResultVersion]:
    contents = [content for exam in EXAMS.values() for scheme in exam.schemes for content in _reportable(exam, scheme)]
    nothing = {"label": "", "score": None, "cefr": ""}
    contents += [
        {"exam": exam.code, "exam_date": TODAY if exam.schemes[-1].exam_to is None else date(2023, 6, 1),
         "status": status, **nothing}
        for exam in EXAMS.values()
        for status in (Status.PENDING, Status.WITHHELD, Status.ABSENT, Status.CANCELLED)
    ]  # fmt: skip
    contents.append({**contents[0], "status": "cancelled"})
    _make_results(contents)
    assert len(contents) > 4_000
    return list(ResultVersion.objects.all())


accepted_exams = st.lists(
    st.builds(
        AcceptedExam,
        exam=st.sampled_from(sorted(EXAMS)),
        maximum_age_months=st.none() | st.integers(1, 300),
        minimum_score=st.integers(0, 230),
    )
    | st.builds(
        AcceptedExam,
        exam=st.sampled_from(sorted(EXAMS)),
        maximum_age_months=st.none() | st.integers(1, 300),
        minimum_label=st.just("") | st.sampled_from(EVERY_LABEL),
    ),
    unique_by=lambda accepted: accepted.exam,
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=accepted_exams)
def test_the_database_and_the_program_agree(
    everything_reportable: list[ResultVersion], rows: list[AcceptedExam]
) -> None:
    organisation = make_organisation()
    for row in rows:
        row.pk, row.organisation = None, organisation
    AcceptedExam.objects.bulk_create(rows)
    prefetch_related_objects([organisation], "accepted_exams")
    said = {
        version.pk: assess(
            organisation=organisation, exam=version.exam, score=version.score, label=version.label,
            status=version.status, exam_date=version.exam_date, today=TODAY,
        )
        for version in everything_reportable
    }  # fmt: skip
    for meets in Meets:
        found = ResultVersion.objects.filter(condition(organisation=organisation, meets=meets, today=TODAY))
        assert set(found.values_list("pk", flat=True)) == {pk for pk, answer in said.items() if answer == meets}
    asked = rules([organisation.pk], TODAY)
    assert {version.pk for version in everything_reportable if _reaches_a_bar(version, asked)} == {
        pk for pk, answer in said.items() if answer == Meets.YES
    }


def _reaches_a_bar(version: ResultVersion, asked: list[Rule]) -> bool:
    fitting = [
        rule for rule in asked if rule.exam == version.exam and rule.exam_from <= version.exam_date <= rule.exam_to
    ]
    assert len(fitting) <= 1
    released = version.status == Status.RELEASED
    return released and any(rule.bar.judge(version.label, version.score) == Meets.YES for rule in fitting)
