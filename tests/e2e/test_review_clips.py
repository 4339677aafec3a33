"""Clips under review in Chromium: the player, the time and the frames, boxes on frames by keys, and the way out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from hazardlens.model.errors import VideoBrokenError
from hazardlens.model.exports import read_export
from support.accessible import violations
from support.footage import HEAP_BOX, FilmedClips, footage, heap_from
from support.live import live_server
from support.office import Office
from support.page import payload, scrolls_sideways
from support.painted import paint_detector
from support.serving import wait_until

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CLIP: Final = footage(6, heap_from(2, 4))
STANDS_AT: Final = "(time) => Math.abs(document.querySelector('.clip-video').currentTime - time) < 0.05"


@pytest.fixture(scope="module")
def clips() -> FilmedClips:
    return FilmedClips()


@pytest.fixture(scope="module")
def whole_office(tmp_path_factory: pytest.TempPathFactory, clips: FilmedClips) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("data")
    with live_server(paint_detector(), data_path=folder, clips=clips, second_review_share=0) as address:
        office = Office(address, folder)
        yield office
        office.store.close()


@pytest.fixture
def office(whole_office: Office) -> Office:
    whole_office.clear()
    return whole_office


def report(office: Office, *, photo: bool = False) -> str:
    """A report with a clip."""
    files = [("file", ("yard.mp4", CLIP))]
    if photo:
        files.insert(0, ("file", ("heap.png", payload()["buffer"])))
    sent = httpx2.post(f"{office.address}/v1/reports", data={"text": "两处"}, files=files, timeout=60)
    return str(sent.raise_for_status().json()["id"])


def seen(office: Office, **options: Any) -> str:  # noqa: ANN401 - as `report`'s
    """A report with a clip that the machine has looked at."""
    report_id = report(office, **options)
    wait_until(lambda: office.row(report_id)["category"] is not None)
    return report_id


def frames(page: Page, boxes: int) -> None:
    """Wait until the strip is there and the picture in the editor has its boxes."""
    expect(page.locator(".strip-pick")).to_have_count(4)
    expect(page.locator(".photo-tag")).to_have_count(boxes)


def test_a_box_that_keys_moved_on_a_frame_is_in_the_export_to_the_pixel(
    browser: Browser, office: Office, clips: FilmedClips, tmp_path: Path
) -> None:
    clips.gate.clear()
    report_id = report(office, photo=True)
    with office.desk(browser) as page:
        expect(page.locator(".line-facts")).to_contain_text("Looking at the clip", timeout=20_000)
        expect(page.locator(".line .thumb-length")).to_contain_text("0:06")
        expect(page.locator(".clip-work progress")).to_be_visible()
        page.keyboard.press("1")
        expect(page.locator(".verdict")).to_contain_text("Blocked fire exit")
        clips.gate.set()
        expect(page.locator(".strip-pick")).to_have_count(4, timeout=30_000)
        expect(page.locator(".verdict")).to_contain_text("Blocked fire exit")
        expect(page.locator(".clip-work")).to_have_count(0)
        for key in ("]", "]"):
            page.keyboard.press(key)
        frames(page, 1)
        expect(page.locator(".strip-pick").nth(1)).to_have_attribute("aria-pressed", "true")
        page.wait_for_function(STANDS_AT, arg=2.5)
        for key in ("b", *["Alt+ArrowRight"] * 3, "Alt+Shift+ArrowDown", "Escape", "c", "3"):
            page.keyboard.press(key)
        office.decided(report_id)
    review = office.review_of(report_id)
    boxes = review["boxes"]
    moved = tuple(boxes[3][0]["box"][name] for name in ("x_min", "y_min", "x_max", "y_max"))
    assert [len(one) for one in boxes] == [1, 0, 0, 1, 1, 0]
    assert (moved[1], moved[2] - moved[0]) == (HEAP_BOX[1], HEAP_BOX[2] - HEAP_BOX[0])
    assert moved[0] > HEAP_BOX[0]
    assert moved[3] > HEAP_BOX[3]
    with read_export(office.export(tmp_path / "export.zip")) as export:
        exported = next(one for one in export.reports() if one.report_id == report_id)
    out = {photo.video and photo.video.time_s: [box.box.xyxy for box in photo.boxes] for photo in exported.photos}
    assert out == {None: [HEAP_BOX], 0.5: [], 2.5: [moved], 3.5: [HEAP_BOX], 5.5: []}
    assert exported.category == "blocked_fire_exit"


def test_frames_and_player_go_together(browser: Browser, office: Office) -> None:
    seen(office)
    with office.desk(browser) as page:
        frames(page, 0)
        page.locator(".strip-pick").nth(2).click()
        frames(page, 1)
        expect(page.get_by_role("img", name="Frame of the clip at 0:03")).to_be_visible()
        page.wait_for_function(STANDS_AT, arg=3.5)
        for key, stands_s in ((".", 4.5), (",", 3.5), ("[", 2.5)):
            page.keyboard.press(key)
            page.wait_for_function(STANDS_AT, arg=stands_s)
        page.keyboard.press("p")
        page.wait_for_function("() => document.querySelector('.clip-video').currentTime > 2.7")
        page.keyboard.press("p")
        assert page.locator(".clip-video").evaluate("(video) => video.paused")
        expect(page.locator("#clip ul li")).to_have_text("Clutter: 0:02 – 0:04")
        lefts = page.locator(".strip-pick").evaluate_all("(all) => all.map((one) => one.offsetLeft)")
        assert lefts == sorted(lefts)


def test_a_clip_that_cannot_be_looked_at_is_still_decided(browser: Browser, office: Office, clips: FilmedClips) -> None:
    clips.broken = VideoBrokenError("it ends too early")
    report_id = report(office)
    with office.desk(browser) as page:
        expect(page.locator(".clip-failed")).to_contain_text("yard.mp4 is damaged or incomplete.", timeout=30_000)
        expect(page.locator(".frame-empty")).to_be_visible()
        page.keyboard.press("n")
        page.keyboard.press("x")
        page.keyboard.press("4")
        assert office.decided(report_id)["verdict"] == "reject"
    clips.broken = None


@pytest.mark.parametrize(
    ("locale", "options"),
    [
        pytest.param("zh-CN", {}, id="Chinese"),
        pytest.param("en-GB", {"color_scheme": "dark"}, id="in a dark room"),
        pytest.param("zh-CN", PHONE, id="on a phone"),
    ],
)
def test_everybody_can_use_it(browser: Browser, office: Office, locale: str, options: dict[str, Any]) -> None:
    seen(office, photo=True)
    with office.desk(browser, locale=locale, **options) as page:
        if options is PHONE:
            page.locator(".line").click()
        frames(page, 1)
        page.locator(".strip-pick").nth(1).click()
        expect(page.locator(".clip-video")).to_be_visible()
        assert violations(page) == []
        assert not scrolls_sideways(page)
