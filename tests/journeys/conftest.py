"""A real browser on the product's own web server.  Nothing here skips: without Chromium the journeys fail.

After every journey nothing that the database holds of people, and nothing that was typed, may stand in a log, in the
broker or in the head of a mail.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test.utils import modify_settings
from playwright.sync_api import Browser, Page, Request, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import Mail
from organisations.models import Organisation
from tests import programs
from tests.hostile import leaks

WIDE, NARROW = 1280, 320
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-gpu",
]
OpenPage = Callable[..., Page]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread until it ends: Django would refuse the database here for no reason,
    # and tests of other packages could not run a loop of their own.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class WebServer(LiveServer):
    """The product's web server in a process of its own; pytest-django asks for nothing of its kind but the address."""

    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log
        self._live_server_modified_settings = modify_settings()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def live_server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebServer]:
    log = tmp_path_factory.mktemp("web") / "web.log"
    with programs.web(log) as port:
        yield WebServer(port, log)


@pytest.fixture
def typed() -> set[str]:
    """What was sent with the forms of this journey."""
    return set()


@pytest.fixture(autouse=True)
def _nobody_is_told_of(live_server: WebServer, transactional_db: None, typed: set[str]) -> Iterator[None]:
    start, servers_start = live_server.log.stat().st_size, len(leaks.servers_log())
    yield
    words = leaks.stored_words() | typed
    with live_server.log.open(errors="replace") as log:
        log.seek(start)
        assert leaks.leaks(words, log.read()) == []
    assert leaks.leaks(words, leaks.servers_log()[servers_start:]) == []
    assert leaks.leaks(words, leaks.broker_contents()) == []
    heads = "\n".join(f"{mail.subject} {mail.headers}" for mail in Mail.objects.all())
    subjects = set(Mail.objects.values_list("subject", flat=True))  # themselves among what is stored
    names = set(Organisation.objects.values_list("name", flat=True))  # public, though an applicant typed them
    assert leaks.leaks(words - subjects - names, heads) == []


@pytest.fixture
def open_page(browser: Browser, typed: set[str]) -> Iterator[OpenPage]:
    """A function that opens a page in a fresh session: `open_page(url, width=NARROW, javascript=False)`.

    At the end of the test it fails if a page asked another host for something or the browser reported a fault, such as
    something that the Content-Security-Policy forbids.
    """
    contexts, faults = [], []

    def start(url: str, *, width: int = WIDE, javascript: bool = True) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 640}, java_script_enabled=javascript)
        contexts.append(context)
        page = context.new_page()

        def note(request: Request) -> None:
            if request.method == "POST" and (body := request.post_data_buffer):
                typed.update(leaks.typed_words(body.decode(errors="replace")))
            if urlsplit(request.url).netloc not in {urlsplit(url).netloc, ""}:
                faults.append(f"asked another host: {request.url}")

        context.on("request", note)
        page.on("pageerror", lambda error: faults.append(str(error)))
        # A page that answers 404 on purpose is reported too; only other faults count.
        page.on(
            "console",
            lambda line: faults.append(line.text) if line.type == "error" and "status of 4" not in line.text else None,
        )
        page.goto(url)
        return page

    yield start
    for context in contexts:
        context.close()
    assert faults == []
