"""`/report` on a phone with a line: photos, words and place in, one report on the server; whole in both languages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect
from sqlalchemy import select

from hazardlens.serve.store.tables import report_media
from support.accessible import violations
from support.live import live_server
from support.page import payload, pick, scrolls_sideways
from support.painted import paint_detector, painted
from support.pictures import saved
from support.report_page import NOT_A_PHOTO, POST, SHANGHAI, Arrived, keep, open_page, send
from support.serving import wait_until


@pytest.fixture(scope="module")
def strict_address() -> Iterator[str]:
    """A server with small limits."""
    limits: dict[str, Any] = {"max_file_bytes": 50_000, "max_body_bytes": 150_000, "max_pixels": 800 * 500}
    with live_server(paint_detector(), authenticate=None, **limits) as address:
        yield f"{address}/report"


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
