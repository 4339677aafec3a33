"""`/report` on a phone: photos, words and place in; one report on the server, whatever the line does meanwhile."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from sqlalchemy import RowMapping, select

from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.engine import Store
from hazardlens.serve.store.tables import report_media, reports
from support.accessible import violations
from support.browser import watched_page
from support.live import live_server
from support.page import payload, pick, scrolls_sideways
from support.painted import paint_detector, painted
from support.pictures import saved
from support.serving import wait_until

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NOT_A_PHOTO = payload(b"Dear council, there is a heap of rubbish.", "notes.jpg", "image/jpeg")
SHANGHAI: dict[str, Any] = {
    "geolocation": {"latitude": 31.2304, "longitude": 121.4737, "accuracy": 12.4},
    "permissions": ["geolocation"],
}
POST = "**/v1/reports"
_DRAFT_IS_KEPT = """
(text) => new Promise((done) => {
  const open = indexedDB.open("hazardlens");
  open.onsuccess = () => {
    const get = open.result.transaction("outbox").objectStore("outbox").get("draft");
    get.onsuccess = () => {
      open.result.close();
      done(get.result?.fields.text === text);
    };
  };
})
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def report_address(folder: Path) -> Iterator[str]:
    with live_server(paint_detector(), data_path=folder) as address:
        yield f"{address}/report"


@pytest.fixture(scope="module")
def strict_address() -> Iterator[str]:
    """A server with small limits."""
    limits: dict[str, Any] = {"max_file_bytes": 50_000, "max_body_bytes": 150_000, "max_pixels": 800 * 500}
    with live_server(paint_detector(), authenticate=None, **limits) as address:
        yield f"{address}/report"


@pytest.fixture
def arrived(folder: Path, report_address: str) -> Iterator["Arrived"]:
    arrived = Arrived(Store(load_settings(data_path=folder).store_url))
    yield arrived
    arrived.store.close()


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


def test_photos_words_and_place_arrive_and_the_reporter_gets_a_number(
    browser: Browser, report_address: str, arrived: Arrived
) -> None:
    with open_page(browser, report_address, **SHANGHAI) as page:
        page.set_input_files("#camera", payload())
        pick(page, payload(name="second.png"), payload(saved(painted(120, 80), "PNG"), "third.png"))
        page.get_by_role("button", name="Remove second.png").click()
        page.fill("#text", "two boxes")
        page.click("#place-add")
        expect(page.locator("#place")).to_contain_text("within about 12 m")
        page.fill("#address", "12 People's Road")
        expect(page.locator("#send")).to_have_text("Send report with 2 photos")
        number = send(page)
        words = page.locator("#result").inner_text()
    [row] = arrived.rows()
    assert row["id"] == number
    assert (row["text"], row["address"]) == ("two boxes", "12 People's Road")
    assert (row["latitude"], row["longitude"]) == (31.2304, 121.4737)
    assert arrived.photos() == 2
    for expected in ("Your report has arrived", "Stacked clutter", "Routine", "A person will look at it and decide"):
        assert expected in words


def test_photos_travel_as_they_are(browser: Browser, report_address: str, folder: Path, arrived: Arrived) -> None:
    photo = saved(painted(400, 300, stacked_clutter=(60, 120, 260, 270)), "JPEG")
    with open_page(browser, report_address) as page:
        pick(page, payload(photo, "a.jpg", "image/jpeg"))
        send(page)
    with arrived.store.read() as connection:
        query = select(report_media.c.sha256).where(report_media.c.report_id == arrived.rows()[0]["id"])
        sha256 = connection.execute(query).scalar_one()
    assert (folder / "media" / sha256[:2] / sha256).read_bytes() == photo


def test_a_photo_larger_than_the_limit_is_made_just_small_enough(browser: Browser, strict_address: str) -> None:
    large = saved(painted(800, 500, stacked_clutter=(100, 100, 500, 450)), "BMP")
    with open_page(browser, strict_address) as page:
        pick(page, payload(large, "large.bmp", "image/bmp"))
        expect(page.locator(".thumb-name")).to_have_text("large.jpg")
        send(page)
        expect(page.locator("#result")).to_contain_text("Stacked clutter")


def test_a_photo_of_too_many_pixels_goes_in_smaller(browser: Browser, strict_address: str) -> None:
    wide = saved(painted(6400, 64, stacked_clutter=(100, 4, 3000, 60)), "PNG")
    with open_page(browser, strict_address) as page:
        pick(page, payload(wide, "wide.png"))
        send(page)
        expect(page.locator("#problem")).to_be_hidden()


def test_without_a_line_the_report_waits_and_goes_by_itself(
    browser: Browser, report_address: str, arrived: Arrived
) -> None:
    with open_page(browser, report_address) as page:
        pick(page, payload(), payload(name="second.png"))
        page.fill("#text", "no line here")
        page.context.set_offline(True)
        keep(page)
        page.click("#another")
        expect(entries(page, "waiting")).to_have_count(1)
        assert page.input_value("#text") == ""
        assert arrived.rows() == []
        page.context.set_offline(False)
        page.wait_for_selector(".entry[data-state=sent]")
        expect(entries(page, "waiting")).to_have_count(0)
        [row] = arrived.rows()
        assert row["text"] == "no line here"
        assert arrived.photos() == 2
        expect(page.locator(".entry")).to_contain_text(row["id"])
        page.click("#forget")
        expect(page.locator("#outbox")).to_be_hidden()


def test_whoever_waits_on_the_page_sees_the_number_come(browser: Browser, report_address: str) -> None:
    with open_page(browser, report_address) as page:
        pick(page)
        page.context.set_offline(True)
        keep(page)
        page.context.set_offline(False)
        page.wait_for_selector("#number")
        expect(page.locator("#outbox")).to_be_hidden()


def test_a_report_whose_answer_was_lost_is_sent_again_and_stored_once(
    browser: Browser, report_address: str, arrived: Arrived
) -> None:
    keys: list[str | None] = []

    def lose_the_answer(route: Route) -> None:
        keys.append(route.request.headers.get("idempotency-key"))
        route.fetch()  # the server has it
        route.abort("connectionreset")  # the phone does not know

    with open_page(browser, report_address) as page:
        page.route(POST, lose_the_answer)
        pick(page)
        keep(page)
        page.unroute(POST)
        with page.expect_request(POST) as again:
            page.click("#retry")
        keys.append(again.value.headers.get("idempotency-key"))
        page.wait_for_selector("#number")
        number = page.locator("#number").inner_text()
    [row] = arrived.rows()
    assert row["id"] == number
    assert len(set(keys)) == 1
    assert keys[0]


def test_a_report_outlives_the_page_and_is_sent_when_it_is_opened_again(
    browser: Browser, report_address: str, arrived: Arrived
) -> None:
    with open_page(browser, report_address) as page:
        page.route(POST, lambda route: route.abort("connectionfailed"))
        pick(page, payload(), payload(name="second.png"))
        page.fill("#text", "before the page was closed")
        keep(page)
        page.goto("about:blank")
        page.unroute(POST)
        assert arrived.rows() == []
        page.goto(report_address)
        page.wait_for_selector(".entry[data-state=sent]")
        [row] = arrived.rows()
        assert row["text"] == "before the page was closed"
        assert arrived.photos() == 2


def test_where_the_browser_keeps_nothing_the_page_says_so_and_sends_all_the_same(
    browser: Browser, report_address: str, arrived: Arrived
) -> None:
    with open_page(browser, report_address) as page:
        page.add_init_script("IDBFactory.prototype.open = () => { throw new Error('not in a private window'); };")
        page.reload()
        page.wait_for_selector("html[data-ready]")
        page.context.set_offline(True)
        pick(page)
        keep(page)
        expect(page.locator("#result")).to_contain_text("leave it open until the report has been sent")
        page.context.set_offline(False)
        page.wait_for_selector("#number")
    assert len(arrived.rows()) == 1


def test_what_was_begun_is_still_there_after_a_reload(browser: Browser, report_address: str) -> None:
    with open_page(browser, report_address) as page:
        pick(page)
        page.fill("#text", "half a rep")
        wait_until(lambda: bool(page.evaluate(_DRAFT_IS_KEPT, "half a rep")))
        page.reload()
        expect(page.locator(".thumb-name")).to_have_text("heap.png")
        assert page.input_value("#text") == "half a rep"


def test_a_report_that_can_never_pass_goes_back_into_the_form(
    browser: Browser, report_address: str, arrived: Arrived
) -> None:
    with open_page(browser, report_address) as page:
        pick(page, payload(), NOT_A_PHOTO)
        page.click("#send")
        expect(page.locator("#problem")).to_contain_text("notes.jpg is not a photo in a known format.")
        expect(page.locator("#outbox")).to_be_hidden()
        page.get_by_role("button", name="Go on without this photo").click()
        page.wait_for_selector("#number")
    assert len(arrived.rows()) == 1


def test_a_waiting_report_that_is_refused_later_can_be_mended(browser: Browser, report_address: str) -> None:
    with open_page(browser, report_address) as page:
        pick(page, NOT_A_PHOTO)
        page.context.set_offline(True)
        keep(page)
        page.click("#another")
        page.context.set_offline(False)
        page.wait_for_selector(".entry[data-state=refused]")
        page.get_by_role("button", name="Change and send again").click()
        expect(page.locator(".thumb-name")).to_have_text("notes.jpg")
        expect(page.locator("#outbox")).to_be_hidden()


def test_a_waiting_report_is_thrown_away_only_on_a_second_word(
    browser: Browser, report_address: str, arrived: Arrived
) -> None:
    with open_page(browser, report_address) as page:
        page.route(POST, lambda route: route.abort("connectionfailed"))
        pick(page)
        keep(page)
        page.click("#another")
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.get_by_role("button", name="Throw away").click()
        expect(entries(page, "waiting")).to_have_count(1)
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Throw away").click()
        expect(page.locator("#outbox")).to_be_hidden()
    assert arrived.rows() == []


def test_the_place_is_never_asked_for_without_a_press_and_can_be_taken_back(
    browser: Browser, report_address: str, arrived: Arrived
) -> None:
    with open_page(browser, report_address, **SHANGHAI) as page:
        pick(page)
        page.click("#place-add")
        page.click("#place-remove")
        expect(page.locator("#place-add")).to_be_visible()
        send(page)
    [row] = arrived.rows()
    assert (row["latitude"], row["longitude"], row["address"]) == (None, None, None)


def test_whoever_does_not_share_the_place_is_told_of_the_address(browser: Browser, report_address: str) -> None:
    with open_page(browser, report_address, permissions=[]) as page:
        page.click("#place-add")
        expect(page.locator("#place")).to_contain_text("You can type an address instead.")


def test_where_reports_need_an_account_the_report_waits_for_it(browser: Browser, report_address: str) -> None:
    with open_page(browser, report_address) as page:
        body = {"code": "unauthenticated", "title": "Sign in first", "status": 401, "request_id": "r1"}
        problem = json.dumps(body)
        page.route(POST, lambda route: route.fulfill(status=401, body=problem))
        pick(page)
        keep(page)
        link = page.get_by_role("link", name="Sign in", exact=True)
        assert link.get_attribute("href") == "/login?next=/report"


def test_sending_can_be_cancelled_and_the_photos_stay(browser: Browser, report_address: str) -> None:
    with open_page(browser, report_address) as page:
        held: list[Route] = []
        page.route(POST, lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it calls
        pick(page)
        page.click("#send")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#send")).to_be_focused()
        assert page.locator(".thumb").count() == 1
        expect(page.locator("#outbox")).to_be_hidden()


def test_sending_can_be_cancelled_before_anything_left(browser: Browser, report_address: str, arrived: Arrived) -> None:
    with open_page(browser, report_address) as page:
        held: list[Route] = []
        page.route("**/v1/session", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it calls
        pick(page)
        page.click("#send")
        wait_until(lambda: bool(page.evaluate("document.activeElement.id === 'cancel'")) and bool(held))
        page.get_by_role("button", name="Cancel").click()
        held[0].continue_()
        expect(page.locator("#send")).to_be_focused()
    assert arrived.rows() == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_page_is_whole_and_accessible_in_both_languages(browser: Browser, report_address: str, locale: str) -> None:
    def look() -> None:
        assert violations(page) == []
        words = page.locator("main").inner_text()
        if locale == "zh-CN":
            assert re.findall(r"[A-Za-z]{4,}", re.sub(r"[0-9a-f]{32}|heap\.png|https", "", words)) == []
        for width in (360, 390, 430, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert not scrolls_sideways(page), width

    with open_page(browser, report_address, locale=locale, **SHANGHAI) as page:
        pick(page)
        page.click("#place-add")
        page.wait_for_selector("#place-remove")
        look()
        send(page)
        look()
        page.click("#another")
        page.context.set_offline(True)
        pick(page)
        keep(page)
        page.click("#another")
        look()
        page.context.set_offline(False)
        page.wait_for_selector(".entry[data-state=sent] >> nth=1")
