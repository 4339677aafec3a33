"""One browser and one server for all tests of a module; the office behind `/review`, what arrives from `/report`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.engine import Store
from support.browser import chromium
from support.live import live_server
from support.office import Office
from support.painted import paint_detector
from support.report_page import Arrived


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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of the server behind `report_address`."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def report_address(folder: Path) -> Iterator[str]:
    """Of the page at `/report`, on a server that finds paint."""
    with live_server(paint_detector(), data_path=folder) as address:
        yield f"{address}/report"


@pytest.fixture
def arrived(folder: Path, report_address: str) -> Iterator[Arrived]:
    """What the server behind `report_address` gets during the test."""
    arrived = Arrived(Store(load_settings(data_path=folder).store_url))
    yield arrived
    arrived.store.close()
