"""GET /ce/v1/result-verification: an existing Slate source format works by changing the host."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from organisations.models import Organisation
from results import catalogue, photos
from results.catalogue import Exam, Scheme, SchemeKind
from results.models import Result, Status
from rvs.sample_photos import drawn_photo
from sharing import shares
from sharing.models import Access, Change
from tests.factories import change_result, make_claim, make_organisation, make_result, make_share, make_user
from tests.sharing.api import slate
from tests.sharing.api.asking import Json, Program, read

pytestmark = pytest.mark.django_db

ADDRESS: Final = "/ce/v1/result-verification"
NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY: Final = "startDateTime=2026-03-01T00:00:00&endDateTime=2026-03-02T00:00:00"
FORMAT: Final = """
<layout type="json" node="/ListCandidateResultDetails">
  <f s="CandidateUCIId" id="uci"/><f s="CandidateName" id="first"/><f s="CandidateFamilyName" id="last"/>
  <f s="CandidateDOB" id="birthdate"/><f s="ReceivedDate" id="received"/><f s="ExamType" id="exam"/>
  <f s="CandidateEmailId" id="email"/>
  <f s="CandidateResults[1]/Qualification" id="qualification"/><f s="CandidateResults[1]/Grade" id="grade"/>
  <f s="CandidateResults[1]/Score" id="score"/><f s="CandidateResults[1]/CefrLevel" id="cefr"/>
  <f s="CandidateResults[1]/ComponentList[1]/Name" id="name1"/>
  <f s="CandidateResults[1]/ComponentList[1]/Score" id="score1"/>
  <f s="CandidateResults[1]/ComponentList[2]/Name" id="name2"/>
  <f s="CandidateResults[1]/ComponentList[2]/Score" id="score2"/>
  <f s="CandidateResults[1]/ComponentList[3]/Name" id="name3"/>
  <f s="CandidateResults[1]/ComponentList[3]/Score" id="score3"/>
  <f s="CandidateResults[1]/ComponentList[4]/Name" id="name4"/>
  <f s="CandidateResults[1]/ComponentList[4]/Score" id="score4"/>
  <f s="CandidateResults[1]/ComponentList[5]/Name" id="name5"/>
  <f s="CandidateResults[1]/ComponentList[5]/Score" id="score5"/>
  <f s="CandidateResults[2]/Qualification" id="qualification_2"/><f s="CandidateResults[2]/Score" id="score_2"/>
</layout>
"""


def ask(program: Program, query: str = DAY) -> list[Json]:
    answer: Any = program.ask(ADDRESS, QUERY_STRING=query)
    assert answer.status_code == 200, answer.content
    told = json.loads(answer.getvalue())
    assert list(told) == ["ListCandidateResultDetails"]
    return told["ListCandidateResultDetails"]  # type: ignore[no-any-return]


def refusal(program: Program, query: str) -> str:
    answer: Any = program.ask(ADDRESS, QUERY_STRING=query)
    assert answer.status_code == 400, query
    assert answer["Content-Type"].startswith("text/plain")
    text: str = answer.content.decode()
    assert text.startswith("Message Not processed")
    return text


def test_keys_and_their_order(organisation: Organisation, program: Program) -> None:
    result = make_result("213GB5990001")
    Result.objects.filter(pk=result.pk).update(candidate_id="SIR094701", secret_digest=b"x" * 32)
    make_share(organisation, result, shared_at=NOON)
    answer: Any = program.ask(ADDRESS, QUERY_STRING=DAY)
    assert answer.content.decode() == (
        '{"ListCandidateResultDetails":[{"CandidateUCIId":"SIR094701","CandidateName":"Zoë",'
        '"CandidateFamilyName":"Muñoz-Sánchez","CandidateDOB":"1999-02-24","ReceivedDate":"2026-03-01T12:00:00",'
        '"ExamType":"FCE","CandidateEmailId":"zoe@example.org","CandidateResults":[{"Qualification":"B2 First",'
        '"Grade":"Pass at Grade C","Score":"170","CefrLevel":"B2","ReferenceNumber":"213GB5990001","ComponentList":['
        '{"Name":"Reading","Score":"172"},{"Name":"Use of English","Score":"172"},{"Name":"Writing","Score":"169"},'
        '{"Name":"Listening","Score":"157"},{"Name":"Speaking","Score":"178"}]}]}]}'
    )


def eras() -> list[tuple[Exam, Scheme]]:
    return [(exam, scheme) for exam in catalogue.EXAMS.values() for scheme in exam.schemes]


@pytest.mark.parametrize(("exam", "scheme"), eras(), ids=lambda part: getattr(part, "code", None))
def test_slate_reads_every_exam_of_every_era(
    exam: Exam, scheme: Scheme, organisation: Organisation, program: Program
) -> None:
    said = {
        SchemeKind.SCALE: [str(180 + n) for n in range(5)],
        SchemeKind.STANDARDISED: ["Exceptional", "Good", "Borderline", "Weak", "Good"],
        SchemeKind.PASS_FAIL: [],
    }[scheme.kind]
    components = dict.fromkeys(catalogue.COMPONENT_CODES, "")
    components |= dict(zip((component.code for component in exam.components), said, strict=False))
    band = scheme.bands[0]
    score = (scheme.score_range or (None, None))[1]
    content: dict[str, Any] = {"exam": exam.code, "exam_date": scheme.exam_from, "label": band.label, "score": score}
    born = date(1985, 2, 24)
    result = make_result(cefr=band.cefr or "", date_of_birth=born, **content, **components)
    make_share(organisation, result, shared_at=NOON)

    (row,) = slate.rows(FORMAT, read(program.ask(ADDRESS, QUERY_STRING=DAY)))
    names = [component.name for component in exam.components]
    assert row == {
        "uci": result.reference_number,
        "first": "Zoë",
        "last": "Muñoz-Sánchez",
        "birthdate": "1985-02-24",
        "received": "2026-03-01T12:00:00",
        "exam": exam.code,
        "email": "zoe@example.org",
        "qualification": exam.display_name,
        "grade": band.label,
        "score": "" if score is None else str(score),
        "cefr": band.cefr or "",
        **{f"name{n}": names[n - 1] if n <= len(names) else "" for n in range(1, 6)},
        **{f"score{n}": said[n - 1] if n <= len(names) else "" for n in range(1, 6)},
        "qualification_2": "",
        "score_2": "",
    }


def test_there_are_eras() -> None:
    assert len(eras()) > 35


def test_the_interpreter_finds_nothing_where_a_path_leads_nowhere() -> None:
    answer: Json = {"ListCandidateResultDetails": [{"CandidateResults": []}]}
    assert set(next(slate.rows(FORMAT, answer)).values()) == {""}


@pytest.mark.parametrize("status", [Status.PENDING, Status.WITHHELD, Status.CANCELLED, Status.ABSENT])
def test_what_is_not_released_has_its_status_as_grade(
    status: Status, organisation: Organisation, program: Program
) -> None:
    make_share(organisation, make_result(status=status, photo="x"), shared_at=NOON)
    ((told,),) = [element["CandidateResults"] for element in ask(program, f"{DAY}&photoFlag=Y")]
    assert (told["Grade"], told["Score"], told["CefrLevel"], told["Photo"]) == (str(status.label), "", "", "")
    assert [component["Name"] for component in told["ComponentList"]][:2] == ["Reading", "Use of English"]
    assert {component["Score"] for component in told["ComponentList"]} == {""}


def test_a_component_that_is_missing_keeps_its_place(organisation: Organisation, program: Program) -> None:
    make_share(organisation, make_result(use_of_english=""), shared_at=NOON)
    (row,) = slate.rows(FORMAT, read(program.ask(ADDRESS, QUERY_STRING=DAY)))
    assert (row["name2"], row["score2"], row["name3"], row["score3"]) == ("Use of English", "", "Writing", "169")


def test_results_of_one_account_are_one_element_newest_first(organisation: Organisation, program: Program) -> None:
    person = make_user("owner@example.org")
    older, newer = make_result(), make_result(exam="CAE", score=185, given_names="Zoe", family_name="Married")
    for result in (older, newer):
        make_claim(result, person)
    make_share(organisation, older, shared_at=NOON)
    make_share(organisation, newer, shared_at=NOON + timedelta(hours=2))
    make_share(organisation, make_result(date_of_birth=date(2000, 1, 1)), shared_at=NOON + timedelta(hours=1))
    other, ours = ask(program)
    assert other["CandidateDOB"] == "2000-01-01"
    assert [result["Qualification"] for result in ours["CandidateResults"]] == ["C1 Advanced", "B2 First"]
    assert (ours["CandidateFamilyName"], ours["ExamType"]) == ("Married", "CAE")
    assert (ours["ReceivedDate"], ours["CandidateEmailId"]) == ("2026-03-01T14:00:00", "owner@example.org")
    rows = list(slate.rows(FORMAT, {"ListCandidateResultDetails": [other, ours]}))
    assert [row["qualification_2"] for row in rows] == ["", "B2 First"]


def test_without_an_account_names_and_date_of_birth_tell_people_apart(
    organisation: Organisation, program: Program
) -> None:
    contents: list[Json] = [{}, {}, {"family_name": "Other"}, {"date_of_birth": date(1999, 2, 25)}]
    for content in contents:
        make_share(organisation, make_result(**content), shared_at=NOON)
    assert sorted(len(element["CandidateResults"]) for element in ask(program)) == [1, 1, 2]


def test_what_is_listed_and_when_it_was_received(organisation: Organisation, program: Program) -> None:
    old = NOON - timedelta(days=30)
    names = ("made", "changed", "made then changed", "before", "after", "withdrawn", "updated")
    results = {name: make_result(given_names=name) for name in names}
    times = {"made": NOON, "made then changed": NOON, "after": NOON + timedelta(days=30), "withdrawn": NOON}
    made = {name: make_share(organisation, result, shared_at=times.get(name, old)) for name, result in results.items()}
    for name, kind, at in (
        ("changed", "result.changed", NOON + timedelta(hours=1)),
        ("changed", "result.changed", NOON - timedelta(hours=1)),
        ("changed", "result.changed", NOON + timedelta(days=9)),
        ("made then changed", "result.changed", NOON + timedelta(hours=5)),
        ("updated", "share.updated", NOON),
        ("before", "share.created", NOON),  # no change of a share that was made earlier
    ):
        version = change_result(Result.objects.get(pk=results[name].pk)).current if "result" in kind else None
        Change.objects.create(type=kind, organisation=organisation, share=made[name], version=version, occurred_at=at)
    shares.withdraw(share=made["withdrawn"], by=make_user(), now=timezone.now())
    make_share(make_organisation(), make_result(), shared_at=NOON)

    listed = {element["CandidateName"]: element["ReceivedDate"] for element in ask(program)}
    assert listed == {
        "made": "2026-03-01T12:00:00",
        "made then changed": "2026-03-01T12:00:00",
        "updated": "2026-03-01T12:00:00",
        "changed": "2026-03-01T13:00:00",
    }
    assert list(listed.values()) == sorted(listed.values())


def test_a_change_of_a_moment_ago_is_listed(organisation: Organisation, program: Program) -> None:
    result = make_result()
    make_share(organisation, result, shared_at=NOON)
    change_result(result, score=171)
    now = datetime.now(UTC) + timedelta(seconds=1)
    window = f"startDateTime={now - timedelta(hours=1):%Y-%m-%dT%H:%M:%S}&endDateTime={now:%Y-%m-%dT%H:%M:%S}"
    assert [element["CandidateResults"][0]["Score"] for element in ask(program, window)] == ["171"]


def test_one_reference_number_whatever_the_time(organisation: Organisation, program: Program) -> None:
    make_share(organisation, make_result("213GB5990001", "VN12345678"), shared_at=NOON)
    make_share(make_organisation(), make_result("213GB5990002"), shared_at=NOON)
    for query in ("referenceNumber=213-GB599-0001", "referenceNumber=vn12345678&startDateTime=x&endDateTime="):
        (element,) = ask(program, query)
        assert element["CandidateResults"][0]["ReferenceNumber"] == "213GB5990001"
    for number in ("213GB5990002", "999GB5990001"):
        assert ask(program, f"referenceNumber={number}") == []


def test_photos_only_where_they_may_be_seen(organisation: Organisation, program: Program) -> None:
    photo = photos.store(drawn_photo(1))
    shown, kept, hidden = (make_result(photo=photo, given_names=name) for name in ("shown", "kept", "hidden"))
    Result.objects.filter(pk=hidden.pk).update(photo_hidden=True)
    share = make_share(organisation, shown, shared_at=NOON)
    make_share(organisation, kept, shared_at=NOON, with_photo=False)
    make_share(organisation, hidden, shared_at=NOON)
    make_share(organisation, make_result(given_names="none"), shared_at=NOON)
    told = {element["CandidateName"]: element["CandidateResults"][0] for element in ask(program, f"{DAY}&photoFlag=Y")}
    assert base64.b64decode(told["shown"]["Photo"]).startswith(b"\xff\xd8")
    assert {told[name]["Photo"] for name in ("kept", "hidden", "none")} == {""}
    assert list(told["shown"])[-1] == "Photo"
    seen = Access.objects.filter(channel="photo").values_list("share_id", "actor", "count")
    assert list(seen) == [(share.pk, program.actor, 1)]
    assert "Photo" not in ask(program)[0]["CandidateResults"][0]
    assert Access.objects.filter(channel="photo").count() == 1


def test_pages(organisation: Organisation, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        make_share(organisation, make_result(given_names=str(number)), shared_at=NOON + timedelta(minutes=number))
    pages = [[one["CandidateName"] for one in ask(program, f"{DAY}&limit=2&page={page}")] for page in (1, 2, 3, 4)]
    assert pages == [["0", "1"], ["2", "3"], ["4"], []]
    assert len(ask(program, f"{DAY}&page=1")) == 5
    monkeypatch.setattr("sharing.api.compatibility.MOST", 4)
    assert "page=1" in refusal(program, DAY)


def test_a_year_at_most(organisation: Organisation, program: Program) -> None:
    good = ("2025-03-01T00:00:00", "2026-03-01T00:00:00"), ("2024-02-29T00:00:00", "2025-03-01T00:00:00"), (
        "2026-03-01T00:00:00Z", "2026-03-01T00:00:00",
    )  # fmt: skip
    for start, end in good:
        assert ask(program, f"startDateTime={start}&endDateTime={end}") == []
    for start, end in (("2025-03-01T00:00:00", "2026-03-01T00:00:01"), ("0001-01-01T00:00:00", "9999-12-31T23:59:59")):
        assert "one year" in refusal(program, f"startDateTime={start}&endDateTime={end}")


@pytest.mark.parametrize(
    "query",
    [
        "", "startDateTime=2026-03-01T00:00:00", "endDateTime=2026-03-01T00:00:00",
        "startDateTime=2026-03-02T00:00:00&endDateTime=2026-03-01T00:00:00",
        "startDateTime=2026-03-01&endDateTime=2026-03-02",
        "startDateTime=2026-02-30T00:00:00&endDateTime=2026-03-02T00:00:00",
        "startDateTime=0000-01-01T00:00:00&endDateTime=0000-01-01T00:00:00",
        "referenceNumber=%25", "referenceNumber=%00",
        f"{DAY}&limit=0", f"{DAY}&limit=2001", f"{DAY}&page=0", f"{DAY}&page=-1", f"{DAY}&page=x",
        f"{DAY}&page=99999999",
        f"{DAY}&limit=%D9%A3",
    ],
)  # fmt: skip
def test_what_cannot_be_processed(query: str, program: Program) -> None:
    refusal(program, query)


def test_the_end_of_time_is_a_time(program: Program) -> None:
    assert ask(program, "startDateTime=9999-12-30T00:00:00&endDateTime=9999-12-31T23:59:59") == []


def test_what_an_existing_set_up_sends_besides_is_ignored(organisation: Organisation, program: Program) -> None:
    make_share(organisation, make_result(), shared_at=NOON)
    headers = {**program.headers, "Accept": "text/xml", "X-TRANSACTION-ID": "12345"}
    answer: Any = Client().get(f"{ADDRESS}?{DAY}&photoFlag=N&anything=1", headers=headers)
    assert len(json.loads(answer.content)["ListCandidateResultDetails"]) == 1


def test_who_may_not(organisation: Organisation, program: Program) -> None:
    for asking, status in (
        (Program(organisation, scopes=["results:verify"]), 403),
        (Program(make_organisation(state="suspended")), 403),
        (Program(organisation, revoked_at=timezone.now()), 401),
    ):
        answer: Any = asking.ask(ADDRESS, QUERY_STRING=DAY)
        assert answer.status_code == status
        assert answer.content.startswith(b"Message Not processed")
    assert "Basic" in Client().get(ADDRESS)["WWW-Authenticate"]
    assert Client().post(ADDRESS).status_code == 405


def test_who_took_it_is_written(organisation: Organisation, program: Program) -> None:
    make_share(organisation, make_result(), shared_at=NOON)
    for _ in range(2):
        ask(program)
    assert list(Access.objects.values_list("channel", "actor", "count")) == [("api", program.actor, 2)]
    assert set(AuditEvent.objects.filter(action="results_taken").values_list("target", flat=True)) == {
        "api:result-verification"
    }
