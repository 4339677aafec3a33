"""A live server with a queue, reviewers at their desks, and what became of their decisions."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
from playwright.sync_api import Browser, Page
from sqlalchemy import RowMapping, select, update

from hazardlens.serve.access.accounts import account_named
from hazardlens.serve.access.roles import Role
from hazardlens.serve.access.sessions import COOKIE, open_session
from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.blobs import FolderBlobs
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import reports, reviews
from support.accounts import person_in
from support.browser import watched_page
from support.reports import add_report, grey_photo
from support.serving import PATIENCE_S, wait_until

PHOTO_WH: Final = (1600, 1200)  # larger than the frame, so that pixels of the screen are not pixels of the photo
BOX: Final = (400, 300, 1000, 900)
NOW: Final = datetime.now(UTC)


class Office:
    """A server with a queue, and the people who work on it."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        settings = load_settings(data_path=folder)
        self.store = Store(settings.store_url)
        self.blobs = FolderBlobs(settings.data_path / "media")

    def clear(self) -> None:
        """Leave nothing to do."""
        with self.store.write() as connection:
            connection.execute(update(reports).values(state="resolved", second_review="none", claimed_by=None))

    def add(self, minutes_old: float = 60, **columns: Any) -> str:  # noqa: ANN401 - any of `add_report`'s
        usual: dict[str, Any] = {"photos": [grey_photo(*PHOTO_WH)], "seen": [[("stacked_clutter", BOX)]]}
        at = NOW - timedelta(minutes=minutes_old)
        return add_report(self.store, self.blobs, **{**usual, "at": at, **columns})

    def desk(
        self,
        browser: Browser,
        name: str = "li",
        path: str = "/review",
        **options: Any,  # noqa: ANN401 - Playwright's
    ) -> AbstractContextManager[Page]:
        """The page as this reviewer sees it."""
        token = self._session(name, Role.REVIEWER)
        cookie = {"name": COOKIE, "value": token, "domain": "127.0.0.1", "path": "/", "expires": -1}
        cookie |= {"httpOnly": True, "secure": False, "sameSite": "Strict"}
        return watched_page(
            browser, self.address, path=path, storage_state={"cookies": [cookie], "origins": []}, **options
        )

    def row(self, report_id: str) -> RowMapping:
        with self.store.read() as connection:
            return connection.execute(select(reports).where(reports.c.id == report_id)).mappings().one()

    def decided(self, report_id: str) -> RowMapping:
        """The report, once its decision has arrived."""
        wait_until(lambda: self.row(report_id)["verdict"] is not None)
        return self.row(report_id)

    def review_of(self, report_id: str) -> RowMapping:
        """Its last review."""
        query = select(reviews).where(reviews.c.report_id == report_id).order_by(reviews.c.seq.desc()).limit(1)
        with self.store.read() as connection:
            return connection.execute(query).mappings().one()

    def wait_for_claim(self, report_id: str) -> None:
        """Return when somebody holds the report."""
        wait_until(lambda: self.row(report_id)["claimed_by"] is not None)

    def export(self, path: Path) -> Path:
        """The reviewed export, as an engineer downloads it."""
        cookies = {COOKIE: self._session("wang", Role.ENGINEER)}
        answer = httpx2.get(f"{self.address}/v1/exports", cookies=cookies, timeout=PATIENCE_S)
        path.write_bytes(answer.raise_for_status().content)
        return path

    def _session(self, name: str, role: Role) -> str:
        with self.store.read() as connection:
            found = account_named(connection, name)
        account_id = found["id"] if found else person_in(self.store, name, role)
        with self.store.write() as connection:
            return open_session(connection, account_id, datetime.now(UTC), 1).token


def corners(review: RowMapping, index: int = 0) -> tuple[int, ...]:
    """Of a box of the first photo, as the reviewer left it."""
    box = review["boxes"][0][index]["box"]
    return tuple(box[name] for name in ("x_min", "y_min", "x_max", "y_max"))
