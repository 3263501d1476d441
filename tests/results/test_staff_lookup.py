"""Staff look a result up, say why they open its record, and hold or release it."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.audit import user_actor
from accounts.models import Action, AuditEvent, RecordLook, User
from accounts.months import months_later
from organisations.models import Organisation
from results import holds, photos
from results.models import Result, Status
from results.staff import lookup
from rvs.sample_photos import drawn_photo
from sharing import door, shares
from sharing.models import Channel
from tests.factories import (
    change_result,
    make_claim,
    make_member,
    make_organisation,
    make_result,
    make_user,
    share_result,
)

pytestmark = pytest.mark.django_db

LOOKUP, OPEN = "/admin/results/result/", "/admin/results/result/open/"
WHY = {"purpose": "candidate", "note": "Enquiry 4711"}


@pytest.fixture
def person() -> User:
    return make_user(is_staff=True, is_superuser=True, given_name="Margaret")


@pytest.fixture
def staff(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def result() -> Result:
    return make_result("213GB5990001", "VN12345678", photo=photos.store(drawn_photo(1)))


def found(client: Client, **typed: str) -> list[str]:
    page = client.post(LOOKUP, typed)
    return [hit.reference_number for hit in page.context["found"].hits]


def open_record(client: Client, result: Result, **why: str) -> Any:
    return client.post(OPEN, {"result": result.pk, **(why or WHY)})


# --- Finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["213GB5990001", "213 gb 599-0001", "vn12345678", "AB1234567", "ab123 4567"])
def test_an_exact_number_finds_its_result(staff: Client, result: Result, number: str) -> None:
    Result.objects.update(candidate_id="AB1234567", secret_digest=b"x" * 32)
    make_result("213GB5990002")
    assert found(staff, number=number) == ["213GB5990001"]


@pytest.mark.parametrize("number", ["213GB599000", "213GB59900011", "VN1234567", "Muñoz"])
def test_a_part_of_a_number_finds_nothing(staff: Client, result: Result, number: str) -> None:
    assert found(staff, number=number) == []


@pytest.mark.parametrize(
    "name",
    [
        "Muñoz",
        "munoz",
        "MUNOZ-SANCHEZ",
        "sánchez",
        "zoe munoz",
        "Muñoz-Sánchez, Zoë",
        "Zoe\u0308",
        "ｍｕｎｏｚ",
        "zo mu",
    ],
)
def test_accents_capitals_and_order_of_a_name_make_no_difference(staff: Client, result: Result, name: str) -> None:
    make_result("213GB5990002", given_names="Ana", family_name="Example")
    assert found(staff, name=name) == ["213GB5990001"]


@pytest.mark.parametrize("name", ["unoz", "zoe example", "' & !", "\\", "a'b\\c:*", "-", "zoe | example", "%"])
def test_what_is_no_beginning_of_words_finds_nothing(staff: Client, result: Result, name: str) -> None:
    assert found(staff, name=name) == []


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ({"given_names": "Chiara", "family_name": "O’Brien-Łukasiewicz"}, "obrien"),
        ({"given_names": "Chiara", "family_name": "O'Brien-Łukasiewicz"}, "o’brien lukas"),
        ({"given_names": "", "family_name": "محمود"}, "محمود"),
        ({"given_names": "小明", "family_name": "王"}, "王"),
        ({"given_names": "Nguyễn Thị", "family_name": "Hoa"}, "hoa nguyen"),
        ({"given_names": "Иван", "family_name": "ПЕТРОВ"}, "петров"),
    ],
)
def test_names_of_every_script_are_found(staff: Client, stored: dict[str, str], typed: str) -> None:
    make_result("213GB5990001", **stored)
    assert found(staff, name=typed) == ["213GB5990001"]


def test_a_date_of_birth_narrows_a_name_down(staff: Client, result: Result) -> None:
    make_result("213GB5990002", date_of_birth=date(2001, 1, 2))
    assert found(staff, name="munoz") == ["213GB5990001", "213GB5990002"]
    assert found(staff, name="munoz", date_of_birth="2001-01-02") == ["213GB5990002"]


def test_a_former_name_is_found_too(staff: Client, result: Result) -> None:
    change_result(result, family_name="García")
    assert found(staff, name="munoz") == found(staff, name="garcia") == ["213GB5990001"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({}, "Enter a number or a name"),
        ({"date_of_birth": "1999-02-24"}, "Enter a number or a name"),
        ({"number": "1", "name": "x"}, "Look for a number or for a name, not for both"),
        ({"name": "x", "date_of_birth": "24/2/1999"}, "Write the date of birth as YYYY-MM-DD"),
    ],
)
def test_an_incomplete_form_says_what_to_do(staff: Client, typed: dict[str, str], message: str) -> None:
    assert message in staff.post(LOOKUP, typed).content.decode()


def test_many_hits_are_cut_off_and_it_is_said(staff: Client) -> None:
    for _number in range(lookup.MOST_HITS + 1):
        make_result()
    page = staff.post(LOOKUP, {"name": "munoz"})
    assert len(page.context["found"].hits) == lookup.MOST_HITS
    assert "There are more than 50" in page.content.decode()


def test_the_index_serves_the_search_for_names() -> None:
    with CaptureQueriesContext(connection) as queries:
        lookup.search(number="", name="munoz zoe", date_of_birth=None, by="system:tests")
    (statement,) = [query["sql"] for query in queries if "rvs_name_words" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")  # of a table that is almost empty in the order of its keys
        cursor.execute(f"EXPLAIN {statement}")
        assert "version_name_words" in str(cursor.fetchall())


def test_a_search_is_audited_without_what_was_typed(staff: Client, person: User, result: Result) -> None:
    found(staff, name="munoz")
    event = AuditEvent.objects.get(action=Action.RESULTS_LOOKED_UP)
    assert (event.actor, event.detail) == (user_actor(person), {"by": "name", "found": 1})


def test_a_list_tells_nothing_of_the_outcome(staff: Client, result: Result) -> None:
    text = staff.post(LOOKUP, {"name": "munoz"}).content.decode()
    assert "Pass at Grade C" not in text
    assert "1999" not in text


# --- Opening ----------------------------------------------------------------------------------------------------------


def test_a_record_opens_only_after_a_reason(staff: Client, person: User, result: Result) -> None:
    asked = staff.post(OPEN, {"result": result.pk})
    assert asked.status_code == 200
    assert "Why do you open this record?" in asked.content.decode()
    assert "Zoë" not in asked.content.decode()

    opened = open_record(staff, result)

    look = RecordLook.objects.get()
    assert (look.actor, look.purpose, look.note) == (user_actor(person), "candidate", "Enquiry 4711")
    assert opened["Location"] == f"{LOOKUP}{look.pk}/"
    assert not AuditEvent.objects.filter(action=Action.RECORD_VIEWED).exists()
    text = staff.get(opened["Location"]).content.decode()
    assert "Zoë Muñoz-Sánchez" in text
    assert "Enquiry 4711" in text
    event = AuditEvent.objects.get(action=Action.RECORD_VIEWED)
    assert (event.actor, event.target) == (user_actor(person), f"result:{result.pk}")
    assert event.detail == {"look": str(look.pk), "reason": "candidate"}


@pytest.mark.parametrize(
    ("why", "message"),
    [
        ({"purpose": ""}, "Choose a reason"),
        ({"purpose": "curiosity"}, "is not one of the available choices"),
        ({"purpose": "other", "note": "  "}, "Say what the reason is"),
    ],
)
def test_without_a_proper_reason_it_stays_closed(
    staff: Client, result: Result, why: dict[str, str], message: str
) -> None:
    assert message in open_record(staff, result, **why).content.decode()
    assert not RecordLook.objects.exists()


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "1" * 40, "９"])
def test_an_unknown_record_is_not_found(staff: Client, number: str) -> None:
    assert staff.post(OPEN, {"result": number, **WHY}).status_code == 404


def test_a_reason_counts_for_this_record_and_half_an_hour(staff: Client, result: Result) -> None:
    other = make_result()
    first = open_record(staff, result)["Location"]
    assert staff.post(OPEN, {"result": result.pk})["Location"] == first, "not asked again"
    assert staff.post(OPEN, {"result": other.pk}).status_code == 200, "asked for another record"
    with time_machine.travel(timezone.now() + timedelta(minutes=29)):
        staff.force_login(User.objects.get())
        assert staff.get(first).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        staff.force_login(User.objects.get())
        late = staff.get(first, follow=True)
        assert "Look it up again and say why" in late.content.decode()
        assert staff.get(f"{first}photo/1/").status_code == 404
    assert AuditEvent.objects.filter(action=Action.RECORD_VIEWED).count() == 1


def test_another_member_of_staff_must_give_their_own_reason(staff: Client, result: Result) -> None:
    address = open_record(staff, result)["Location"]
    other = Client()
    other.force_login(make_user(is_staff=True, is_superuser=True))
    assert other.get(address)["Location"] == LOOKUP
    assert other.post(f"{address}hold/", {"status": "withheld", "reason": "x"}).status_code == 302
    assert not Result.objects.get().current.held


def test_the_photo_is_looked_at_through_an_audited_page(staff: Client, result: Result) -> None:
    address = open_record(staff, result)["Location"]
    assert b"<img" not in staff.get(address).content
    photo = staff.get(f"{address}photo/1/")
    assert photo["Content-Type"] == "image/jpeg"
    assert photo.content.startswith(b"\xff\xd8")
    event = AuditEvent.objects.get(action=Action.PHOTO_VIEWED)
    assert (event.target, event.detail["version"]) == (f"result:{result.pk}", 1)
    assert staff.get(f"{address}photo/2/").status_code == 404


def test_the_record_shows_versions_with_their_differences(staff: Client, result: Result) -> None:
    change_result(result, score=171, family_name="García", photo="")
    page = staff.get(open_record(staff, result)["Location"])
    latest, first = page.context["history"]
    assert first.changes == []
    assert {line.column: (line.before, line.value) for line in latest.changes} == {
        "family_name": ("Muñoz-Sánchez", "García"),
        "score": ("170", "171"),
        "photo": ("a photo", ""),
    }
    text = page.content.decode()
    assert "<del>170</del>" in text
    assert "<ins>171</ins>" in text


def test_the_record_shows_who_has_seen_it(staff: Client, result: Result, organisation: Organisation) -> None:
    verifier = make_member(organisation, given_name="Vera", email="vera@example.org")
    now = timezone.now()
    verification = door.check_by_number(
        organisation=organisation,
        actor=user_actor(verifier),
        number="213GB5990001",
        date_of_birth=date(1999, 2, 24),
        now=now,
    )
    assert isinstance(verification, uuid.UUID)
    for _look in range(3):
        door.open_verification(
            organisation=organisation,
            verification_id=verification,
            actor=user_actor(verifier),
            channel=Channel.PAGE,
            now=now,
        )
    page = staff.get(open_record(staff, result)["Location"])
    ((verified, version, by),) = page.context["verifications"]
    assert (verified.organisation, version) == (organisation, 1)
    assert by == f"{verifier.get_full_name()} (vera@example.org)"
    told = {access.channel: (access.count, person) for access, _version, person in page.context["accesses"]}
    assert told == {"page": (3, by), "search": (1, by)}
    assert "University of Example" in page.content.decode()


def test_the_record_shows_shares_beside_verifications(
    staff: Client, result: Result, organisation: Organisation
) -> None:
    now = timezone.now()
    student, verifier = make_user(given_name="Zoë"), make_member(organisation, given_name="Vera")
    claim = make_claim(result, student)
    share_result(organisation, result, now=now, expires_at=months_later(now, 12), with_photo=False)
    ended = share_result(make_organisation("Another Organisation"), result, now=now)
    shares.withdraw(share=ended, by=student, now=now)
    long_ago = months_later(now, -3)
    share_result(make_organisation("A Third"), result, now=long_ago, expires_at=months_later(long_ago, 1))
    door.open_share(
        organisation=organisation,
        share_id=claim.result.shares.get(organisation=organisation).pk,
        actor=user_actor(verifier),
        channel=Channel.PAGE,
        now=now,
    )

    page = staff.get(open_record(staff, result)["Location"])

    told = {share.organisation.name: (share.ending, in_force) for share, _seen, _by, in_force in page.context["shares"]}
    assert told == {
        "University of Example": ("", True), "Another Organisation": ("withdrawn", False), "A Third": ("", False),
    }  # fmt: skip
    assert {person.partition(" ")[0] for _share, _seen, person, _now in page.context["shares"]} == {"Zoë"}
    ((access, version, by),) = page.context["accesses"]
    assert (access.organisation, access.share_id is not None, version) == (organisation, True, 1)
    assert by.startswith("Vera")
    text = page.content.decode()
    assert "Withdrawn," in text
    assert "Expired," in text


# --- Holding ----------------------------------------------------------------------------------------------------------


def test_staff_hold_and_release_with_a_reason(staff: Client, person: User, result: Result) -> None:
    address = open_record(staff, result)["Location"]
    staff.post(f"{address}hold/", {"status": "withheld", "reason": "Under investigation"})
    current = Result.objects.get().current
    assert (current.number, current.status, current.held, current.note) == (2, "withheld", True, "Under investigation")
    assert "213GB5990001" in staff.get(f"{LOOKUP}held/").content.decode()
    assert "Muñoz" not in staff.get(f"{LOOKUP}held/").content.decode()

    staff.post(f"{address}release/", {"reason": "Cleared"})

    current = Result.objects.get().current
    assert (current.number, current.status, current.held, current.note) == (3, "released", False, "Cleared")
    actions = AuditEvent.objects.filter(target=f"result:{result.pk}", actor=user_actor(person)).values_list(
        "action", flat=True
    )
    assert {Action.RESULT_HELD, Action.RESULT_HOLD_LIFTED} <= set(actions)
    text = staff.get(address).content.decode()
    assert "Under investigation" in text
    assert "Cleared" in text


@pytest.mark.parametrize(
    ("step", "sent", "message"),
    [
        ("hold", {"status": "withheld"}, "Give the reason"),
        ("hold", {"status": "released", "reason": "x"}, "is not one of the available choices"),
        ("hold", {"status": "withheld", "reason": "   "}, "Give the reason"),
        ("release", {"reason": "x"}, "This result is not held."),
        ("release", {}, "Give the reason"),
    ],
)
def test_a_hold_that_cannot_be_changes_nothing(
    staff: Client, result: Result, step: str, sent: dict[str, str], message: str
) -> None:
    address = open_record(staff, result)["Location"]
    response = staff.post(f"{address}{step}/", sent, follow=True)
    assert message in response.content.decode()
    assert Result.objects.get().current.number == 1


def test_a_hold_needs_an_open_record(staff: Client, result: Result) -> None:
    address = open_record(staff, result)["Location"]
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        staff.force_login(User.objects.get())
        staff.post(f"{address}hold/", {"status": "withheld", "reason": "x"})
    assert not Result.objects.get().current.held


def test_a_second_hold_is_refused_in_words(staff: Client, result: Result) -> None:
    address = open_record(staff, result)["Location"]
    holds.hold(result=result, status=Status.CANCELLED, reason="Malpractice", by="system:tests")
    response = staff.post(f"{address}hold/", {"status": "withheld", "reason": "x"}, follow=True)
    assert "This result is held already." in response.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "post"])
def test_nothing_edits_or_deletes_a_result(staff: Client, result: Result, method: str) -> None:
    address = open_record(staff, result)["Location"]
    for path in (address, f"{LOOKUP}{result.pk}/", f"{LOOKUP}{result.pk}/change/", f"{LOOKUP}{result.pk}/delete/"):
        assert getattr(staff, method)(path).status_code in {404, 405}
    assert Result.objects.get().current.number == 1
