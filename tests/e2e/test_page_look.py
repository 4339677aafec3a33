"""What the page looks like to different people: languages, small windows, dark rooms, keyboards and screen readers."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from support.browser import watched_page
from support.page import payload, pick, scrolls_sideways, send
from support.painted import painted
from support.pictures import saved

SCENE = saved(painted(600, 400, stacked_clutter=(30, 200, 250, 380), exit_door=(320, 60, 480, 380)), "PNG")
NOTHING = saved(painted(120, 80), "PNG")
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

# Contrast of each visible text against the first opaque colour behind it, as WCAG 2 computes it.
_PALE_TEXTS = """
() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = channels(colour).slice(0, 3).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const pale = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!text || !element.checkVisibility({ visibilityProperty: true }) || element.closest(".unseen, .skip")) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(style.color), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (contrast < (large ? 3 : 4.5)) pale.push(`${element.className || element.tagName}: ${contrast.toFixed(2)}`);
  }
  return pale;
}
"""

_SMALL_TARGETS = """
() => [...document.querySelectorAll("button, a, label.button, summary, textarea")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".skip"))
  .map((element) => [element.id || element.className || element.textContent, element.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 43.5 || height < 43.5)
  .map(([name, { width, height }]) => `${name}: ${width} x ${height}`)
"""


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        pytest.param("zh-CN", "zh-CN", id="Chinese"),
        pytest.param("zh-Hant-TW", "zh-CN", id="Chinese of another place"),
        pytest.param("en-US", "en", id="English"),
        pytest.param("fr-FR", "en", id="neither"),
    ],
)
def test_the_page_speaks_the_language_of_the_browser(browser: Browser, address: str, locale: str, shown: str) -> None:
    with watched_page(browser, address, locale=locale) as page:
        assert page.get_attribute("html", "lang") == shown
        chinese = re.search(r"[\u4e00-\u9fff]", page.locator("h1").inner_text()) is not None
        assert chinese == (shown == "zh-CN")


def test_the_switch_changes_every_word_at_once_and_is_remembered(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        pick(page, payload(SCENE))
        page.fill("#text", "stairwell")
        answer = send(page)
        reasons = page.locator(".reasons li")
        assert reasons.all_inner_texts() == [reason["en"] for reason in answer["prefill"]["reasons"]]
        page.get_by_role("button", name="中文").click()
        assert page.get_attribute("html", "lang") == "zh-CN"
        assert reasons.all_inner_texts() == [reason["zh"] for reason in answer["prefill"]["reasons"]]
        left = page.locator("main").inner_text()
        for known in ("stairwell", "heap.png", "scripted", "JSON", "curl", "px", "ms", "GB/T"):
            left = left.replace(known, "")
        assert re.findall(r"[A-Za-z]{3,}", left) == []
        page.reload()
        page.wait_for_selector("html[data-ready]")
        assert page.get_attribute("html", "lang") == "zh-CN"
        assert page.get_by_role("button", name="中文").get_attribute("aria-pressed") == "true"


def test_a_result_says_what_how_urgent_how_sure_who_and_by_which_model(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        pick(page, payload(SCENE))
        prefill = (answer := send(page))["prefill"]
        words = page.locator("#result").inner_text()
        assert prefill["category"] == "stacked_clutter"
        for expected in ("Stacked clutter", "Property manager", "06036", "provisional", "A person should look at this"):
            assert expected in words
        assert f"{round(prefill['confidence'] * 100)}%" in page.locator(".sure").inner_text()
        banner = page.locator(".banner")
        assert banner.get_attribute("class") == f"banner u-{prefill['urgency']}"
        assert banner.locator("use").get_attribute("href") == f"#u-{prefill['urgency']}"
        assert banner.locator(".banner-word").inner_text().lower() == prefill["urgency"]
        assert page.locator(".alternatives li").count() == len(prefill["alternatives"])
        page.locator(".technical summary").click()
        technical = page.locator(".technical").inner_text()
        for expected in (answer["model"]["name"], answer["policy"], answer["request_id"], "ms"):
            assert expected in technical
        assert page.title() == "Stacked clutter · HazardLens"


def test_where_nothing_was_found_the_page_does_not_say_that_all_is_well(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        pick(page, payload(NOTHING))
        prefill = send(page)["prefill"]
        assert (prefill["urgency"], prefill["needs_human"]) == ("none", True)
        banner = page.locator(".banner")
        assert banner.get_attribute("class") == "banner u-undecided"
        expect(banner).to_contain_text("A person has to decide")
        expect(page.locator("h1:visible")).to_have_text("No hazard found")
        assert page.locator(".category use").get_attribute("href") == "#c-other"
        expect(page.locator(".figure")).to_contain_text("nothing found")


def test_no_window_scrolls_sideways(browser: Browser, address: str) -> None:
    def scrolling() -> list[int]:
        found = []
        for width in (320, 360, 390, 768, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            found += [width] if scrolls_sideways(page) else []
        return found

    with watched_page(browser, address) as page:
        assert scrolling() == []
        name = "a_name_without_any_place_to_break_it_" * 3 + ".png"
        pick(page, payload(SCENE, name), payload(NOTHING))
        page.fill("#text", "Lift broken, pipe burst, bicycles, wall, rubbish " * 3)
        assert scrolling() == []
        send(page)
        page.locator(".technical summary").click()
        assert scrolling() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_and_every_target_is_large_enough_for_a_thumb(
    browser: Browser, address: str, scheme: str
) -> None:
    with watched_page(browser, address, color_scheme=scheme, reduced_motion="reduce", **PHONE) as page:
        look(page)
        pick(page, payload(SCENE), payload(b"text", "notes.jpg", "image/jpeg"))
        page.click("#send")
        page.wait_for_selector("#problem:not([hidden])")
        look(page)
        page.locator("#problem .button.primary").click()
        page.wait_for_selector("#result:not([hidden])")
        page.locator(".technical summary").click()
        assert page.evaluate("document.getAnimations().length") == 0
        look(page)
        for urgency in ("immediate", "urgent", "routine", "none", "undecided"):
            page.locator(".banner").evaluate("(banner, name) => { banner.className = `banner u-${name}`; }", urgency)
            assert page.evaluate(_PALE_TEXTS) == [], urgency


def look(page: Page) -> None:
    assert page.evaluate(_PALE_TEXTS) == []
    assert page.evaluate(_SMALL_TARGETS) == []


def test_a_phone_offers_its_camera_and_a_desktop_does_not(browser: Browser, address: str) -> None:
    camera = "label:has(#camera)"
    with watched_page(browser, address, **PHONE) as page:
        expect(page.locator(camera)).to_be_visible()
        assert page.get_attribute("#camera", "capture") == "environment"
    with watched_page(browser, address) as page:
        expect(page.locator(camera)).to_be_hidden()


def test_those_who_listen_are_told_what_those_who_look_can_see(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        for role, name in (
            ("textbox", "A few words (optional)"),
            ("button", "Choose photos or a clip"),
            ("navigation", None),
        ):
            expect(page.get_by_role(role, name=name)).to_have_count(1)  # type: ignore[arg-type]  # a str for a Literal
        pick(page, payload(SCENE, "stairs.png"))
        send(page)
        expect(page.locator("#announce")).to_have_text(
            re.compile(r"^Stacked clutter\. Routine\. .*, \d+%\. A person should look at this$")
        )
        assert page.locator("#announce").get_attribute("aria-live") == "polite"
        expect(page.get_by_role("img", name="stairs.png: 2 things marked")).to_have_count(1)
        assert page.locator("h1:visible").count() == 1
        unnamed = "(all) => all.filter((one) => !(one.ariaLabel || one.textContent.trim())).map((one) => one.outerHTML)"
        assert page.locator("button:visible, a:visible").evaluate_all(unnamed) == []
        repeated = "() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);"
        repeated += " return ids.filter((id, at) => ids.indexOf(id) !== at); }"
        assert page.evaluate(repeated) == []


def test_the_start_page_promises_no_more_than_the_model_can_see(browser: Browser, address: str) -> None:
    labels = [
        {"name": "stacked_clutter", "hazard": "stacked_clutter", "test_photos": 180},
        {"name": "blocked_exit", "hazard": "blocked_fire_exit", "test_photos": 3},
    ]
    with watched_page(browser, address) as page:
        models = json.dumps({"models": [{"active": True, "labels": labels}]})
        page.route("**/v1/models", lambda route: route.fulfill(body=models, content_type="application/json"))
        page.reload()
        page.wait_for_selector("[data-standing]")
        standing = {
            row.inner_text().split("\n")[0]: row.get_attribute("data-standing")
            for row in page.locator(".sees-row").all()
        }
    assert standing == {
        "Blocked fire exit": "young",
        "Dangling cable": "words",
        "Raised, missing or broken manhole cover": "words",
        "Stacked clutter": "tested",
        "Unhygienic kitchen": "words",
    }
