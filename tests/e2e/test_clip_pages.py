"""Clips on the start page and on `/report`: checked before they leave, watched while they are worked on, and shown."""

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from hazardlens.model.errors import VideoBrokenError
from support.accessible import violations
from support.browser import watched_page
from support.footage import FilmedClips, clip_payload, footage, heap_from
from support.live import live_server
from support.page import boxes_expected, boxes_on_screen, payload, pick, scrolls_sideways, send
from support.painted import paint_detector

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NOW_S: Final = "(video) => video.currentTime"


@pytest.fixture(scope="module")
def clip() -> bytes:
    """Six seconds of H.264; a heap from the second to the fourth."""
    return footage(6, heap_from(2, 4))


@pytest.fixture(scope="module")
def clips() -> FilmedClips:
    return FilmedClips()


@pytest.fixture(scope="module")
def clip_address(clips: FilmedClips) -> Iterator[str]:
    with live_server(paint_detector(), clips=clips) as address:
        yield address


@pytest.fixture(scope="module")
def strict_address() -> Iterator[str]:
    """A server that takes clips of 3 s and 100 kB."""
    with live_server(paint_detector(), clips=FilmedClips(), max_video_s=3, max_video_bytes=100_000) as address:
        yield address


def moment(page: Page) -> float:
    """Where the player of an answer stands, seconds."""
    return float(page.locator("video.picture").evaluate(NOW_S))


def report(page: Page, clip: bytes) -> None:
    """Send a clip, and wait for the number."""
    page.set_input_files("#record", clip_payload(clip))
    page.click("#send")
    page.wait_for_selector("#number")


def test_an_answer_shows_each_thing_at_its_moment(browser: Browser, clip_address: str, clip: bytes) -> None:
    with watched_page(browser, clip_address) as page:
        pick(page, clip_payload(clip))
        expect(page.locator(".thumb-length")).to_have_text("0:06")
        expect(page.locator("#send")).to_have_text("Check the clip")
        media = send(page)["media"][0]
        figure = page.locator(".clip-figure")
        expect(figure.locator(".found-when")).to_have_text("0:02 – 0:04")
        expect(figure.locator(".box.picked")).to_be_visible()
        assert moment(page) == pytest.approx(2.5, abs=0.05)
        assert np.allclose(boxes_on_screen(figure), boxes_expected(figure, media), atol=1.5)
        page.locator("video.picture").evaluate("(video) => { video.currentTime = 5; }")
        expect(figure.locator(".box")).to_be_hidden()
        figure.locator(".found").press("Enter")
        expect(figure.locator(".box.picked")).to_be_visible()
        track = figure.locator(".timeline-track").bounding_box()
        assert track is not None
        page.mouse.click(track["x"] + track["width"] / 2, track["y"] + track["height"] / 2)
        page.wait_for_function("() => Math.abs(document.querySelector('video.picture').currentTime - 3) < 0.1")
        assert violations(page) == []


def test_what_the_browser_cannot_play_is_sent_all_the_same(browser: Browser, clip_address: str) -> None:
    unplayable = b"\x00\x00\x00\x18ftypisom" + bytes(5000)
    with watched_page(browser, clip_address) as page:
        pick(page, clip_payload(unplayable, "far.mov", "video/quicktime"))
        expect(page.locator(".thumb-stand")).to_have_text("MOV")
        send(page)
        expect(page.locator(".clip-figure .unseen-photo")).to_be_visible()
        expect(page.locator(".clip-figure .box.picked")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "too_long", "too_large", "one_kind"),
    [
        pytest.param(
            "en-GB", "Clips may last up to 0:03", "yard.mp4 is larger than 98 KB", "Either photos or a clip", id="en"
        ),
        pytest.param("zh-CN", "视频最长 0:03", "yard.mp4 超过 98 KB", "照片和视频只能选一种", id="zh"),
    ],
)
def test_what_cannot_pass_is_told_before_it_leaves(
    browser: Browser, strict_address: str, clip: bytes, locale: str, too_long: str, too_large: str, one_kind: str
) -> None:
    with watched_page(browser, strict_address, locale=locale) as page:
        note, thumbs = page.locator("#note"), page.locator(".thumb")
        pick(page, clip_payload(clip))
        expect(note).to_contain_text(too_long)
        pick(page, clip_payload(clip + bytes(120_000)))
        expect(note).to_contain_text(too_large)
        expect(thumbs).to_have_count(0)
        pick(page, payload(), clip_payload(footage(2, heap_from(0, 1))))
        expect(note).to_contain_text(one_kind)
        expect(thumbs).to_have_count(1)


def test_a_reporter_sees_how_far_it_is_and_then_what_it_is(
    browser: Browser, clip_address: str, clips: FilmedClips, clip: bytes
) -> None:
    clips.gate.clear()
    with watched_page(browser, clip_address, path="/report", **PHONE) as page:
        pick(page, payload())
        report(page, clip)
        expect(page.locator("#work-words")).to_have_text(re.compile(r"The machine is looking at your clip: [1-9]\d*%"))
        assert 0 < float(page.locator("#work-bar").evaluate("(bar) => bar.value")) < 1
        page.locator("#another").focus()
        clips.gate.set()
        expect(page.locator(".clip-figure .box.picked")).to_be_visible()
        expect(page.locator("#work-card")).to_have_count(0)
        expect(page.locator("#another")).to_be_focused()
        expect(page.locator("#announce")).to_contain_text("What the machine thinks it is:")
        assert not scrolls_sideways(page)
        assert violations(page) == []


def test_a_page_that_is_opened_again_still_learns_what_became_of_the_clip(
    browser: Browser, clip_address: str, clips: FilmedClips, clip: bytes
) -> None:
    clips.gate.clear()
    with watched_page(browser, clip_address, path="/report", **PHONE) as page:
        report(page, clip)
        page.reload()
        entry = page.locator(".entry[data-state=sent]")
        expect(entry).to_contain_text("Arrived; the clip is being looked at")
        clips.gate.set()
        expect(entry).to_contain_text("Stacked clutter", timeout=20_000)


def test_a_clip_on_which_the_machine_fails_is_told_in_words(
    browser: Browser, clip_address: str, clips: FilmedClips, clip: bytes
) -> None:
    clips.broken = VideoBrokenError("it ends too early")
    with watched_page(browser, clip_address, path="/report", **PHONE) as page:
        report(page, clip)
        expect(page.locator("#work-problem")).to_contain_text("yard.mp4 is damaged or incomplete.")
        expect(page.locator("#result")).to_contain_text("A person will look at it and decide.")
        assert violations(page) == []
    clips.broken = None


def test_a_clip_that_the_server_refuses_at_once_goes_back_into_the_form(
    browser: Browser, clip_address: str, clip: bytes
) -> None:
    with watched_page(browser, clip_address, path="/report", **PHONE) as page:
        pick(page, payload(), clip_payload(clip + b"broken", "bad.mp4"))
        page.click("#send")
        expect(page.locator("#problem")).to_contain_text("bad.mp4 is damaged or incomplete.")
        page.get_by_role("button", name="Go on without this photo").click()
        page.wait_for_selector("#number")


def test_frames_stand_below_their_moments_and_never_cover_each_other(browser: Browser, clip_address: str) -> None:
    spread = """
    async ([middles, width, total]) => {
      const { assets } = document.body.dataset;
      return (await import(`${assets}/js/timeline.js`)).spread(middles, width, total);
    }
    """
    with watched_page(browser, clip_address) as page:
        assert page.evaluate(spread, [[50, 200], 40, 400]) == [30, 180]
        assert page.evaluate(spread, [[50, 60, 70], 40, 400]) == [30, 70, 110]
        assert page.evaluate(spread, [[0, 399, 400], 40, 400]) == [0, 320, 360]
        assert page.evaluate(spread, [[0, 5, 10], 50, 110]) == [0, 30, 60]
        assert page.evaluate(spread, [[], 50, 110]) == []
