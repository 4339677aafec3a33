"""One browser and one server for all tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from support.browser import chromium
from support.live import live_server
from support.painted import paint_detector


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed at the end of the module: see `chromium`."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server that finds paint."""
    with live_server(paint_detector()) as address:
        yield address
