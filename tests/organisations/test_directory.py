"""Candidates find the organisation they mean, and see when there are several of that name."""

import pytest
from django.db import connection

from organisations import directory
from organisations.models import Organisation
from tests.factories import make_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def fenland() -> Organisation:
    organisation = make_organisation(
        "University of Fenland", city="Ely", website="https://www.fenland.example/study", slug="fenland"
    )
    organisation.former_names.create(name="Fen Polytechnic")
    return organisation


@pytest.fixture(autouse=True)
def others(db: None) -> None:
    make_organisation("Universidad del Turia", city="Málaga", country="ES", website="https://www.turia.example")
    make_organisation("Łódź Zażółć College", country="PL", website="https://zazolc.example")
    make_organisation("Suspended Fenland Institute", state="suspended")


def found(typed: str) -> list[str]:
    return [entry.organisation.name for entry in directory.search(typed).entries]


@pytest.mark.parametrize(
    "typed",
    ["University of Fenland", "fenland", "FENL", "fenland univ", "fen poly", "polytechnic", "ely", "fenland.example",
     "https://www.fenland.example", "fenland united kingdom", "  Fenland ", "fénland", "Ｆｅｎｌａｎｄ"],
)  # fmt: skip
def test_every_way_to_say_it_finds_it(fenland: Organisation, typed: str) -> None:
    assert found(typed) == ["University of Fenland"]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("malaga", ["Universidad del Turia"]),
        ("spain", ["Universidad del Turia"]),
        ("lodz", ["Łódź Zażółć College"]),
        ("univ", ["Universidad del Turia", "University of Fenland"]),
        ("nothing like it", []),
        ("u", []),
        ("", []),
        ("%%", []),
        ("www https", []),
        ("\0fenland", ["University of Fenland"]),
    ],
)
def test_what_is_found(fenland: Organisation, typed: str, names: list[str]) -> None:
    assert sorted(found(typed)) == names


def test_a_slip_of_the_finger_finds_what_is_almost_so(fenland: Organisation) -> None:
    answer = directory.search("Fenlannd")
    assert answer.similar
    assert [entry.organisation.name for entry in answer.entries] == ["University of Fenland"]


def test_names_that_begin_so_come_first() -> None:
    for name in ("The Oxbow College", "Oxbow", "Anglia at Oxbow"):
        make_organisation(name)
    assert found("oxbow")[0] == "Oxbow"


def test_similar_names_are_marked(fenland: Organisation) -> None:
    twin = make_organisation("Fenland University", country="US", website="https://fenland-university.example")
    assert {entry.is_alike for entry in directory.search("fenland").entries} == {True}
    assert [entry.organisation for entry in directory.alike(fenland)] == [twin]
    assert [entry.is_alike for entry in directory.search("turia").entries] == [False]


def test_a_long_list_is_cut_and_says_so() -> None:
    for number in range(directory.SHOWN + 5):
        make_organisation(f"Oxbow College {number}")
    answer = directory.search("oxbow")
    assert (len(answer.entries), answer.more) == (directory.SHOWN, True)


def test_only_an_active_organisation_has_a_page(fenland: Organisation) -> None:
    entry = directory.entry("fenland")
    assert entry
    assert (entry.website, entry.former_names) == ("fenland.example", ("Fen Polytechnic",))
    Organisation.objects.filter(pk=fenland.pk).update(state="suspended")
    assert directory.entry("fenland") is None


@pytest.mark.parametrize(
    ("email", "website", "known"),
    [
        ("a@fenland.example", "https://other.example", True),
        ("a@mail.example", "https://fenland.example/x", True),
        ("a@mail.example", "http://www.fenland.example", True),
        ("a@mail.example", "https://fenland.example.evil.example", False),
        ("a@mail.example", "https://fenlandxexample", False),
    ],
)
def test_who_is_listed_already_is_known_by_website_or_address(
    fenland: Organisation, email: str, website: str, *, known: bool
) -> None:
    fenland.email_domains.create(domain="fenland.example", confirmed=True)
    entry = directory.of_address(email=email, website=website)
    assert bool(entry) is known


def test_a_search_reads_its_indexes(fenland: Organisation) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        query, values = directory._with_word("fenl").query.sql_with_params()
        cursor.execute(f"explain {query}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "organisation_words" in plan
    assert "former_name_words" in plan
