"""A real browser on a real server.  Nothing here skips: without Chromium the journeys fail."""

import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which makes Django refuse the database here for no reason.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """A function that opens a page in a fresh session: `open_page(url, width=NARROW, javascript=False)`.

    At the end of the test it fails if a page asked another host for something or the browser reported a fault, such as
    something that the Content-Security-Policy forbids.
    """
    contexts, faults = [], []

    def start(url: str, *, width: int = WIDE, javascript: bool = True) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 640}, java_script_enabled=javascript)
        contexts.append(context)
        page = context.new_page()

        def note_foreign(request: Request) -> None:
            if urlsplit(request.url).netloc not in {urlsplit(url).netloc, ""}:
                faults.append(f"asked another host: {request.url}")

        page.on("request", note_foreign)
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
