"""One browser and one server for all tests of a module; the office behind `/review`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from support.browser import chromium
from support.live import live_server
from support.office import Office
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


@pytest.fixture(scope="module")
def whole_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A server with a queue, for all tests of a module; nobody looks twice unless a test asks."""
    folder = tmp_path_factory.mktemp("data")
    with live_server(paint_detector(), data_path=folder, second_review_share=0) as address:
        office = Office(address, folder)
        yield office
        office.store.close()


@pytest.fixture
def office(whole_office: Office) -> Office:
    """The same with nothing to do yet."""
    whole_office.clear()
    return whole_office
