"""`/review` in Chromium: filters and photos, who may look, on a phone and in the dark, and the words of the server."""

import re
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, expect

from hazardlens.model.taxonomy import LABEL_HAZARDS
from hazardlens.serve.reports.verdicts import Reason
from hazardlens.serve.routes.pages import PAGES
from support.accessible import violations
from support.office import Office
from support.page import scrolls_sideways
from support.reports import grey_photo
from support.review_page import ready

PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


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
