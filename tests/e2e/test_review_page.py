"""`/review` in Chromium: a queue cleared on the keyboard, boxes to the pixel, two people, a line that goes down."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from hazardlens.model.taxonomy import LABEL_HAZARDS
from hazardlens.serve.reports.verdicts import Reason
from hazardlens.serve.routes.pages import PAGES
from hazardlens.serve.store.tables import reports
from support.accessible import violations
from support.live import live_server
from support.office import BOX, NOW, PHOTO_WH, Office, corners
from support.page import scrolls_sideways
from support.painted import paint_detector
from support.reports import grey_photo
from support.serving import wait_until

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def whole_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("data")
    with live_server(paint_detector(), data_path=folder, second_review_share=0) as address:
        office = Office(address, folder)
        yield office
        office.store.close()


@pytest.fixture
def office(whole_office: Office) -> Office:
    whole_office.clear()
    return whole_office


def ready(page: Page, boxes: int = 1) -> None:
    """Wait until the photo and its boxes are there."""
    expect(page.locator(".photo-tag")).to_have_count(boxes)


def to_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    """From pixels of the original to pixels of the window."""
    place = page.locator(".photo").evaluate("(shown) => shown.getBoundingClientRect().toJSON()")
    return (
        place["left"] + x / PHOTO_WH[0] * place["width"],
        place["top"] + y / PHOTO_WH[1] * place["height"],
    )


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press at one point of the photo (pixels of the original), let go at another."""
    page.mouse.move(*to_screen(page, *start))
    page.mouse.down()
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*to_screen(page, *middle))
    page.mouse.move(*to_screen(page, *end))
    page.mouse.up()


def px_tolerance(page: Page) -> float:
    """The mouse moves by whole pixels of the window; each is this many of the photo, and half a pixel is rounding."""
    width = page.locator(".photo").evaluate("(shown) => shown.clientWidth")
    return PHOTO_WH[0] / float(width) / 2 + 1


def test_a_queue_is_cleared_with_the_keyboard_alone(browser: Browser, office: Office) -> None:
    calm = office.add(urgency="routine")
    danger = office.add(urgency="immediate", category="dangling_cable")
    wrong = office.add(urgency="urgent")
    with office.desk(browser) as page:
        expect(page.locator(".line")).to_have_count(3)
        expect(page.locator(".line[aria-current]")).to_have_attribute("data-id", danger)
        page.keyboard.press("Enter")
        expect(page.locator(".line[aria-current]")).to_have_attribute("data-id", wrong)
        expect(page.locator(".chip b")).to_have_text(["2", "0", "1", "1"])
        page.keyboard.press("1")
        page.keyboard.press("u")
        expect(page.locator(".verdict")).to_contain_text("Changed")
        page.keyboard.press("Enter")
        expect(page.locator("#chooser")).to_contain_text("Why the correction?")
        page.keyboard.press("1")
        expect(page.locator(".line[aria-current]")).to_have_attribute("data-id", calm)
        page.keyboard.press("x")
        page.keyboard.press("Enter")
        expect(page.locator("#nothing")).to_be_visible()
        expect(page.locator("#queue-empty")).to_be_visible()
        found = [office.decided(report_id) for report_id in (danger, wrong, calm)]
    assert [(row["verdict"], row["category"], row["urgency"]) for row in found] == [
        ("confirm", "dangling_cable", "immediate"),
        ("correct", "blocked_fire_exit", "routine"),
        ("reject", "not_a_hazard", "none"),
    ]
    assert [office.review_of(row["id"])["reason"] for row in found] == [None, "wrong_category", "false_alarm"]


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


def test_the_last_decision_can_be_taken_back_and_made_anew(browser: Browser, office: Office) -> None:
    report_id, other = office.add(urgency="urgent"), office.add()
    with office.desk(browser) as page:
        ready(page)
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.keyboard.press("1")
        assert office.decided(report_id)["category"] == "blocked_fire_exit"
        expect(page.locator(".line[aria-current]")).to_have_attribute("data-id", other)
        page.keyboard.press("z")
        expect(page.locator("#said")).to_have_text("Taken back: decide again")
        expect(page.locator(".pick[aria-pressed=true]")).to_have_text(re.compile("Fire exit"))
        assert office.row(report_id)["state"] == "in_review"
        page.keyboard.press("4")
        page.keyboard.press("Enter")
        page.keyboard.press("8")
        assert office.decided(report_id)["category"] == "stacked_clutter"


def test_two_people_never_decide_the_same_report_unseen(browser: Browser, office: Office) -> None:
    report_id = office.add(urgency="urgent")
    with office.desk(browser, "wang") as wang:
        ready(wang)
        office.wait_for_claim(report_id)
        with office.desk(browser, "li", f"/review?report={report_id}") as li:
            expect(li.locator("#banners")).to_contain_text("wang is reviewing this report")
            expect(li.locator("#confirm")).to_be_disabled()
            li.keyboard.press("Enter")
            wang.keyboard.press("Enter")
            assert office.decided(report_id)["verdict"] == "confirm"
            li.get_by_role("button", name="Try again").click()
            expect(li.locator("#banners")).to_contain_text("This report has been decided: Confirmed")
            li.get_by_role("button", name="Reopen").click()
            expect(li.locator("#confirm")).to_be_enabled()
            li.keyboard.press("x")
            li.keyboard.press("3")
            wait_until(lambda: office.row(report_id)["verdict"] == "reject")


def test_an_address_that_somebody_made_up_asks_for_a_report_and_nothing_else(browser: Browser, office: Office) -> None:
    with office.desk(browser) as page, page.expect_request(re.compile(r"/v1/.*exports")) as asked:
        page.goto(f"{office.address}/review?report=../exports")
    assert asked.value.url == f"{office.address}/v1/reports/..%2Fexports"


def test_whoever_comes_next_to_the_same_browser_sees_no_photo(browser: Browser, office: Office) -> None:
    photo = f"/v1/reports/{office.add()}/media/0?form=original"
    with office.desk(browser) as page:
        look = f"async () => (await fetch({photo!r})).status"
        assert [page.evaluate(look), page.evaluate(look)] == [200, 200]
        page.context.clear_cookies()
        assert page.evaluate(look) == 401


def test_a_decision_that_came_too_late_is_refused_in_words_and_kept(browser: Browser, office: Office) -> None:
    report_id = office.add()
    with office.desk(browser) as page:
        ready(page)
        office.wait_for_claim(report_id)
        page.keyboard.press("2")
        with office.store.write() as connection:  # the claim ran out, and somebody else took the report
            until = datetime.now(UTC) + timedelta(hours=1)
            taken = {"claimed_by": "account:chen", "claimed_until": until, "version": reports.c.version + 2}
            connection.execute(update(reports).where(reports.c.id == report_id).values(taken))
        page.keyboard.press("Enter")
        page.keyboard.press("1")
        expect(page.locator("#problems")).to_contain_text("was not saved")
        page.get_by_role("button", name="Look at it").click()
        expect(page.locator("#banners")).to_contain_text("is reviewing this report")
        expect(page.locator(".verdict")).to_contain_text("Dangling cable")
        with office.store.write() as connection:
            connection.execute(update(reports).where(reports.c.id == report_id).values(claimed_until=NOW))
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#confirm")).to_be_enabled()
        office.wait_for_claim(report_id)
        page.keyboard.press("Enter")
        page.keyboard.press("1")
        assert office.decided(report_id)["category"] == "dangling_cable"


def test_a_claim_that_ran_out_unused_keeps_no_decision_from_counting(browser: Browser, office: Office) -> None:
    report_id = office.add()
    with office.desk(browser) as page:
        ready(page)
        office.wait_for_claim(report_id)
        with office.store.write() as connection:
            freed = {"state": "prefilled", "claimed_by": None, "claimed_until": None, "version": reports.c.version + 1}
            connection.execute(update(reports).where(reports.c.id == report_id).values(freed))
        page.keyboard.press("Enter")
        assert office.decided(report_id)["verdict"] == "confirm"


def test_a_second_look_is_blind_and_leaves_the_report_as_it_is(browser: Browser, office: Office) -> None:
    report_id = office.add()
    with office.desk(browser, "wang") as wang:
        ready(wang)
        wang.keyboard.press("Enter")
        office.decided(report_id)
    with office.store.write() as connection:
        connection.execute(update(reports).where(reports.c.id == report_id).values(second_review="wanted"))
    with office.desk(browser) as page:
        ready(page)
        expect(page.locator("#facts")).to_contain_text("A second look")
        expect(page.locator("#history")).to_have_count(0)
        expect(page.locator(".line")).not_to_contain_text("Confirmed")
        page.keyboard.press("Enter")
        wait_until(lambda: office.row(report_id)["second_review"] == "done")
    row = office.row(report_id)
    assert (row["state"], row["verdict"], office.review_of(report_id)["kind"]) == ("confirmed", "confirm", "second")
    assert row["decided_by"] != office.review_of(report_id)["reviewer"]


def test_without_a_line_decisions_wait_on_the_device_and_go_out_later(browser: Browser, office: Office) -> None:
    first, second = office.add(urgency="urgent"), office.add()
    with office.desk(browser) as page:
        ready(page)
        office.wait_for_claim(first)
        page.context.set_offline(True)
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        page.keyboard.press("1")
        expect(page.locator("#banners")).to_contain_text("1 decision has not been sent")
        page.keyboard.press("Enter")
        expect(page.locator("#banners")).to_contain_text("2 decisions have not been sent")
        assert office.row(first)["verdict"] is None
        page.context.set_offline(False)
        assert office.decided(first)["category"] == "dangling_cable"
        assert office.decided(second)["verdict"] == "confirm"
        expect(page.locator("#banners")).not_to_contain_text("sent")


def test_what_was_not_decided_survives_a_reload(browser: Browser, office: Office) -> None:
    report_id = office.add()
    with office.desk(browser) as page:
        ready(page)
        page.keyboard.press("7")
        page.keyboard.press("m")
        page.keyboard.type("at the back door")
        page.reload()
        expect(page.locator("#banners")).to_contain_text("Your unsaved changes are back")
        expect(page.locator(".verdict")).to_contain_text("Burst pipe")
        expect(page.locator("#note")).to_have_value("at the back door")
        page.keyboard.press("Enter")
        page.keyboard.press("1")
        office.decided(report_id)
    assert office.review_of(report_id)["note"] == "at the back door"


def test_a_report_that_is_left_is_free_for_others(browser: Browser, office: Office) -> None:
    first, second = office.add(urgency="urgent"), office.add()
    with office.desk(browser) as page:
        office.wait_for_claim(first)
        page.keyboard.press("j")
        office.wait_for_claim(second)
        wait_until(lambda: office.row(first)["claimed_by"] is None)
        page.keyboard.press("ArrowUp")
        expect(page.locator(".line[aria-current]")).to_have_attribute("data-id", first)
    wait_until(lambda: office.row(first)["claimed_by"] is None)


def test_filters_counts_and_photos(browser: Browser, office: Office) -> None:
    office.add(urgency="immediate", category="dangling_cable")
    two = [grey_photo(800, 600, 90), grey_photo(600, 800, 200)]
    both = office.add(photos=two, seen=[[("stacked_clutter", (10, 10, 90, 90))], []])
    with office.desk(browser) as page:
        expect(page.locator(".chip b")).to_have_text(["2", "1", "0", "1"])
        page.keyboard.press("/")
        expect(page.locator(".chip").first).to_be_focused()
        page.locator(".chip[data-urgency=routine]").click()
        expect(page.locator(".line")).to_have_count(1)
        expect(page.locator(".line[aria-current]")).to_have_attribute("data-id", both)
        page.locator("#history summary").click()
        expect(page.locator("#report")).to_be_focused()
        page.locator("select[data-filter=category]").select_option("damaged_wall")
        expect(page.locator("#queue-empty")).to_be_visible()
        page.locator("select[data-filter=category]").select_option("")
        ready(page)
        page.keyboard.press("Escape")
        page.keyboard.press("]")
        ready(page, 0)
        expect(page.locator(".photo-pick").nth(1)).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("[")
        ready(page)


def test_whoever_is_not_signed_in_is_asked_to(browser: Browser, office: Office) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{office.address}/review")
    page.wait_for_url("**/login?next=%2Freview")
    context.close()


@pytest.mark.parametrize(
    ("locale", "options"),
    [
        pytest.param("zh-CN", {}, id="Chinese"),
        pytest.param("en-GB", {"color_scheme": "dark"}, id="in a dark room"),
        pytest.param("zh-CN", PHONE, id="on a phone"),
    ],
)
def test_everybody_can_use_it(browser: Browser, office: Office, locale: str, options: dict[str, Any]) -> None:
    office.add(
        urgency="urgent",
        needs_human=True,
        latitude=31.23,
        longitude=121.47,
        address="人民路 12 号",
        photos=[grey_photo(), grey_photo(shade=90)],
        seen=[[("stacked_clutter", (100, 120, 300, 360))], []],
    )
    with office.desk(browser, locale=locale, **options) as page:
        if options is PHONE:
            assert violations(page) == []
            page.locator(".line").click()
        ready(page)
        page.locator(".box-pick").click()
        page.locator("#history summary").click()
        expect(page.locator("#events li").first).to_be_visible()
        assert violations(page) == []
        assert not scrolls_sideways(page)
        if options is not PHONE:
            page.keyboard.press("?")
            expect(page.locator("#help h3")).to_have_count(5)
            assert violations(page) == []


def test_the_page_knows_the_labels_and_reasons_of_the_server() -> None:
    source = (PAGES / "js/review/labels.js").read_text("utf-8")
    table = source[source.index("TAXONOMY = {") : source.index("};")]
    shown = {name: hazard or None for name, hazard in re.findall(r'(\w+): (?:null|"(\w+)")', table)}
    assert shown == {label: hazard.value if hazard else None for label, hazard in LABEL_HAZARDS.items()}
    reasons = (PAGES / "js/review/draft.js").read_text("utf-8").split("correct: [")[1].split("]")[0]
    assert re.findall(r'"(\w+)"', reasons) == list(Reason)
