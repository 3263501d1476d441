"""Accessibility of a page in the state it is in: call `assert_accessible(page)` wherever a journey stops."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Without `preload` axe would fetch stylesheets by itself, from addresses that it gets wrong.
OPTIONS = {"preload": False, "resultTypes": ["violations"], "runOnly": {"type": "tag", "values": RULES}}


def assert_accessible(page: Page) -> None:
    """No violation of axe's rules, one main heading, and no scrolling sideways at this width."""
    found: list[dict[str, Any]] = Axe().run(page, options=OPTIONS).response["violations"]
    violations = [f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found for node in rule["nodes"]]
    assert violations == [], "\n".join(violations)
    assert page.locator("h1").count() == 1
    assert_fits(page)


def assert_fits(page: Page) -> None:
    """The page is not wider than the window; tables scroll in regions of their own."""
    width, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= window, f"{width} px of page in a window of {window} px"
