"""`/review` in Chromium: boxes to the pixel, by mouse and by keys."""

import pytest
from playwright.sync_api import Browser, expect

from support.office import BOX, Office, corners
from support.review_page import drag, px_tolerance, ready, to_screen


def test_a_box_is_stored_where_the_mouse_put_it(browser: Browser, office: Office) -> None:
    report_id = office.add()
    with office.desk(browser) as page:
        ready(page)
        page.mouse.click(*to_screen(page, 700, 600))
        expect(page.locator(".a9s-annotation.selected")).to_be_visible()
        drag(page, (700, 600), (820, 540))
        drag(page, (520, 240), (480, 200))  # the upper left corner, where the move has taken it
        tolerance = px_tolerance(page)
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        page.keyboard.press("3")
        office.decided(report_id)
    review = office.review_of(report_id)
    assert (review["verdict"], review["reason"], review["prefill_kept"]) == ("correct", "wrong_box", False)
    assert corners(review) == pytest.approx([480, 200, 1120, 840], abs=tolerance)


def test_a_box_moves_by_keys_and_enlarging_the_photo_changes_no_box(browser: Browser, office: Office) -> None:
    report_id = office.add()
    with office.desk(browser) as page:
        ready(page)
        for key in ("+", "+", "Shift+ArrowRight", "f", "b", "Alt+ArrowRight", "Alt+Shift+ArrowDown", "Escape"):
            page.keyboard.press(key)
        page.keyboard.press("c")
        page.keyboard.press("3")
        office.decided(report_id)
    x_min, y_min, x_max, y_max = corners(office.review_of(report_id))
    assert (x_max - x_min, y_min) == (BOX[2] - BOX[0], BOX[1])
    assert BOX[0] < x_min < BOX[0] + 40
    assert BOX[3] < y_max < BOX[3] + 40


def test_looking_closely_is_no_correction(browser: Browser, office: Office) -> None:
    report_id = office.add()
    with office.desk(browser) as page:
        ready(page)
        for key in ("+", "+", "b", "Escape", "f", "Enter"):
            page.keyboard.press(key)
        assert office.decided(report_id)["verdict"] == "confirm"
    assert office.review_of(report_id)["prefill_kept"]


def test_a_new_box_is_drawn_labelled_and_another_deleted(browser: Browser, office: Office) -> None:
    report_id = office.add()
    with office.desk(browser) as page:
        ready(page)
        page.keyboard.press("n")
        drag(page, (1100, 100), (1400, 280))
        expect(page.locator("#chooser")).to_contain_text("What is in the box?")
        page.keyboard.press("Enter")
        expect(page.locator(".photo-tag")).to_have_count(2)
        tolerance = px_tolerance(page)
        page.keyboard.press("b")
        page.keyboard.press("l")
        page.locator("#chooser").get_by_role("button", name="Open manhole").click()
        expect(page.locator(".box-pick[aria-pressed=true]")).to_contain_text("Open manhole")
        expect(page.locator(".photo-tag")).to_have_text(["1 Open manhole", "2 Clutter"])
        page.keyboard.press("Delete")
        ready(page, 1)
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        page.keyboard.press("4")
        office.decided(report_id)
    review = office.review_of(report_id)
    assert [[one["label"] for one in photo] for photo in review["boxes"]] == [["stacked_clutter"]]
    assert corners(review) == pytest.approx([1100, 100, 1400, 280], abs=tolerance)


def test_a_box_can_be_made_without_a_pointer(browser: Browser, office: Office) -> None:
    report_id = office.add(seen=[[]])
    with office.desk(browser) as page:
        expect(page.locator(".a9s-annotationlayer")).to_be_visible()
        for key in ("n", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("#chooser")).to_be_visible()
        page.keyboard.press("1")
        ready(page)
        page.keyboard.press("Escape")
        page.keyboard.press("c")
        page.keyboard.press("Enter")
        office.decided(report_id)
    review = office.review_of(report_id)
    assert (review["reason"], review["boxes"][0][0]["label"]) == ("missed_hazard", "stacked_clutter")
    assert corners(review) == pytest.approx([533, 400, 1067, 800], abs=3)
