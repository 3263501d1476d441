"""Somebody whose every word occurs nowhere else, in the whole service: web server, worker and beat as processes.

They log in, search, get mail, change their account and work as staff; then a hundred things fail.  No log, no broker
and no head of a mail repeats a word of theirs.  (tests/journeys/conftest.py looks after every other journey.)
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from organisations.models import Organisation
from tests import programs
from tests.accounts.smtp import MailServer, running
from tests.hostile import leaks
from tests.hostile.faults import CULPRITS, FAULTS
from tests.hostile.test_log_canaries import CANARIES, PLANTED, SEARCH, somebody
from tests.journeys.conftest import OpenPage
from tests.results.loading import csv_file, first_row

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["somebody"]  # a fixture

PASSWORD: Final = PLANTED["accounts.User.password"]
NEW_PASSWORD: Final = "kanari-other-password-2026"
IMPORTED: Final = first_row(
    reference_number="KANARI0IMPORTED",
    given_names="Kanariimported",
    family_name="Kanariimportedtoo",
    email="kanari-imported@example.org",
    date_of_birth="1986-10-22",
)
WORDS: Final = {
    *CANARIES,
    *(IMPORTED[name] for name in ("reference_number", "given_names", "family_name", "email", "date_of_birth")),
    NEW_PASSWORD,
    "kanari-wrong-password",
    "Kanarirefused",
}


@dataclass
class Service:
    url: str
    logs: dict[str, Path]
    mails: MailServer


@pytest.fixture
def service(tmp_path: Path, somebody: tuple[User, Organisation]) -> Iterator[Service]:
    """All that runs in production, on a queue of its own; worker and web fail, with all those words, when asked."""
    mails, logs = MailServer(), {name: tmp_path / f"{name}.log" for name in ("web", "worker", "beat")}
    worker = ("worker", "--concurrency", "1")
    beat = ("beat", "--schedule", str(tmp_path / "beat"), "--pidfile=")
    with ExitStack() as stack:
        stack.enter_context(running(mails))
        more = {
            "EMAIL_URL": f"smtp://127.0.0.1:{mails.port}",
            "TESTS_QUEUE": f"canaries-{uuid.uuid4()}",
            "TESTS_WORDS": " ".join(sorted(WORDS)),
        }
        stack.enter_context(programs.celery(logs["worker"], *worker, **more))
        stack.enter_context(programs.celery(logs["beat"], *beat, **more))
        port = stack.enter_context(programs.web(logs["web"], **more))
        yield Service(f"http://127.0.0.1:{port}", logs, mails)


def test_no_log_no_broker_and_no_head_of_a_mail_repeats_a_word(
    open_page: OpenPage, service: Service, somebody: tuple[User, Organisation], tmp_path: Path, typed: set[str]
) -> None:
    servers_start = len(leaks.servers_log())
    page = open_page(f"{service.url}/login/")
    _log_in(page, PASSWORD)
    _verify(page, service)
    _change_account(page, service)
    _import(page, service, tmp_path)
    _look_up(page, service)
    _forget_password(open_page, service)
    faults = _fail(page, service)
    words = WORDS | typed | {str(cookie["value"]) for cookie in page.context.cookies()}

    said = {name: log.read_text(errors="replace") for name, log in service.logs.items()}
    assert faults > 100
    assert said["web"].count('"exception"') > 100
    assert said["worker"].count('"exception"') >= 2
    assert "work-on-imports" in said["beat"]
    assert leaks.leaks(words, _heads(service)) == []
    words |= leaks.stored_words()
    said |= {"postgres": leaks.servers_log()[servers_start:], "broker": leaks.broker_contents()}
    assert {name: found for name, text in said.items() if (found := leaks.leaks(words, text))} == {}


def test_a_word_that_is_written_is_noticed() -> None:
    line = '{"level": "INFO", "logger": "rvs.request", "message": "looked at kanari-user@example.org"}'
    assert leaks.leaks(WORDS, f'{{"message": "request"}}\n{line}') == [("kanari-user@example.org", line)]


def _log_in(page: Page, right: str) -> None:
    """At the second try."""
    for password in ("kanari-wrong-password", right):
        page.get_by_label("E-mail address").fill(PLANTED["accounts.User.email"])
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(lambda url: "/login/" not in url)


def _verify(page: Page, service: Service) -> None:
    for number in ("KANARI0UNKNOWN", SEARCH["reference_number"]):
        page.goto(f"{service.url}/candidate-search/")
        page.get_by_label("Reference or verification number").fill(number)
        for label in ("Day", "Month", "Year"):
            page.get_by_label(label).fill(SEARCH[f"date_of_birth_{label.lower()}"])
        page.get_by_role("button", name="Check result").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kanariones")
    statement = page.get_by_role("link", name="Save the Statement of Results (PDF)").get_attribute("href")
    assert page.request.get(f"{service.url}{statement}").headers["content-type"] == "application/pdf"


def _change_account(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/account/details/")
    page.get_by_label("Job title").fill("Kanarijob")
    page.get_by_role("button", name="Save").click()
    page.goto(f"{service.url}/account/email/")
    if page.get_by_role("heading", name="Confirm that it is you").is_visible():
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("New e-mail address").fill(PLANTED["accounts.EmailChange.new_email"])
    page.get_by_role("button", name="Send the two mails").click()
    expect(page.get_by_text("We have written to both addresses")).to_be_visible()


def _import(page: Page, service: Service, folder: Path) -> None:
    """The worker fails first; then it is asked again."""
    refused = first_row(reference_number="KANARI0REFUSED", given_names="Kanarirefused", date_of_birth="23/11/1987")
    file = folder / "results.csv"
    file.write_bytes(csv_file([IMPORTED, refused]).getvalue())
    page.goto(f"{service.url}/admin/results/importjob/add/")
    page.get_by_label("Results file").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    _until(page, "Failed")
    page.get_by_role("button", name="Start again").click()
    _until(page, "Waits for confirmation")
    expect(page.get_by_text("Kanariimported").first).to_be_visible()
    page.get_by_label("Load the valid rows only").check()
    page.get_by_role("button", name="Confirm and load").click()
    _until(page, "Loaded")


def _until(page: Page, state: str) -> None:
    expect(page.get_by_text(state, exact=True)).to_be_visible(timeout=60_000)


def _look_up(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/admin/results/result/")
    page.get_by_label("Name").fill("kanaritwo kanariones")
    page.get_by_role("button", name="Look up").click()
    page.get_by_role("button", name="Open KANARI0REFERENCE").click()
    page.get_by_label("Why do you open this record?").select_option("Another reason")
    page.get_by_label("Details").fill(PLANTED["accounts.RecordLook.note"])
    page.get_by_role("button", name="Open the record").click()
    page.get_by_label("Reason").fill("kanari-note")
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.get_by_role("heading", name="Release the result")).to_be_visible()


def _forget_password(open_page: OpenPage, service: Service) -> None:
    page = open_page(f"{service.url}/password/reset/")
    page.get_by_label("E-mail address").fill(PLANTED["accounts.User.email"])
    page.get_by_role("button", name="Send").click()
    programs.wait_until(lambda: _links(service), "no mail came")
    page.goto(service.url + _links(service)[0])
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password once more", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set").click()
    programs.wait_until(lambda: "password was changed" in _heads(service), "no mail came")


def _links(service: Service) -> list[str]:
    bodies = (mail.get_body(("plain",)) for mail in list(service.mails.offered))
    texts = " ".join(body.get_content() for body in bodies if body)
    return [urlsplit(link).path for link in re.findall(r"\S+/password/reset/key/\S+", texts)]


def _fail(page: Page, service: Service) -> int:
    """In every place, in four ways; returns how many answers were faults."""
    page.goto(f"{service.url}/login/")
    _log_in(page, NEW_PASSWORD)  # its session ended with the old one
    statuses: list[int] = []
    form: dict[str, str | float | bool] = {**SEARCH, "email": PLANTED["accounts.User.email"]}
    for turn in range(len(CULPRITS) * 4):
        fault = f"{turn % len(CULPRITS)},{(turn + turn // len(CULPRITS)) % len(FAULTS)}"
        token = next(str(cookie["value"]) for cookie in page.context.cookies() if cookie["name"] == "csrf")
        headers = {"X-Tests-Fault": fault, "X-CSRFToken": token, "Referer": f"{service.url}/?q=Kanarireferer"}
        for path in ("/candidate-search/", "/check/0123456789AB/", "/admin/accounts/user/?q=Kanarifamily"):
            answer = page.request.get(service.url + path, headers=headers, max_redirects=0)
            statuses.append(answer.status)
        for path in ("/candidate-search/", "/password/reset/"):
            answer = page.request.post(service.url + path, form=form, headers=headers, max_redirects=0)
            statuses.append(answer.status)
    return len([status for status in statuses if status >= 500])


def _heads(service: Service) -> str:
    """Everything but to whom the mail goes, of every mail but the one whose subject is a canary itself."""
    heads = [mail.items() for mail in list(service.mails.offered) if mail["To"] != PLANTED["accounts.Mail.recipient"]]
    return "\n".join(f"{name}: {value}" for head in heads for name, value in head if name != "To")
