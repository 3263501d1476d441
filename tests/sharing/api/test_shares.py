"""GET /api/v1/shares and what is below: a program gets what its organisation's users get."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from organisations.models import Organisation
from results import photos
from results.models import Result, Status
from rvs.sample_photos import drawn_photo
from sharing import shares
from sharing.models import Access, Share
from tests.factories import (
    change_result,
    make_claim,
    make_organisation,
    make_result,
    make_share,
    make_user,
    share_result,
)
from tests.sharing.api.asking import V1, Program, read

pytestmark = pytest.mark.django_db

WHEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def all_pages(program: Program, limit: int, **query: str) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        page = program.get("/shares", limit=limit, **query, **({"cursor": cursor} if cursor else {}))
        pages.append(ids(page))
        cursor = page["next_cursor"]
        if cursor is None:
            return pages


def test_a_share_in_full(organisation: Organisation, program: Program) -> None:
    result = make_result("213GB5990001", session="March (FS) 2021")
    share = make_share(
        organisation, result, shared_at=WHEN, expires_at=WHEN + timedelta(days=365), applicant_reference="A-17"
    )
    page = program.get("/shares")
    assert page == {"items": [page["items"][0]], "next_cursor": None}
    (told,) = page["items"]
    assert told == {
        "id": str(share.pk),
        "status": "active",
        "shared_at": "2026-03-01T09:30:00Z",
        "expires_at": "2027-03-01T09:30:00Z",
        "applicant_reference": "A-17",
        "candidate": {
            "given_names": "Zoë",
            "family_name": "Muñoz-Sánchez",
            "date_of_birth": "1999-02-24",
            "email": "zoe@example.org",
        },
        "result": {
            "reference_number": "213GB5990001",
            "version": 1,
            "status": "released",
            "exam": {"code": "FCE", "name": "B2 First"},
            "session": "March (FS) 2021",
            "exam_date": "2021-03-13",
            "centre_number": "GB599",
            "result": "Pass at Grade C",
            "score": 170,
            "cefr_level": "B2",
            "components": [
                {"name": "Reading", "score": 172},
                {"name": "Use of English", "score": 172},
                {"name": "Writing", "score": 169},
                {"name": "Listening", "score": 157},
                {"name": "Speaking", "score": 178},
            ],
            "changed_at": told["result"]["changed_at"],
        },
    }
    assert datetime.fromisoformat(told["result"]["changed_at"]) == result.current.created_at
    assert program.get(f"/shares/{share.pk}") == told


def test_profile_words_and_schemes_without_a_score(organisation: Organisation, program: Program) -> None:
    words = {"reading": "Good", "use_of_english": "Weak", "writing": "Borderline", "listening": "", "speaking": "Good"}
    make_share(organisation, make_result(exam_date=date(2012, 6, 1), score=72, **words), shared_at=WHEN)
    nothing = dict.fromkeys(("reading", "use_of_english", "writing", "listening", "speaking"), "")
    delta = make_result(exam="DELTA1", label="Pass with Merit", score=None, cefr="", **nothing)
    make_share(organisation, delta, applicant_reference="")
    older, without = (item["result"] for item in program.get("/shares")["items"])
    assert older["score"] == 72
    assert older["components"] == [
        {"name": "Reading", "profile": "Good"},
        {"name": "Use of English", "profile": "Weak"},
        {"name": "Writing", "profile": "Borderline"},
        {"name": "Speaking", "profile": "Good"},
    ]
    assert (without["score"], without["cefr_level"], without["components"]) == (None, None, [])
    assert without["result"] == "Pass with Merit"


@pytest.mark.parametrize("status", [Status.PENDING, Status.WITHHELD, Status.CANCELLED, Status.ABSENT])
def test_what_is_not_released_shows_its_status_alone(status: str, organisation: Organisation, program: Program) -> None:
    share = make_share(organisation, make_result(status=status, photo=photos.store(drawn_photo(1))))
    told = program.get(f"/shares/{share.pk}")["result"]
    assert told["status"] == status
    assert [told[name] for name in ("result", "score", "cefr_level", "components")] == [None, None, None, []]
    for file in ("statement.pdf", "photo"):
        assert program.problem(f"{V1}/shares/{share.pk}/{file}") == (404, "not-found")


def test_pages_show_each_share_once_while_others_arrive(organisation: Organisation, program: Program) -> None:
    same = [make_share(organisation, make_result(), shared_at=WHEN) for _ in range(5)]  # at one moment
    later = [make_share(organisation, make_result(), shared_at=WHEN + timedelta(minutes=n)) for n in range(1, 4)]
    first = program.get("/shares", limit=3)
    new = make_share(organisation, make_result(), shared_at=WHEN + timedelta(days=1))
    shares.withdraw(share=later[0], by=make_user(), now=timezone.now())
    second = program.get("/shares", limit=3, cursor=first["next_cursor"])
    third = program.get("/shares", limit=3, cursor=second["next_cursor"])

    seen = ids(first) + ids(second) + ids(third)
    assert len(seen) == len(set(seen))
    assert set(seen) == {str(share.pk) for share in (*same, *later[1:], new)}
    assert seen[-3:] == [str(share.pk) for share in (*later[1:], new)]
    assert third["next_cursor"] is None
    assert [len(page) for page in all_pages(program, 4)] == [4, 4]


def test_filters(organisation: Organisation, program: Program) -> None:
    advanced = make_share(organisation, make_result(exam="CAE", score=185), shared_at=WHEN)
    first = make_share(organisation, make_result(), shared_at=WHEN + timedelta(days=1))
    make_share(organisation, make_result(), shared_at=WHEN + timedelta(days=2))
    assert ids(program.get("/shares", exam="CAE")) == [str(advanced.pk)]
    assert ids(program.get("/shares", shared_to="2026-03-01")) == [str(advanced.pk)]
    assert ids(program.get("/shares", shared_to="2026-03-01T09:30:00Z")) == []
    assert ids(program.get("/shares", shared_from="2026-03-02", shared_to="2026-03-02")) == [str(first.pk)]
    assert ids(program.get("/shares", shared_from="2026-03-01T10:30:00%2B01:00", limit=1)) == [str(advanced.pk)]
    assert [len(page) for page in all_pages(program, 1, exam="FCE")] == [1, 1]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=501", "limit=-1", "limit=1.0", "limit=x", "limit=", "limit=%201", "limit=1_0",
        "limit=1&limit=2",
        "exam=fce", "exam=XYZ", "exam=", "shared_from=yesterday", "shared_from=2026-02-30", "shared_to=9999-12-31",
        "shared_to=2026-01-01T00:00:00", "shared_from=2026-01-01T00:00:00+01:00",
        "shared_from=0001-01-01T00:00:00%2B23:59",
        "shared_form=2026-01-01", "page=1", "cursor=%00", "cursor=" + "x" * 301, "%00=1", "status=active",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_not_repeated(query: str, program: Program) -> None:
    answer = program.ask(f"{V1}/shares", QUERY_STRING=query)
    assert answer.status_code == 422
    assert "yesterday" not in answer.content.decode()


def test_a_cursor_is_good_for_its_list_alone(organisation: Organisation, program: Program, foreign: Program) -> None:
    for _ in range(2):
        make_share(organisation, make_result())
        make_share(foreign.client.organisation, make_result())
    cursor = program.get("/shares", limit=1)["next_cursor"]
    narrowed = program.get("/shares", limit=1, exam="FCE")["next_cursor"]
    of_changes = program.get("/changes", limit=1)["next_cursor"]
    of_others = foreign.get("/shares", limit=1)["next_cursor"]
    turned = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for wrong in (narrowed, of_changes, of_others, turned, cursor[1:], f"{cursor}x", "x", "", ".", "a.b", "ü"):
        if wrong:
            assert program.problem(f"{V1}/shares", QUERY_STRING=f"cursor={wrong}") == (400, "invalid-cursor"), wrong
    assert program.problem(f"{V1}/shares", QUERY_STRING=f"limit=1&exam=FCE&cursor={cursor}") == (400, "invalid-cursor")
    assert len(program.get("/shares", limit=1, cursor=cursor)["items"]) == 1


def test_only_ones_own_and_only_while_active(organisation: Organisation, program: Program, foreign: Program) -> None:
    theirs = make_share(foreign.client.organisation, make_result())
    now = timezone.now()
    ended = make_share(organisation, make_result(), ended_at=now, ending="withdrawn")
    expired = make_share(organisation, make_result(), shared_at=now - timedelta(days=366))  # not swept yet
    assert program.get("/shares") == {"items": [], "next_cursor": None}
    for path in ("", "/statement.pdf", "/photo"):
        assert program.problem(f"{V1}/shares/{theirs.pk}{path}") == (404, "not-found")
        assert program.problem(f"{V1}/shares/{uuid.uuid4()}{path}") == (404, "not-found")
        assert program.problem(f"{V1}/shares/{ended.pk}{path}") == (410, "gone")
        assert program.problem(f"{V1}/shares/{expired.pk}{path}") == (410, "gone")
    assert not Access.objects.exists()


def test_an_etag_saves_the_body_and_changes_with_the_share(organisation: Organisation, program: Program) -> None:
    result = make_result()
    address = f"{V1}/shares/{make_share(organisation, result).pk}"
    first = program.ask(address)
    again = program.ask(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    change_result(result, score=171)
    changed = program.ask(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert (read(changed)["result"]["version"], read(changed)["result"]["score"]) == (2, 171)
    assert program.ask(address, headers={"If-None-Match": "*"}).status_code == 304


def test_statement_and_photo(organisation: Organisation, program: Program) -> None:
    photo = photos.store(drawn_photo(1))
    share = make_share(organisation, make_result("213GB5990001", photo=photo))
    statement = program.ask(f"{V1}/shares/{share.pk}/statement.pdf")
    assert statement.content.startswith(b"%PDF-")
    assert "213GB5990001" in statement["Content-Disposition"]
    picture = program.ask(f"{V1}/shares/{share.pk}/photo")
    assert picture["Content-Type"] == "image/jpeg"
    assert picture.content == photos.re_encode(drawn_photo(1)) or picture.content.startswith(b"\xff\xd8")
    known = program.ask(f"{V1}/shares/{share.pk}/photo", headers={"If-None-Match": picture["ETag"]})
    assert (known.status_code, known.content) == (304, b"")

    for hidden in (
        make_share(organisation, make_result(exam="PET", photo=photo, exam_date=date(2021, 3, 1))),
        make_share(organisation, make_result(photo=photo), with_photo=False),
        make_share(organisation, make_result()),
    ):
        assert program.problem(f"{V1}/shares/{hidden.pk}/photo") == (404, "not-found")
    Result.objects.filter(pk=share.result_id).update(photo_hidden=True)
    assert program.problem(f"{V1}/shares/{share.pk}/photo") == (404, "not-found")


def test_who_took_it_is_written_for_the_candidate_and_the_trail(organisation: Organisation, program: Program) -> None:
    result = make_result(photo=photos.store(drawn_photo(1)))
    share = make_share(organisation, result)
    for _ in range(3):
        program.get("/shares")
    for path in ("", "/photo", "/statement.pdf"):
        program.ask(f"{V1}/shares/{share.pk}{path}")
    assert sorted(Access.objects.values_list("channel", "actor", "count")) == [
        ("api", program.actor, 4),
        ("photo", program.actor, 1),
        ("statement", program.actor, 1),
    ]
    events = AuditEvent.objects.filter(actor=program.actor, organisation=str(organisation.pk))
    assert set(events.values_list("action", "target")) == {
        ("results_taken", "api:shares"),
        ("results_taken", f"api:share:{share.pk}"),
        ("photo_viewed", f"share:{share.pk}"),
        ("statement_downloaded", f"share:{share.pk}"),
    }


def test_the_accounts_address_is_told_where_there_is_an_account(organisation: Organisation, program: Program) -> None:
    result = make_result(email="file@example.org")
    share_result(organisation, result)
    assert program.get("/shares")["items"][0]["candidate"]["email"] == result.claim.candidate.user.email
    make_share(organisation, make_result(email="", given_names=""), shared_at=WHEN, expires_at=None)
    told = program.get("/shares")["items"][0]
    assert (told["candidate"]["email"], told["candidate"]["given_names"], told["expires_at"]) == (None, "", None)
    assert told["applicant_reference"] is None


def test_nothing_is_handed_to_anybody_without_the_right(organisation: Organisation) -> None:
    """Whatever the reason, the answer is a problem and names nobody."""
    share = make_share(organisation, make_result())
    suspended = Program(make_organisation(state="suspended"))
    revoked = Program(organisation, revoked_at=timezone.now())
    expired = Program(organisation, created_at=WHEN - timedelta(days=300), expires_at=WHEN)
    verifier = Program(organisation, scopes=["results:verify"])
    for address in ("/shares", f"/shares/{share.pk}", f"/shares/{share.pk}/photo", "/changes"):
        assert suspended.problem(f"{V1}{address}") == (403, "organisation-suspended")
        assert revoked.problem(f"{V1}{address}") == (401, "unauthorised")
        assert expired.problem(f"{V1}{address}") == (401, "unauthorised")
        assert verifier.problem(f"{V1}{address}") == (403, "insufficient-scope")
        nobody = Client().get(f"{V1}{address}")
        assert nobody.status_code == 401
        assert "Basic" in nobody["WWW-Authenticate"]
        assert json.loads(nobody.content)["status"] == 401


def test_a_client_is_refused_from_the_request_after_its_revocation_on(
    organisation: Organisation, program: Program
) -> None:
    share = make_share(organisation, make_result())
    assert program.ask(f"{V1}/shares/{share.pk}").status_code == 200
    type(program.client).objects.filter(pk=program.client.pk).update(revoked_at=timezone.now())
    assert program.problem(f"{V1}/shares/{share.pk}") == (401, "unauthorised")
    assert Share.objects.count() == 1
    assert Access.objects.get().count == 1


def test_results_of_one_person_come_one_by_one(organisation: Organisation, program: Program) -> None:
    person = make_user()
    for _ in range(2):
        result = make_result()
        make_claim(result, person)
        make_share(organisation, result)
    emails = {item["candidate"]["email"] for item in program.get("/shares")["items"]}
    assert emails == {person.email}
