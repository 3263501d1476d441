"""Markup, styles and addresses in names and other texts stay texts: on pages, in mails, in the Statement of Results."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import cycle
from typing import Any, Final
from urllib.request import urlopen

import pytest
from django.test import Client

from accounts.models import Mail, User
from organisations.models import Organisation
from results.models import Result
from sharing.models import Verification
from tests.factories import change_result
from tests.hostile.markup import PAYLOADS, listening, texts
from tests.results.loading import first_row, load, undone
from tests.results.statements import read, render, text_of

COLUMNS: Final = {
    "given_names": 200, "family_name": 200, "centre_name": 200, "place_of_entry": 200, "session": 60,
    "centre_number": 20, "certificate_number": 20,
}  # fmt: skip


@pytest.fixture
def listener() -> Iterator[str]:
    """The address of a listener that must hear nothing."""
    with listening() as (address, heard):
        yield address
        assert heard == []


def test_the_listener_hears() -> None:
    with listening() as (address, heard):
        with pytest.raises(OSError):  # noqa: PT011  (it hangs up without an answer)
            urlopen(address)  # noqa: S310
        assert heard


def in_turn(listener: str) -> list[dict[str, str]]:
    """Contents of results: every payload stands in every column that has room for it, one to a column."""
    columns = {name: cycle(texts(listener, room)) for name, room in COLUMNS.items()}
    for offset, column in enumerate(columns.values()):
        for _skipped in range(offset):
            next(column)
    return [{name: next(column) for name, column in columns.items()} for _payload in PAYLOADS]


class Page(HTMLParser):
    """What a page would load, run or send somewhere, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.acts: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            foreign = "127.0.0.1" in (value or "") and name not in {"value", "content", "title", "aria-label", "alt"}
            if name.startswith("on") or foreign or re.match(r"\s*(javascript|data:text|vbscript)", value or ""):
                self.acts.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("html", ["<img src=http://127.0.0.1:1/>", "<p onclick=x>", "<a href=' javascript:x'>"])
def test_a_page_that_acts_is_noticed(html: str) -> None:
    assert Page(html).acts


@pytest.mark.django_db
def test_a_results_file_with_markup_is_loaded_as_it_stands(listener: str) -> None:
    contents = in_turn(listener)
    report = load([first_row(reference_number=f"M{turn:03}", **content) for turn, content in enumerate(contents)])
    assert report.problems == []
    for turn, content in enumerate(contents):
        version = Result.objects.select_related("current").get(reference_number=f"M{turn:03}").current
        assert {name: getattr(version, name) for name in content} == content


@pytest.mark.django_db
def test_pages_show_markup_as_text(everywhere: list[str], everybody: dict[str, Client], listener: str) -> None:
    for turn, content in enumerate(in_turn(listener)[::8]):
        _rename_everything(texts(listener, 150)[turn * 8 :], content)
        for name in ("primary", "staff"):
            seen = 0
            for address in everywhere:
                if "logout" in address or "/end" in address:
                    continue
                answer = everybody[name].get(address)
                if answer.streaming:
                    b"".join(answer)  # a file is read to its end, and closed
                elif answer.headers.get("Content-Type", "").startswith("text/html"):
                    page = Page(answer.content.decode())
                    assert page.acts == [], address
                    seen += content["given_names"] in page.text
            assert seen, "the name was shown nowhere"


def _rename_everything(names: list[str], content: dict[str, str]) -> None:
    text = cycle(names)
    User.objects.update(given_name=next(text), family_name=next(text), job_title=next(text))
    Organisation.objects.update(name=next(text))
    Verification.objects.update(applicant_reference=next(text)[:64])
    change_result(Result.objects.select_related("current").get(reference_number="213GB5990001"), **content)


@pytest.mark.django_db
def test_mails_hold_markup_as_text_and_one_line_of_subject(listener: str) -> None:
    for name in texts(listener, 150):
        with undone():
            User.objects.create_user("known@example.org", None, given_name=name, family_name=name, job_title=name)
            Client().post("/password/reset/", {"email": "known@example.org"})
            mail = Mail.objects.get()
        assert "\n" not in mail.subject
        assert Page(mail.html).acts == []
        assert "&lt;" not in mail.text, "it is plain text"
        assert set(re.findall(r"https?://([^/\s]+)", mail.text.replace(listener, ""))) == {"testserver"}


@pytest.mark.parametrize("turn", range(len(PAYLOADS)))
def test_statements_show_markup_as_text_and_load_nothing(turn: int, listener: str) -> None:
    content: dict[str, Any] = in_turn(listener)[turn]

    pdf = render(**content)

    document = read(pdf)
    assert not document.attachments
    assert b"file:///" not in pdf
    assert all(listener not in str(annotation) for page in document.pages for annotation in page.get("/Annots") or ())
    plain = re.sub(r"\s", "", text_of(pdf))
    for column in ("given_names", "family_name", "session"):
        assert re.sub(r"\s", "", content[column]) in plain, column


def test_a_name_of_a_hundred_thousand_characters_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="too big for a statement"):
        render(given_names="<b>" * 33_000)
