"""From a photo to its boxes on the screen."""

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from hazardlens.serve.routes.pages import PAGES
from support.browser import watched_page
from support.page import (
    boxes_expected,
    boxes_on_screen,
    drop,
    payload,
    pick,
    pixels_of,
    scrolls_sideways,
    send,
)
from support.painted import box_of_paint, painted
from support.pictures import ORIENTATION_TAG, saved

TOLERANCE_PX = 2
STORED_AS = {
    3: Image.Transpose.ROTATE_180,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}


def turned(picture: Image.Image, orientation: int) -> bytes:
    """A JPEG that is stored turned, with the EXIF orientation that turns it back."""
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    stored = picture.transpose(STORED_AS[orientation])
    return saved(stored, "JPEG", exif=exif.tobytes(), quality=95, subsampling=0)


def test_a_dropped_photo_shows_its_box_where_the_answer_says_at_every_size_of_the_window(
    browser: Browser, address: str
) -> None:
    with watched_page(browser, address) as page:
        drop(page, payload())
        (media,) = send(page)["media"]
        figure = page.locator(".figure")
        assert media["detections"][0]["box"] == {"x_min": 60, "y_min": 120, "x_max": 260, "y_max": 270}
        for width in (1440, 700, 360):
            page.set_viewport_size({"width": width, "height": 800})
            drawn, expected = boxes_on_screen(figure), boxes_expected(figure, media)
            assert drawn.shape == (1, 4)
            np.testing.assert_allclose(drawn, expected, atol=TOLERANCE_PX)


def test_turned_photos_stand_upright_under_their_boxes(browser: Browser, address: str) -> None:
    upright = painted(600, 400, stacked_clutter=(30, 40, 180, 330))
    with watched_page(browser, address) as page:
        pick(page, *(payload(turned(upright, way), f"{way}.jpg", "image/jpeg") for way in STORED_AS))
        answer = send(page)
        page.locator(".overlay, .labels").evaluate_all("(all) => all.forEach((one) => { one.style.opacity = 0; })")
        for media, figure in zip(answer["media"], page.locator(".figure").all(), strict=True):
            assert (media["width"], media["height"]) == (600, 400)
            drawn = boxes_on_screen(figure)
            np.testing.assert_allclose(drawn, boxes_expected(figure, media), atol=TOLERANCE_PX)
            # And the pixels themselves: the paint that the browser shows lies in the box that is drawn.
            stage = figure.locator(".stage")
            seen = box_of_paint(pixels_of(stage), "stacked_clutter")
            place = stage.bounding_box()
            assert seen is not None
            assert place is not None
            drawn = boxes_on_screen(figure)  # the screenshot may have scrolled
            np.testing.assert_allclose(np.array(seen) + [place["x"], place["y"]] * 2, drawn[0], atol=TOLERANCE_PX + 1)


def test_eight_photos_are_shown_in_the_order_in_which_they_were_sent(browser: Browser, address: str) -> None:
    pictures = [painted(300, 200, stacked_clutter=(10 * n, 20, 10 * n + 60, 120)) for n in range(1, 9)]
    with watched_page(browser, address) as page:
        pick(page, *(payload(saved(picture, "PNG"), f"{n}.png") for n, picture in enumerate(pictures, 1)))
        answer = send(page)
        figures = page.locator(".figure")
        assert figures.count() == 8
        for n, media in enumerate(answer["media"]):
            assert f"{n + 1}.png" in figures.nth(n).locator("h2").inner_text()
            np.testing.assert_allclose(
                boxes_on_screen(figures.nth(n)), boxes_expected(figures.nth(n), media), atol=TOLERANCE_PX
            )


def test_boxes_of_a_photo_that_the_browser_cannot_show_stand_in_a_frame_of_its_shape(
    browser: Browser, address: str
) -> None:
    out = io.BytesIO()
    pillow_heif.from_pillow(painted(400, 640, stacked_clutter=(40, 300, 300, 600))).save(out, quality=95)
    with watched_page(browser, address) as page:
        pick(page, payload(out.getvalue(), "IMG_0001.HEIC", "image/heic"))
        page.wait_for_selector(".thumb-stand")
        (media,) = send(page)["media"]
        figure = page.locator(".figure")
        page.wait_for_selector(".unseen-photo")
        shape = page.locator(".stage").bounding_box()
        assert shape is not None
        assert shape["width"] / shape["height"] == pytest.approx(400 / 640, rel=0.01)
        np.testing.assert_allclose(boxes_on_screen(figure), boxes_expected(figure, media), atol=TOLERANCE_PX)
        assert len(media["detections"]) == 1


def test_photos_of_extreme_shapes_stay_in_their_frames(browser: Browser, address: str) -> None:
    shapes = ((6000, 120), (120, 6000), (1, 1))
    with watched_page(browser, address, viewport={"width": 390, "height": 844}) as page:
        pick(page, *(payload(saved(Image.new("RGB", shape, (150, 150, 150)), "PNG")) for shape in shapes))
        send(page)
        assert not scrolls_sideways(page)
        for (width, height), figure in zip(shapes, page.locator(".figure").all(), strict=True):
            frame, stage = figure.locator(".frame").bounding_box(), figure.locator(".stage").bounding_box()
            assert frame is not None
            assert stage is not None
            assert frame["height"] <= 844
            assert min(stage["width"], stage["height"]) >= 100
            assert stage["width"] / stage["height"] == pytest.approx(width / height, rel=0.01)


def test_labels_of_a_crowd_of_boxes_do_not_cover_each_other(browser: Browser, address: str) -> None:
    boxes = [{"x": 8 * (n % 6), "y": 9 * (n // 6), "width": 120, "height": 90} for n in range(14)]
    label = {"full": {"width": 110, "height": 24}, "compact": {"width": 22, "height": 24}}
    with watched_page(browser, address) as page:
        place = "async ([path, boxes, labels, stage]) => (await import(path)).placeLabels(boxes, labels, stage)"
        path = page.get_attribute("body", "data-assets") or ""
        places = page.evaluate(
            place, [f"{path}/js/placing.js", boxes, [label] * len(boxes), {"width": 340, "height": 260}]
        )
    sizes = [label["compact" if spot["compact"] else "full"] for spot in places]
    corners = [
        (spot["x"], spot["y"], spot["x"] + size["width"], spot["y"] + size["height"])
        for spot, size in zip(places, sizes, strict=True)
    ]
    covered = [
        (a, b)
        for n, a in enumerate(corners)
        for b in corners[n + 1 :]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]
    assert covered == []
    assert all(min(a) >= 0 and a[2] <= 340 and a[3] <= 260 for a in corners)
    assert {spot["compact"] for spot in places} == {True, False}


def test_labels_name_what_is_in_the_box_and_how_sure_the_model_is(browser: Browser, address: str) -> None:
    picture = painted(600, 400, stacked_clutter=(30, 200, 250, 380), exit_door=(320, 60, 480, 380))
    with watched_page(browser, address) as page:
        pick(page, payload(saved(picture, "PNG")))
        send(page)
        assert page.locator(".tag").all_inner_texts() == ["1\nClutter 88%", "2\nExit door 88%"]
        page.locator(".found").nth(1).click()
        dimmed = page.locator(".tag:not(.picked)")
        assert dimmed.count() == 1
        expect(dimmed).to_have_css("opacity", "0.18")


def test_the_sample_photo_is_the_free_one(browser: Browser, address: str, repo: Path) -> None:
    with watched_page(browser, address) as page:
        page.click("#sample")
        expect(page.locator("#send")).to_be_focused()
        (media,) = send(page)["media"]
        assert (media["width"], media["height"]) == (1024, 768)
    assert (PAGES / "sample.jpg").read_bytes() == (repo / "datasets/samples/clutter_before_the_door.jpg").read_bytes()
