"""`/report` on a phone whose line goes down: what the phone keeps, sends later and once, and gives back."""

import json

from playwright.sync_api import Browser, Route, expect

from support.page import payload, pick
from support.report_page import NOT_A_PHOTO, POST, Arrived, entries, keep, open_page
from support.serving import wait_until

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


def test_where_reports_need_an_account_the_report_waits_for_it(browser: Browser, report_address: str) -> None:
    with open_page(browser, report_address) as page:
        body = {"code": "unauthenticated", "title": "Sign in first", "status": 401, "request_id": "r1"}
        problem = json.dumps(body)
        page.route(POST, lambda route: route.fulfill(status=401, body=problem))
        pick(page)
        keep(page)
        link = page.get_by_role("link", name="Sign in", exact=True)
        assert link.get_attribute("href") == "/login?next=/report"
