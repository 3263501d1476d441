"""The list of what candidates shared: what it shows, how it is narrowed, ordered and paged."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from organisations.models import AcceptedExam, Organisation
from results.models import Candidate, Claim, Result
from sharing.door import Column, Criteria, Listing, Order
from sharing.models import Access, Seen, Share
from tests.factories import change_result, make_member, make_organisation, make_result, make_share, make_user

pytestmark = pytest.mark.django_db

LIST = "/shared-results/"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def shared(organisation: Organisation, *, days_ago: float = 1, **content: Any) -> Share:
    reference = {"applicant_reference": content.pop("applicant_reference", "")}
    result = make_result(**content)
    return make_share(organisation, result, shared_at=timezone.now() - timedelta(days=days_ago), **reference)


def names(response: Any) -> list[str]:
    """Given names of the lines, in order."""
    return [line.given_names for line in response.context["page"].lines]


def find(client: Client, **typed: str) -> Any:
    return client.post(LIST, typed, follow=True)


@pytest.fixture
def user(organisation: Organisation) -> User:
    return make_member(organisation)


@pytest.fixture
def three(organisation: Organisation) -> list[Share]:
    return [
        shared(organisation, days_ago=3, given_names="Zoë", family_name="Muñoz-Sánchez", applicant_reference="A-17"),
        shared(
            organisation, days_ago=2, given_names="Łukasz", family_name="O’Brien", exam="CAE", score=185, cefr="C1",
            exam_date=date(2020, 6, 1), place_of_entry="CASTELLÓN", centre_number="ES442", centre_name="Turia Centre",
            date_of_birth=date(1998, 3, 27), email="lukasz@example.org", reference_number="206ES4420001",
            verification_number="V582B8R36F",
        ),
        shared(organisation, days_ago=1, given_names="Ama", family_name="Badu", status="withheld"),
    ]  # fmt: skip


# --- What it shows ----------------------------------------------------------------------------------------------------


def test_the_list_shows_the_latest_first_and_counts_as_no_access(verifier: Client, three: list[Share]) -> None:
    response = verifier.get(LIST)
    assert names(response) == ["Ama", "Łukasz", "Zoë"]
    page = response.content.decode()
    for text in ("Muñoz-Sánchez", "C1 Advanced", "Pass at Grade C", "185", "A-17", "Withheld", "3 results"):
        assert text in page
    assert "1999" not in page, "no date of birth"
    assert not Access.objects.exists()


def test_of_what_is_not_released_only_the_status_is_listed(verifier: Client, three: list[Share]) -> None:
    line = verifier.get(LIST).context["page"].lines[0]
    assert (line.status, line.label, line.score, line.cefr, line.shows_result) == ("withheld", "", "", "", False)


def test_nothing_shared_yet(verifier: Client) -> None:
    page = verifier.get(LIST).content.decode()
    assert "Nothing has been shared yet" in page
    assert 'role="search"' not in page


def test_nothing_matches(verifier: Client, three: list[Share]) -> None:
    page = find(verifier, name="nobody").content.decode()
    assert "Nothing matches" in page
    assert "Show everything" in page


def test_foreign_ended_and_expired_shares_are_neither_listed_nor_counted(
    verifier: Client, organisation: Organisation, three: list[Share]
) -> None:
    shared(make_organisation(), given_names="Foreign")
    withdrawn = shared(organisation, given_names="Withdrawn")
    Share.objects.filter(pk=withdrawn.pk).update(ended_at=timezone.now(), ending="withdrawn")
    expired = shared(organisation, given_names="Expired", days_ago=30)
    Share.objects.filter(pk=expired.pk).update(expires_at=timezone.now())  # the sweeper has not been there yet
    response = verifier.get(LIST)
    assert names(response) == ["Ama", "Łukasz", "Zoë"]
    assert str(response.context["new_shares"]) == "3"
    assert response.context["total"] == "3 results"


def test_a_page_takes_few_queries(verifier: Client, organisation: Organisation) -> None:
    for number in range(60):
        shared(organisation, days_ago=number + 1)
    verifier.get("/help/")
    with CaptureQueriesContext(connection) as queries:
        assert len(names(verifier.get(LIST))) == 50
    assert len(queries) <= 12, [query["sql"] for query in queries]


# --- Searching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"name": "zoe"}, ["Zoë"]),
        ({"name": "SANCHEZ zoe"}, ["Zoë"]),
        ({"name": "sanchez mun"}, ["Zoë"]),
        ({"name": "obrien"}, ["Łukasz"]),
        ({"name": "lukasz O'Brien"}, ["Łukasz"]),
        ({"name": "zoe badu"}, []),
        ({"name": "-"}, []),
        ({"date_of_birth_day": "27", "date_of_birth_month": "march", "date_of_birth_year": "1998"}, ["Łukasz"]),
        ({"number": "206 es442-0001"}, ["Łukasz"]),
        ({"number": "v582b8r36f"}, ["Łukasz"]),
        ({"number": "206ES44200"}, []),
        ({"candidate_id": "SIR094701"}, []),
        ({"email": "Lukasz@Example.org"}, ["Łukasz"]),
        ({"applicant_reference": "a-17"}, ["Zoë"]),
        ({"exam": "CAE"}, ["Łukasz"]),
        ({"place": "castell"}, ["Łukasz"]),
        ({"centre": "es44"}, ["Łukasz"]),
        ({"centre": "turia"}, ["Łukasz"]),
        ({"cefr": "C1"}, ["Łukasz"]),
        ({"score_from": "180"}, ["Łukasz"]),
        ({"score_to": "170"}, ["Zoë"]),
        ({"score_from": "170", "score_to": "185"}, ["Łukasz", "Zoë"]),
        ({"status": "withheld"}, ["Ama"]),
        ({"exam": "FCE", "status": "released"}, ["Zoë"]),
        ({"new": "on"}, ["Ama", "Łukasz", "Zoë"]),
    ],
)
def test_each_way_to_search(verifier: Client, three: list[Share], typed: dict[str, str], found: list[str]) -> None:
    assert names(find(verifier, **typed)) == found


def test_a_candidate_is_found_by_candidate_id_and_by_the_address_of_their_account(
    verifier: Client, organisation: Organisation
) -> None:
    share = shared(organisation, given_names="Claimed")
    Result.objects.filter(pk=share.result_id).update(candidate_id="SIR094701", secret_digest=b"1" * 32)
    candidate = Candidate.objects.create(user=make_user("own.address@example.org"))
    Claim.objects.get_or_create(result=share.result, defaults={"candidate": candidate})
    Claim.objects.filter(result=share.result).update(candidate=candidate)
    shared(organisation)
    assert names(find(verifier, candidate_id="sir 094701")) == ["Claimed"]
    assert names(find(verifier, email="own.address@example.org")) == ["Claimed"]
    assert names(find(verifier, email="own.addres_@example.org")) == []


@pytest.mark.parametrize("status", ["withheld", "pending", "cancelled"])
def test_no_search_and_no_order_tells_what_a_result_does_not_show(
    verifier: Client, organisation: Organisation, status: str
) -> None:
    share = shared(organisation, given_names="Hidden", status="cancelled" if status == "cancelled" else "released")
    if status != "cancelled":
        change_result(share.result, status=status)
    shared(organisation, given_names="Shown", score=165, days_ago=2)
    for typed in ({"cefr": "B2"}, {"score_from": "160"}, {"score_to": "230"}, {"score_from": "170", "score_to": "170"}):
        assert "Hidden" not in names(find(verifier, **typed))
    for order in ("score", "-score", "cefr", "-cefr"):
        assert names(verifier.get(LIST, {"sort": order})) == ["Shown", "Hidden"]


def test_by_our_requirement(verifier: Client, organisation: Organisation, three: list[Share]) -> None:
    assert names(find(verifier, meets="person")) == ["Ama", "Łukasz", "Zoë"]
    AcceptedExam.objects.create(organisation=organisation, exam="CAE", minimum_score=180)
    assert names(find(verifier, meets="yes")) == ["Łukasz"]
    assert names(find(verifier, meets="no")) == ["Zoë"]
    assert names(find(verifier, meets="person")) == ["Ama"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"period": "today"}, ["now"]),
        ({"period": "7"}, ["now", "six days"]),
        ({"period": "30"}, ["now", "six days", "29 days"]),
        ({"shared_from": "2026-11-14", "shared_to": "2026-11-14"}, ["six days"]),
        ({"shared_to": "2026-11-13"}, ["29 days"]),
        ({"period": "7", "shared_from": "2026-10-01"}, ["now", "six days", "29 days"]),
    ],
)
def test_by_when_it_was_shared(
    verifier: Client,
    organisation: Organisation,
    typed: dict[str, str],
    found: list[str],
    time_machine: Any,
) -> None:
    time_machine.move_to(NOON, tick=False)
    for name, days in (("now", 0), ("six days", 6), ("29 days", 29)):
        shared(organisation, given_names=name, days_ago=days)
    assert names(find(verifier, **typed)) == found


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"score_from": "x"}, "Enter a whole number"),
        ({"score_from": "180", "score_to": "170"}, "cannot be lower"),
        ({"shared_from": "2026-02-02", "shared_to": "2026-02-01"}, "cannot be before"),
        ({"shared_from": "0001-01-01"}, "greater than or equal to"),
        ({"shared_to": "9999-12-31"}, "less than or equal to"),
        ({"date_of_birth_day": "31", "date_of_birth_month": "2", "date_of_birth_year": "1999"}, "real date"),
        ({"exam": "TOEFL"}, "Select a valid choice"),
    ],
)
def test_a_mistake_is_explained_and_what_was_typed_stays(
    verifier: Client, three: list[Share], typed: dict[str, str], message: str
) -> None:
    response = verifier.post(LIST, {**typed, "name": "Zoë"})
    assert response.status_code == 200
    page = response.content.decode()
    assert message in page
    assert "There is a problem" in page
    assert 'value="Zoë"' in page


# --- Where a search lives ---------------------------------------------------------------------------------------------


def test_what_tells_of_a_person_stands_in_no_address(verifier: Client, three: list[Share]) -> None:
    typed = {
        "name": "Muñoz", "date_of_birth_day": "24", "date_of_birth_month": "2", "date_of_birth_year": "1999",
        "candidate_id": "SIR094701", "number": "213GB5990001", "email": "zoe@example.org",
        "applicant_reference": "A-17", "exam": "FCE", "place": "cambridge",
    }  # fmt: skip
    response = verifier.post(LIST, typed)
    query = parse_qs(urlsplit(response["Location"]).query)
    assert query.keys() == {"exam", "place", "find"}
    page = verifier.get(response["Location"])
    assert page.context["form"]["email"].value() == "zoe@example.org"
    links = re.findall(r'(?:href|action|formaction)="([^"]*)"', page.content.decode())
    for told in ("Mu", "1999", "SIR", "213GB", "zoe", "A-17"):
        assert not [link for link in links if told in link and "/static/" not in link and "helpdesk" not in link]


def test_each_criterion_can_be_removed_by_itself_and_all_at_once(verifier: Client, three: list[Share]) -> None:
    response = find(verifier, name="zoe", exam="CAE")
    assert names(response) == []
    chips = {chip.label: chip.url for chip in response.context["search"].chips}
    assert names(verifier.get(LIST + chips["Name"])) == ["Łukasz"]
    assert names(verifier.get(LIST + chips["Exam"])) == ["Zoë"]
    assert "Clear all" in response.content.decode()
    assert len(names(verifier.get(LIST))) == 3


def test_two_windows_keep_their_own_searches_and_old_ones_are_forgotten(verifier: Client, three: list[Share]) -> None:
    first, second = (verifier.post(LIST, {"name": name})["Location"] for name in ("zoe", "badu"))
    assert names(verifier.get(first)) == ["Zoë"]
    assert names(verifier.get(second)) == ["Ama"]
    for _number in range(20):
        verifier.post(LIST, {"name": "other"})
    response = verifier.get(first)
    assert "This search is over" in response.content.decode()
    assert len(names(response)) == 3


def test_a_foreign_session_does_not_hold_the_search(verifier: Client, primary: Client, three: list[Share]) -> None:
    address = verifier.post(LIST, {"name": "zoe"})["Location"]
    assert "This search is over" in primary.get(address).content.decode()


def test_personal_words_in_an_address_are_ignored(verifier: Client, three: list[Share]) -> None:
    assert len(names(verifier.get(LIST, {"name": "zoe", "email": "zoe@example.org"}))) == 3


# --- Orders and pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("shared", ["Zoë", "Łukasz", "Ama"]),
        ("given", ["Ama", "Łukasz", "Zoë"]),
        ("-given", ["Zoë", "Łukasz", "Ama"]),
        ("family", ["Ama", "Zoë", "Łukasz"]),
        ("exam", ["Zoë", "Ama", "Łukasz"]),
        ("-score", ["Łukasz", "Zoë", "Ama"]),
        ("score", ["Zoë", "Łukasz", "Ama"]),
        ("cefr", ["Zoë", "Łukasz", "Ama"]),
        ("reference", ["Zoë", "Łukasz", "Ama"]),
        ("-reference", ["Zoë", "Ama", "Łukasz"]),
        ("-status", ["Ama", "Łukasz", "Zoë"]),
        ("nonsense", ["Ama", "Łukasz", "Zoë"]),
    ],
)
def test_each_order(verifier: Client, three: list[Share], order: str, expected: list[str]) -> None:
    found = names(verifier.get(LIST, {"sort": order}))
    ties = {"exam": 2, "reference": 1, "-reference": 1, "-status": 1}.get(order, 3)  # the rest goes by id
    assert found[:ties] == expected[:ties] or (order == "exam" and set(found[:2]) == {"Zoë", "Ama"})


def test_the_order_is_told_to_screen_readers(verifier: Client, three: list[Share]) -> None:
    page = verifier.get(LIST, {"sort": "-score"}).content.decode()
    assert page.count("aria-sort=") == 1
    assert re.search(r'aria-sort="descending"[^>]*>\s*<a href="\?sort=score">Score', page)


@pytest.fixture
def many(organisation: Organisation) -> list[Share]:
    """With equal names, scores and even equal times among them."""
    return [
        shared(
            organisation, days_ago=1 + number // 3, given_names=f"N{number % 7}", family_name=f"F{number % 5}",
            score=160 + number % 9, status="pending" if number % 11 == 0 else "released",
            applicant_reference=f"R{number % 4}" if number % 3 else "",
        )
        for number in range(23)
    ]  # fmt: skip


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", list(Column))
def test_pages_hold_each_share_once_in_both_directions(
    organisation: Organisation, user: User, many: list[Share], monkeypatch: pytest.MonkeyPatch, column: Column,
    descending: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr("sharing.door.listing.PAGE_SIZE", 5)
    listing = Listing(organisation, user, timezone.now(), Criteria(), Order(column, descending))
    pages = [listing.page()]
    while pages[-1].next:
        pages.append(listing.page(pages[-1].next))
    seen = [line.share_id for page in pages for line in page.lines]
    assert len(seen) == 23
    assert set(seen) == {share.pk for share in many}
    back = [pages[-1]]
    while back[-1].previous:
        back.append(listing.page(back[-1].previous))
    assert [page.lines for page in reversed(back)] == [page.lines for page in pages]
    neighbours = [listing.neighbours(share_id) for share_id in seen]
    assert neighbours == list(zip([None, *seen[:-1]], [*seen[1:], None], strict=True))


def test_shares_that_arrive_move_no_page(
    verifier: Client, organisation: Organisation, many: list[Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sharing.door.listing.PAGE_SIZE", 10)
    first = verifier.get(LIST)
    for _number in range(3):
        shared(organisation, days_ago=0)
    second = verifier.get(LIST + first.context["next_url"])
    third = verifier.get(LIST + second.context["next_url"])
    lines = [line.share_id for response in (first, second, third) for line in response.context["page"].lines]
    assert len(lines) == 23
    assert set(lines) == {share.pk for share in many}
    assert verifier.get(LIST + second.context["previous_url"]).context["page"].lines == first.context["page"].lines
    newest = verifier.get(LIST + verifier.get(LIST + second.context["previous_url"]).context["previous_url"])
    assert newest.context["page"].lines == verifier.get(LIST).context["page"].lines


def test_a_place_in_a_list_tells_nothing_and_fits_its_own_order_only(
    verifier: Client, many: list[Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sharing.door.listing.PAGE_SIZE", 10)
    response = verifier.get(LIST, {"sort": "family"})
    (place,) = parse_qs(response.context["next_url"].removeprefix("?"))["page"]
    first = verifier.get(LIST, {"sort": "given"}).context["page"].lines
    for wrong in (place, place[:-4] + "AAAA", "x", "\0", "ü"):
        assert verifier.get(LIST, {"sort": "given", "page": wrong}).context["page"].lines == first
    assert verifier.get(LIST, {"sort": "family", "page": place}).context["page"].previous


def test_the_total_is_exact_while_it_is_small(
    verifier: Client, many: list[Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sharing.door.listing.PAGE_SIZE", 10)
    assert verifier.get(LIST).context["total"] == "23 results"
    monkeypatch.setattr("sharing.door.listing.MOST_COUNTED", 22)
    monkeypatch.setattr("sharing.door.MOST_COUNTED", 22)
    assert verifier.get(LIST).context["total"] == "22+ results"


# --- Several at once --------------------------------------------------------------------------------------------------


def mark(client: Client, query: str = "", **typed: Any) -> Any:
    return client.post(f"{LIST}mark-read/{query}", typed)


def test_the_ticked_ones_are_marked_as_read(verifier: Client, three: list[Share]) -> None:
    response = mark(verifier, "?sort=given", scope="ticked", share=[str(three[0].pk), "no-id"])
    assert response["Location"] == f"{LIST}?sort=given"
    assert {seen.share_id for seen in Seen.objects.all()} == {three[0].pk}
    assert [line.is_new for line in verifier.get(LIST).context["page"].lines] == [True, True, False]
    assert mark(verifier, scope="ticked", share=[str(three[0].pk)]).status_code == 302
    assert Seen.objects.count() == 1


def test_all_on_the_page_or_all_that_match_are_marked_as_read(
    verifier: Client, three: list[Share], many: list[Share]
) -> None:
    mark(verifier, scope="page", on_page=f"{three[0].pk} {three[1].pk} ")
    assert Seen.objects.count() == 2
    query = urlsplit(verifier.post(LIST, {"name": "N1"})["Location"]).query
    mark(verifier, f"?{query}", scope="matching")
    assert Seen.objects.count() == 2 + sum(1 for share in many if share.result.current.given_names == "N1")
    mark(verifier, scope="matching")
    assert Seen.objects.count() == 26


def test_all_that_match_a_search_that_is_over_are_none(verifier: Client, three: list[Share]) -> None:
    assert mark(verifier, "?find=gone", scope="matching").status_code == 302
    assert not Seen.objects.exists()


def test_foreign_shares_are_not_marked(verifier: Client, outsider: Client, three: list[Share]) -> None:
    mark(outsider, scope="ticked", share=[str(share.pk) for share in three])
    mark(outsider, scope="page", on_page=" ".join(str(share.pk) for share in three))
    mark(outsider, scope="matching")
    assert not Seen.objects.exists()


def test_everything_is_marked_as_read_up_to_when_the_list_was_loaded(
    verifier: Client, organisation: Organisation, three: list[Share]
) -> None:
    loaded_at = verifier.get(LIST).context["loaded_at"]
    late = shared(organisation, given_names="Late", days_ago=0)
    verifier.post(f"{LIST}mark-all-read/", {"loaded_at": loaded_at})
    response = verifier.get(LIST)
    assert [line.is_new for line in response.context["page"].lines] == [True, False, False, False]
    assert str(response.context["new_shares"]) == "1"
    assert names(find(verifier, new="on")) == ["Late"]
    # Shared again after the mark: new.
    Share.objects.filter(pk=three[0].pk).update(ended_at=timezone.now(), ending="withdrawn")
    make_share(organisation, three[0].result, shared_at=late.shared_at)
    assert str(verifier.get(LIST).context["new_shares"]) == "2"


@pytest.mark.parametrize(
    "loaded_at",
    ["", "yesterday", "2026-13-01T00:00:00+00:00", "0001-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00"],
)
def test_a_wrong_time_marks_up_to_now(verifier: Client, three: list[Share], loaded_at: str) -> None:
    verifier.post(f"{LIST}mark-all-read/", {"loaded_at": loaded_at})
    assert verifier.get(LIST).context["new_shares"].count == 0


def test_a_mark_never_goes_back(verifier: Client, three: list[Share]) -> None:
    verifier.post(f"{LIST}mark-all-read/", {})
    verifier.post(f"{LIST}mark-all-read/", {"loaded_at": "2020-01-01T00:00:00+00:00"})
    assert verifier.get(LIST).context["new_shares"].count == 0


def test_what_is_new_is_so_for_each_user(verifier: Client, primary: Client, three: list[Share]) -> None:
    mark(verifier, scope="matching")
    assert verifier.get(LIST).context["new_shares"].count == 0
    assert primary.get(LIST).context["new_shares"].count == 3


def test_the_navigation_counts_the_new_ones_on_every_page_of_the_organisation_with_one_query(
    verifier: Client, three: list[Share], monkeypatch: pytest.MonkeyPatch
) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = verifier.get("/candidate-search/").content.decode()
    assert re.search(r'nav-count">3<', page)
    assert len([query for query in queries if "readmark" in query["sql"]]) == 1
    monkeypatch.setattr("sharing.reading.MOST_SHOWN", 2)
    assert ">2+<" in verifier.get("/candidate-search/").content.decode()
    monkeypatch.setattr("sharing.reading.RECENT", 2)
    monkeypatch.setattr("sharing.reading.MOST_SHOWN", 99)
    assert ">2+<" in verifier.get("/candidate-search/").content.decode()


def test_nobody_else_is_asked_for_new_ones(candidate: Client, staff: Client, client: Client) -> None:
    for person in (candidate, staff, client):
        with CaptureQueriesContext(connection) as queries:
            person.get("/help/")
        assert not [query for query in queries if "readmark" in query["sql"]]
