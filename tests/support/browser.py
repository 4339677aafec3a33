"""Debian's Chromium, driven by Playwright, and pages that are watched for what a browser must never do here."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_NOTE_VIOLATIONS: Final = """
window.violations = [];
const note = ({ violatedDirective, blockedURI }) => window.violations.push(`${violatedDirective} ${blockedURI}`);
addEventListener("securitypolicyviolation", note);
"""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; without one the test is skipped, but never in continuous integration.

    Close it before other tests run an event loop: while it is open, Playwright's own loop runs in this thread.
    """
    if not CHROMIUM.exists():
        reason = f"needs Debian's package chromium: no {CHROMIUM}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@contextlib.contextmanager
def watched_page(browser: Browser, address: str, *, path: str = "", **options: Any) -> Iterator[Page]:  # noqa: ANN401 - Playwright's
    """The page at `address`, ready to use. At the end: no other host was asked, nothing broke, no policy was broken.

    Args:
        browser: from `chromium`.
        address: of the server, without a path.
        path: of the page, from the slash on.
        options: of Playwright's `new_context`; English, 1440 x 900 and without animations (a box that is still sliding
            into place has no place to compare) unless told otherwise.
    """
    asked: list[str] = []
    broken: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # Chromium itself logs each answer that is not 2xx; that is no mistake of the page's.
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            broken.append(message.text)

    def count(request: Request) -> None:
        asked.append(request.url)

    usual: dict[str, Any] = {"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
    context = browser.new_context(**{**usual, **options})
    try:
        context.add_init_script(_NOTE_VIOLATIONS)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", hear)
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("request", count)
        page.goto(f"{address}{path}")
        page.wait_for_selector("html[data-ready]")
        yield page
        violations = page.evaluate("window.violations")
        assert violations == [], violations
        assert broken == [], broken
        assert [url for url in asked if not url.startswith((f"{address}/", f"blob:{address}/", "data:"))] == []
    finally:
        context.close()
