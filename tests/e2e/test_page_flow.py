"""Ways in, ways out, waiting, failing and trying again."""

import json
import shlex
from typing import Any

from playwright.sync_api import Browser, Page, Request, Route, expect

from support.browser import watched_page
from support.live import live_server
from support.page import drop, payload, pick, send
from support.painted import painted
from support.pictures import saved
from support.serving import GatedDetector

NOT_A_PHOTO = payload(b"Dear council, there is a heap of rubbish.", "notes.jpg", "image/jpeg")


def problem(page: Page) -> str:
    """The words of the problem on show."""
    page.wait_for_selector("#problem:not([hidden])")
    return page.locator("#problem").inner_text()


def test_pasted_photos_join_those_that_were_chosen_and_can_be_removed(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        pick(page, payload(name="first.png"))
        drop(page, payload(name="pasted.png"), target="body")
        assert page.locator(".thumb-name").all_inner_texts() == ["first.png", "pasted.png", "pasted.png"]
        expect(page.locator("#send")).to_have_text("Check 3 photos")
        page.get_by_role("button", name="Remove first.png").click()
        page.get_by_role("button", name="Remove pasted.png").first.click()
        expect(page.locator("#send")).to_have_text("Check 1 photo")
        assert len(send(page)["media"]) == 1


def test_of_nine_photos_eight_are_kept_and_the_reader_is_told_before_anything_is_sent(
    browser: Browser, address: str
) -> None:
    sent: list[Request] = []
    with watched_page(browser, address) as page:
        page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
        pick(page, *(payload(name=f"{n}.png") for n in range(9)))
        expect(page.locator("#note")).to_contain_text("At most 8 photos at a time.")
        assert page.locator(".thumb").count() == 8
        assert sent == []


def test_what_cannot_be_sent_is_refused_at_once(browser: Browser) -> None:
    limits: dict[str, Any] = {"max_file_bytes": 2999, "max_body_bytes": 2000 + 16384 + 2500}
    refused = (
        (payload(b"%PDF-1.7", "plan.pdf", "application/pdf"), "plan.pdf is neither a photo nor a clip."),
        (payload(b"", "empty.jpg", "image/jpeg"), "empty.jpg is empty."),
        (payload(bytes(3000), "huge.jpg", "image/jpeg"), "huge.jpg is too large."),
        (payload(bytes(2600), "last.jpg", "image/jpeg"), "Together the photos are larger than"),
    )
    with live_server(GatedDetector(), **limits) as address, watched_page(browser, address) as page:
        drop(page, payload(bytes(2000), "good.jpg", "image/jpeg"))
        for file, words in refused:
            drop(page, file)
            expect(page.locator("#note")).to_contain_text(words)
            assert page.locator(".thumb-name").all_inner_texts() == ["good.jpg"]


def test_a_text_file_named_jpg_is_explained_in_both_languages_and_can_be_left_out(
    browser: Browser, address: str
) -> None:
    with watched_page(browser, address) as page:
        pick(page, payload(), NOT_A_PHOTO)
        page.click("#send")
        words = problem(page)
        assert "notes.jpg is not a photo in a known format." in words
        assert "Photo 2, notes.jpg" in words
        assert "image_format_unsupported" in words
        assert page.locator(".thumb").nth(1).get_attribute("class") == "thumb bad"
        page.get_by_role("button", name="中文").click()
        assert "notes.jpg 不是可识别的照片格式。" in problem(page)
        page.get_by_role("button", name="去掉这张，继续识别").click()
        page.wait_for_selector("#result:not([hidden])")
        assert page.locator(".figure").count() == 1


def test_a_busy_server_is_asked_again_when_it_said_so(browser: Browser, address: str) -> None:
    def refuse(route: Route) -> None:
        body = {"code": "overloaded", "title": "The server is busy", "status": 503, "request_id": "r1"}
        headers = {"Retry-After": "7", "Content-Type": "application/problem+json"}
        route.fulfill(status=503, headers=headers, body=json.dumps(body))

    with watched_page(browser, address) as page:
        page.clock.install()
        page.route("**/v1/classify", refuse)
        pick(page)
        page.click("#send")
        assert "Many people are asking at once." in problem(page)
        retry = page.locator("#problem .button.primary")
        expect(retry).to_have_text("Try again in 7 s")
        expect(retry).to_be_disabled()
        page.clock.run_for(7_000)
        expect(retry).to_have_text("Try again")
        page.unroute("**/v1/classify")
        retry.click()
        page.wait_for_selector("#result:not([hidden])")


def test_without_a_connection_the_photos_stay_and_a_second_try_works(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        pick(page)
        page.context.set_offline(True)
        page.click("#send")
        assert "This device is offline." in problem(page)
        page.context.set_offline(False)
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector("#result:not([hidden])")


def test_an_answer_that_nobody_expected_is_still_explained(browser: Browser, address: str) -> None:
    unexpected = {
        "a proxy's page": (502, "<h1>Bad gateway</h1>", "a way this page does not understand"),
        "a proxy's limit": (413, "<h1>Too large</h1>", "Together the photos are too large."),
        "another program": (200, '{"hello": "world"}', "a way this page does not understand"),
        "a newer server": (500, '{"code": "brand_new_code"}', "That did not work."),
    }
    left = [(status, body) for status, body, _ in unexpected.values()]

    def answer(route: Route) -> None:
        status, body = left.pop(0)
        route.fulfill(status=status, body=body)

    with watched_page(browser, address) as page:
        page.route("**/v1/classify", answer)
        pick(page)
        for origin, (_, _, words) in unexpected.items():
            page.click("#send")
            assert words in problem(page), origin
            page.get_by_role("button", name="Back to the photos").click()
            expect(page.locator("#problem")).to_be_hidden()
        assert page.locator(".thumb").count() == 1


def test_waiting_is_shown_can_be_cancelled_and_ends_when_it_takes_too_long(browser: Browser) -> None:
    detector = GatedDetector()
    with live_server(detector) as address, watched_page(browser, address) as page:
        page.clock.install()
        pick(page)
        page.click("#send")
        stage = page.locator("#stage")
        expect(stage).to_contain_text("Looking at the photos")
        assert page.locator("#bar").get_attribute("value") is None
        page.clock.run_for(9_000)
        expect(stage).to_contain_text("Still working")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#progress")).to_be_hidden()
        expect(page.locator("#send")).to_be_focused()
        page.click("#send")
        expect(stage).to_contain_text("Looking at the photos")
        page.clock.run_for(91_000)
        assert "No answer came in time." in problem(page)
        detector.gate.set()


def test_the_back_key_leads_from_the_result_to_the_photos(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        pick(page)
        page.fill("#text", "by the stairs")
        send(page)
        page.go_back()
        expect(page.locator("#work")).to_be_visible()
        assert page.locator(".thumb").count() == 1
        assert page.input_value("#text") == "by the stairs"
        send(page)
        page.click("#restart")
        expect(page.locator("#work")).to_be_visible()
        assert page.locator(".thumb").count() == 0
        assert page.input_value("#text") == ""


def test_a_photo_dropped_on_a_result_begins_a_new_report(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        pick(page)
        send(page)
        drop(page, payload(name="next.png"), target="#result")
        expect(page.locator("#work")).to_be_visible()
        assert page.locator(".thumb-name").all_inner_texts() == ["next.png"]


def test_everything_can_be_done_on_the_keyboard(browser: Browser, address: str) -> None:
    with watched_page(browser, address) as page:
        with page.expect_file_chooser() as waiting:
            page.focus("#pick")
            page.keyboard.press("Enter")
        waiting.value.set_files(payload())
        page.focus("#text")
        page.keyboard.type("by the stairs")
        page.keyboard.press("Tab")
        expect(page.locator("#send")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_selector("#result:not([hidden])")
        expect(page.locator("#result")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("#change")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#work")).to_be_visible()


def test_integrators_copy_the_answer_and_the_call(browser: Browser, address: str) -> None:
    name = 'it\'s "here".png'
    permissions = ["clipboard-read", "clipboard-write"]
    with watched_page(browser, address, permissions=permissions) as page:
        pick(page, payload(name=name))
        page.fill("#text", "楼道里，don't wait")
        answer = send(page)
        page.locator(".technical summary").click()
        page.get_by_role("button", name="Copy JSON").click()
        expect(page.get_by_text("Copied")).to_be_visible()
        assert json.loads(page.evaluate("navigator.clipboard.readText()")) == answer
        page.get_by_role("button", name="Copy curl").click()
        page.wait_for_function("async () => (await navigator.clipboard.readText()).startsWith('curl')")
        words = shlex.split(page.evaluate("navigator.clipboard.readText()"))
    escaped = name.replace('"', '\\"')
    text = ["--form-string", "text=楼道里，don't wait"]
    assert words == ["curl", "-F", f'file=@"{escaped}"', *text, f"{address}/v1/classify"]


def test_names_and_words_are_shown_as_they_are_and_never_run(browser: Browser, address: str) -> None:
    evil = "<img src=x onerror=alert(1)>"
    with watched_page(browser, address) as page:
        pick(page, payload(saved(painted(60, 40), "PNG"), f"{evil}.png"))
        page.fill("#text", evil)
        send(page)
        assert evil in page.locator(".figure h2").inner_text()
        assert evil in page.locator(".said").inner_text()
        assert page.locator("img[src='x']").count() == 0
