"""No mail holds more of people than rvs/mail_examples.py allows: every template, for two hundred random people."""

import random
import re
import string
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client, override_settings

from accounts import mails
from rvs.mail_examples import EXAMPLES, Example, Holds, People, Person
from rvs.mail_pages import write

ROOT: Final = Path(__file__).parent.parent.parent
PEOPLE: Final = 200
LAYOUTS: Final = {"account/email/base", "account/email/base_notification", "email/layout"}
ENDINGS: Final = ("_subject.txt", "_message.txt", "_message.html")
BY_NAME: Final = sorted({example.template for example in EXAMPLES})

chance = random.Random(7)


def word() -> str:
    """No such word is in any template."""
    return "Q" + "".join(chance.choices(string.ascii_lowercase, k=9)) + "q"


def make_person() -> Person:
    return Person(
        given_name=word(),
        family_name=f"{word()}-{word()}",
        job_title=word(),
        email=f"{word()}@{word()}.example".lower(),
        date_of_birth=date(1950, 1, 1) + timedelta(days=chance.randrange(23_000)),
        candidate_id=f"{chance.choice('XYZ')}E{chance.randrange(10**7):07}",
        reference_number=f"{chance.randrange(10**3):03}GB{chance.randrange(10**7):07}",
        verification_number=f"{chance.randrange(10**10):010}",
        score=chance.randrange(10_000, 99_999),  # no score of an exam is so high, and no other number of a mail
    )


def telling(person: Person) -> set[str]:
    """Every way to write what is known of somebody."""
    born = person.date_of_birth
    dates = {f"{born:{pattern}}" for pattern in ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%B %Y")}
    names = {person.given_name, *person.family_name.split("-"), person.job_title}
    numbers = {person.candidate_id, person.reference_number, person.verification_number, str(person.score)}
    return names | numbers | dates | {f"{born.day} {born:%B %Y}", person.email}


def allowed(example: Example, people: People) -> set[str]:
    """What of these people the mail may hold."""
    reader, colleague, candidate = people
    names = {colleague.given_name, *colleague.family_name.split("-")}
    parts = {
        Holds.OWN_ADDRESS: {reader.email},
        Holds.NEW_ADDRESS: {colleague.email},
        Holds.BROWSER: set(),
        Holds.COLLEAGUE: names,
        Holds.STRANGER: names | {colleague.job_title, colleague.email},
        Holds.CANDIDATE_NAME: {candidate.given_name, *candidate.family_name.split("-")},
    }
    return set().union(*(parts[each] for each in example.holds))


def everything(people: People) -> dict[str, Any]:
    """As if whoever sends a mail handed over far too much: under every name that a template may come to read."""
    by_name = {"user": people.reader, "person": people.colleague, "candidate": people.candidate}
    also = dict.fromkeys(
        ("result", "version", "share", "verification", "claim", "member", "membership"), people.candidate
    )
    return {**by_name, **also, **people.candidate._asdict()}


def letter_of(example: Example, people: People) -> str:
    words = {**everything(people), **example.words(people)}
    letter = mails.write(example.template, people.reader.email, words)
    return "\n".join([str(letter.subject), str(letter.body), str(letter.alternatives[0][0])])


def leaks(example: Example, people: People) -> set[str]:
    known = set().union(*(telling(person) for person in people))
    said = letter_of(example, people)
    return {each for each in known - allowed(example, people) if each in said}


CROWD: Final = [People(make_person(), make_person(), make_person()) for _ in range(PEOPLE)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_mail_holds_no_more_of_people_than_it_may(example: Example) -> None:
    found = {leak for people in CROWD for leak in leaks(example, people)}
    assert found == set()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_mail_holds_what_the_table_says(example: Example) -> None:
    """What is allowed and never used would hide a leak later."""
    people = CROWD[0]
    said = letter_of(example, people)
    assert [each for each in allowed(example, people) if each not in said] == []


@pytest.mark.parametrize(
    "leak",
    ["{{ candidate.score }}", "{{ result.reference_number }}", "{{ version.date_of_birth|date:'j F Y' }}",
     "{{ email }}", "{{ user.family_name }}", "{{ candidate.email }}", "{{ person.job_title }}"],
)  # fmt: skip
def test_a_leak_is_noticed(leak: str, tmp_path: Path) -> None:
    for ending in ENDINGS[:2]:
        (tmp_path / f"planted{ending}").write_text(f"Hello,\n{leak}\n\n-- \nus")
    templates: Any = settings.TEMPLATES[0]
    with override_settings(TEMPLATES=[{**templates, "DIRS": [tmp_path, *templates["DIRS"]]}]):
        assert leaks(Example("planted", lambda _people: {}), CROWD[0])


def test_every_mail_has_an_example() -> None:
    """Whoever adds a mail adds an example to rvs/mail_examples.py, and says what of people it may hold."""
    found = set()
    for path in (ROOT / "templates").glob("**/email/*.*"):
        name = path.relative_to(ROOT / "templates").as_posix()
        stem = next((name.removesuffix(ending) for ending in ENDINGS if name.endswith(ending)), name.rpartition(".")[0])
        found.add(stem)
    assert found - LAYOUTS == set(BY_NAME)


def test_every_example_has_a_name_of_its_own() -> None:
    assert len({example.name for example in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_mail_reads_well_and_loads_nothing(example: Example) -> None:
    engines["django"].engine.string_if_invalid = "MISSING"  # type: ignore[attr-defined]
    try:
        letter = write(example)
    finally:
        engines["django"].engine.string_if_invalid = ""  # type: ignore[attr-defined]
    text, html = str(letter.body), str(letter.alternatives[0][0])
    assert "MISSING" not in f"{letter.subject} {text.replace('settings_url', '')}"
    assert len(letter.subject) < 100
    assert text.startswith("Hello,\n\n")
    assert not re.search(r"\n\n\n", text), "more than one empty line"
    assert not re.search(r"<(img|link|script|iframe|object|video|form)\b|url\(|@import|@font-face", html)
    addresses = re.findall(r"https?://[^\s\"'<>]+", text + html)
    assert all(address.startswith(f"{settings.PUBLIC_BASE_URL}/") for address in addresses)
    words = re.findall(r"<a [^>]*>([^<]*)</a>", html)
    assert all(each and "://" not in each for each in words), "a link has words"
    assert text.count(f"{settings.PUBLIC_BASE_URL}/") == len(re.findall(r'<a href="http', html)), "the same links"


@pytest.mark.django_db
def test_the_pages_that_show_them(client: Client) -> None:
    listed = client.get("/ui-components/mails/").content.decode()
    for example in EXAMPLES:
        address = f"/ui-components/mails/{example.name}/"
        assert f'href="{address}"' in listed
        page, html = client.get(address), client.get(f"{address}html/")
        assert "Auto-Submitted" in page.content.decode()
        assert "frame-src 'self'" in page["Content-Security-Policy"]
        policy = html["Content-Security-Policy"]
        assert {part.strip() for part in policy.split(";")} == {
            "default-src 'none'", "style-src 'unsafe-inline'", "frame-ancestors 'self'",
        }  # fmt: skip
        assert html["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get("/ui-components/mails/no-such-mail/").status_code == 404
    assert client.post("/ui-components/mails/").status_code == 405
