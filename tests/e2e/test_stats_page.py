"""`/stats`: the page shows what the API says, to those who may read it, at a glance and in both languages."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import insert

from hazardlens.serve.access.sessions import COOKIE, open_session
from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import shadow_results
from support.accessible import violations
from support.accounts import person_in
from support.browser import watched_page
from support.decisions import add_decided, add_report, add_review, box
from support.live import live_server
from support.page import pixels_of, scrolls_sideways
from support.painted import paint_detector

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def token(stats_address: str, stats_folder: Path) -> str:
    """Of a reviewer's session."""
    store = Store(load_settings(data_path=stats_folder).store_url)
    account = person_in(store, "li")
    with store.write() as connection:
        opened = open_session(connection, account, NOW, 12)
    _fill(store)
    store.close()
    return opened.token


@pytest.fixture(scope="module")
def stats_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def stats_address(stats_folder: Path) -> Iterator[str]:
    with live_server(paint_detector(), data_path=stats_folder) as address:
        yield address


def _fill(store: Store) -> None:
    """Twelve reports of three weeks: seven kept, two corrected, one rejected against a sure machine, two waiting."""
    seen = [[box("stacked_clutter", 10, 10, 60, 60, confidence=0.9)]]
    final = [[box("stacked_clutter", 10, 10, 60, 60)]]
    for n in range(10):
        report_id, at = str(n) * 32, NOW - timedelta(days=2 * n, minutes=5)
        common: dict[str, Any] = {"created_at": at, "at": at, "audit": n % 2 == 0, "boxes": final, "detections": seen}
        if n < 7:
            add_decided(store, report_id, urgency=("immediate", "urgent", "routine")[n % 3], **common)
        elif n < 9:
            add_decided(store, report_id, "correct", "blocked_fire_exit", reason="wrong_category", **common)
        else:
            add_decided(store, report_id, "reject", "not_a_hazard", reason="false_alarm", confidence=0.95, **common)
        add_review(store, report_id, "confirm", kind="second", at=at)
        with store.write() as connection:
            values = {"report_id": report_id, "model_version": "2026.9", "at": at, "detections": []}
            connection.execute(insert(shadow_results).values(**values, prefill={"category": "stacked_clutter"}))
    add_report(store, "a" * 32, urgency="immediate", created_at=NOW - timedelta(hours=2), reporter_group="couriers")
    add_report(store, "b" * 32, urgency="urgent", created_at=NOW - timedelta(days=5))


def open_stats(
    browser: Browser,
    address: str,
    token: str,
    path: str = "/stats",
    **options: Any,  # noqa: ANN401 - Playwright's
) -> AbstractContextManager[Page]:
    cookie = {"name": COOKIE, "value": token, "url": address}
    return watched_page(browser, address, path=path, storage_state={"cookies": [cookie], "origins": []}, **options)


def api(address: str, token: str, path: str) -> httpx2.Response:
    answer = httpx2.get(f"{address}{path}", headers={"Cookie": f"{COOKIE}={token}"})
    assert answer.status_code == 200, answer.text
    return answer


def rows_of(page: Page, table: str) -> list[list[str]]:
    rows = page.locator(f"table[data-table={table}] tbody tr")
    return [[" ".join(cell.split()) for cell in row.locator("th, td").all_inner_texts()] for row in rows.all()]


def ready(page: Page) -> None:
    page.wait_for_selector("#figures[aria-busy=false] #tile-waiting")


def test_the_page_shows_what_the_api_says(browser: Browser, stats_address: str, token: str) -> None:
    stats = api(stats_address, token, "/v1/stats").json()
    with open_stats(browser, stats_address, token, timezone_id="UTC") as page:
        ready(page)
        tiles = {name: page.locator(f"#tile-{name} .tile-value").inner_text() for name in ("received", "waiting")}
        assert tiles == {"received": "12", "waiting": "2"}
        assert (stats["received"], stats["waiting_now"]) == (12, 2)
        kept = {row["sample"]: row for row in stats["tables"]["kept"]}
        expect(page.locator("#tile-kept_audit .tile-value")).to_have_text(f"{round(100 * kept['audit']['share'])}%")
        shown = [
            [row["first_day"], *(str(row[level]) for level in ("immediate", "urgent", "routine", "none", "total"))]
            for row in reversed(stats["tables"]["received_by_day"])
        ]
        assert rows_of(page, "received_by_day") == shown
        for sample, row in zip(("all", "audit", "rest"), rows_of(page, "kept"), strict=True):
            figures = kept[sample]
            bounds = f"{round(100 * figures['low'])}–{round(100 * figures['high'])} %"
            assert f"{bounds}, {figures['kept']} of {figures['decided']}" in row[1]
        waiting = {row[0]: row for row in rows_of(page, "waiting")}
        assert waiting["Immediate"][-1] == "2 hours ago"
        assert waiting["All"][-2:] == ["2", "5 days ago"]
        assert rows_of(page, "overrides") == [["Stacked clutter", "7", "2", "1"]]
        assert [row[:2] for row in rows_of(page, "reasons")] == [
            ["Corrected", "Wrong category"],
            ["Rejected", "False alarm"],
        ]
        assert rows_of(page, "shadow")[0][:3] == ["2026.9", "10", "100%"]
        assert rows_of(page, "agreement")[0][1].startswith("70%")


def test_decisions_in_doubt_lead_to_their_review(browser: Browser, stats_address: str, token: str) -> None:
    with open_stats(browser, stats_address, token) as page:
        ready(page)
        doubt = page.locator("#again > li")
        expect(doubt).to_have_count(1)
        expect(doubt).to_contain_text("The machine was 95% sure, and the person decided otherwise.")
        assert doubt.locator("a").get_attribute("href") == f"/review?report={'9' * 32}"


def test_other_days_are_shown_and_kept_in_the_address(browser: Browser, stats_address: str, token: str) -> None:
    with open_stats(browser, stats_address, token, path="/stats?from=2020-01-01&to=2020-01-31") as page:
        ready(page)
        expect(page.locator("#tile-received .tile-value")).to_have_text("0")
        assert (page.input_value("#from"), page.input_value("#to")) == ("2020-01-01", "2020-01-31")
        page.get_by_role("button", name="28 days").click()
        expect(page.locator("#tile-received .tile-value")).to_have_text("12")
        assert re.search(r"from=\d{4}-\d\d-\d\d&to=\d{4}-\d\d-\d\d$", page.url)
        page.go_back()
        expect(page.locator("#tile-received .tile-value")).to_have_text("0")
        page.fill("#from", "2020-02-01")
        page.click("#days button[type=submit]")
        expect(page.locator("#problem")).not_to_be_empty()
        expect(page.locator("#tile-received .tile-value")).to_have_text("0")


def test_each_table_can_be_taken_along_as_csv(browser: Browser, stats_address: str, token: str) -> None:
    with open_stats(browser, stats_address, token) as page:
        ready(page)
        links = {link.get_attribute("href") or "" for link in page.locator("a.csv").all()}
        assert {re.findall(r"table=(\w+)&", link)[0] for link in links} >= {"waiting", "kept_by_week", "clues_by_group"}
        for link in sorted(links)[:3]:
            rows = list(csv.reader(io.StringIO(api(stats_address, token, link).content.decode("utf-8-sig"))))
            assert rows, link


def test_the_chart_stacks_the_urgencies_in_their_colours(browser: Browser, stats_address: str, token: str) -> None:
    def painted(chart: Locator, colour: tuple[int, int, int]) -> int:
        return int((np.abs(pixels_of(chart).astype(int) - colour).max(axis=2) < 12).sum())

    with open_stats(browser, stats_address, token) as page:
        ready(page)
        plot = page.get_by_role("img", name="Reports a day or week, by urgency").locator("canvas")
        for colour in ((0xB3, 0x14, 0x1D), (0xF0, 0xA8, 0x00), (0x1B, 0x5F, 0xB4)):
            assert painted(plot, colour) > 100, colour
        expect(page.get_by_role("img", name="Share of pre-fills kept, by week").locator("canvas")).to_be_visible()


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(browser: Browser, stats_address: str) -> None:
    with watched_page(browser, stats_address, path="/stats") as page:
        page.wait_for_url(f"{stats_address}/login?next=%2Fstats")
        page.wait_for_selector("html[data-ready]")


@pytest.mark.parametrize(
    ("locale", "scheme"),
    [pytest.param("zh-CN", "light", id="Chinese by day"), pytest.param("en-GB", "dark", id="English by night")],
)
def test_the_page_is_whole_and_accessible(
    browser: Browser, stats_address: str, token: str, locale: str, scheme: str
) -> None:
    with open_stats(browser, stats_address, token, locale=locale, color_scheme=scheme) as page:
        ready(page)
        assert violations(page) == []
        for width in (360, 390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert not scrolls_sideways(page), width
        words = page.locator("main").inner_text()
        if locale == "zh-CN":
            left = re.sub(r"CSV|couriers", "", words)
            assert re.findall(r"[A-Za-z]{3,}", left) == []
        assert "stats." not in words
        page.emulate_media(media="print")
        expect(page.locator("#days")).to_be_hidden()
        expect(page.locator("#tile-received")).to_be_visible()
