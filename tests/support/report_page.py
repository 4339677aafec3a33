"""What people do on the page at `/report`, on a phone, and the reports that come in from it."""

from typing import Any

from playwright.sync_api import Browser, Locator, Page
from sqlalchemy import RowMapping, select

from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_media, reports
from support.browser import watched_page
from support.page import payload

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NOT_A_PHOTO = payload(b"Dear council, there is a heap of rubbish.", "notes.jpg", "image/jpeg")
SHANGHAI: dict[str, Any] = {
    "geolocation": {"latitude": 31.2304, "longitude": 121.4737, "accuracy": 12.4},
    "permissions": ["geolocation"],
}
POST = "**/v1/reports"


class Arrived:
    """The reports that came in since the test began."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.before = {row["id"] for row in self._all()}

    def rows(self) -> list[RowMapping]:
        return [row for row in self._all() if row["id"] not in self.before]

    def photos(self) -> int:
        with self.store.read() as connection:
            found = connection.execute(select(report_media.c.report_id)).scalars().all()
        return sum(report_id not in self.before for report_id in found)

    def _all(self) -> list[RowMapping]:
        with self.store.read() as connection:
            return list(connection.execute(select(reports).order_by(reports.c.id)).mappings())


def open_page(browser: Browser, address: str, **options: Any) -> Any:  # noqa: ANN401 - a context manager of pages
    return watched_page(browser, address.removesuffix("/report"), path="/report", **{**PHONE, **options})


def send(page: Page) -> str:
    """Press the button and wait for the number."""
    page.click("#send")
    page.wait_for_selector("#number")
    return page.locator("#number").inner_text()


def keep(page: Page) -> None:
    """Press the button and wait until the phone says that it keeps the report."""
    page.click("#send")
    page.wait_for_selector("#result .kept")


def entries(page: Page, state: str) -> Locator:
    return page.locator(f".entry[data-state={state}]")
