"""`/review` in Chromium: decisions by keys, taken back, of two people, too late, and while the line is down."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Browser, expect
from sqlalchemy import update

from hazardlens.serve.store.tables import reports
from support.office import NOW, Office
from support.review_page import ready
from support.serving import wait_until


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
