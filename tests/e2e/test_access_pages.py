"""From the first start to signing out, in a browser, with the real authentication. Costs about 20 s."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from hazardlens.serve.access.accounts import account_named
from hazardlens.serve.access.audit import Act
from hazardlens.serve.access.first_start import invitation
from hazardlens.serve.access.links import make_password_link
from hazardlens.serve.access.principals import SYSTEM
from hazardlens.serve.access.roles import Role
from hazardlens.serve.settings import load_settings
from hazardlens.serve.store.engine import Store
from support.accessible import violations
from support.accounts import PASSWORD, person_in
from support.browser import watched_page
from support.live import live_server
from support.page import scrolls_sideways
from support.painted import paint_detector

pytestmark = pytest.mark.slow

WIDTHS = (320, 390, 768, 1440)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def address(folder: Path) -> Iterator[str]:
    """A server without accounts."""
    with live_server(paint_detector(), data_path=folder) as address:
        yield address


@pytest.fixture
def store(folder: Path, address: str) -> Iterator[Store]:
    """The server's database."""
    store = Store(load_settings(data_path=folder).store_url)
    yield store
    store.close()


def setup_link(store: Store, address: str) -> str:
    told = invitation(store, load_settings(), datetime.now(UTC), address)
    assert told is not None
    return told.splitlines()[-1]


def password_link(store: Store, address: str, name: str) -> str:
    with store.write() as connection:
        account = account_named(connection, name)
        assert account is not None
        return make_password_link(connection, Act(SYSTEM, datetime.now(UTC)), account["id"], 24).address(address)


def look(page: Page) -> None:
    """Nothing is wrong with the page as it is: accessible, and within every window."""
    page.wait_for_selector("html[data-ready]")
    assert violations(page) == []
    size = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert not scrolls_sideways(page), width
    assert size is not None
    page.set_viewport_size(size)


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.fill("#name", name)
    page.fill("#password", password)
    page.click("#send")


def test_from_the_first_start_to_signing_out(browser: Browser, address: str, store: Store) -> None:
    with watched_page(browser, address) as page:
        link = setup_link(store, address)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(link)
        page.wait_for_selector("#form:not([hidden])")
        assert page.url == f"{address}/setup"
        assert link.partition("token=")[2] not in "".join(url.partition("#")[0] for url in asked)
        look(page)
        sign_in(page, "the boss", "short")  # a blank in the name, and too short a password: nothing is sent
        expect(page.locator("#name")).to_have_attribute("aria-invalid", "true")
        expect(page.locator("#password")).to_have_attribute("aria-invalid", "true")
        sign_in(page, "Boss", "aaaaaaaaaaaaaaaaa")
        expect(page.locator("#problem")).to_contain_text("password_weak")
        sign_in(page, "Boss")
        page.wait_for_url(f"{address}/admin")
        expect(page.locator("#account")).to_contain_text("boss")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{address}/")
        page.goto(f"{address}/admin")
        page.wait_for_url("**/login?next=%2Fadmin")
        look(page)
        sign_in(page, "boss")
        page.wait_for_url(f"{address}/admin")
        page.goto(link)
        expect(page.locator("#problem")).to_contain_text("This link is no longer good.")
        expect(page.locator("#form")).to_be_hidden()
        look(page)


def test_an_administrator_lets_somebody_in_and_out_again(browser: Browser, address: str, store: Store) -> None:
    person_in(store, "boss", Role.ADMINISTRATOR)
    with watched_page(browser, address) as page:
        page.goto(f"{address}/login?next=/admin")
        page.wait_for_selector("html[data-ready]")
        sign_in(page, "boss")
        page.wait_for_selector("#parts:not([hidden])")
        page.fill("#account-name", "li")
        page.fill("#account-display", "李雷")
        page.locator("#add-account button").click()
        issued = page.locator("#account-issued input")
        link = issued.input_value()
        assert link.startswith(f"{address}/setup#token=")
        look(page)
        page.get_by_role("button", name="中文").click()
        expect(page.locator("#account-issued")).to_contain_text("链接")
        assert issued.input_value() == link
        assert violations(page) == []
        page.get_by_role("button", name="English").click()

        with watched_page(browser, address, locale="zh-CN") as other:
            other.goto(link)
            expect(other.locator("#lede")).to_contain_text("li")
            look(other)
            expect(other.locator("#name-field")).to_be_hidden()
            other.fill("#password", PASSWORD)
            other.click("#send")
            other.wait_for_url(f"{address}/review")
            row = page.locator("#accounts .row", has_text="李雷")
            row.get_by_role("button", name="Disable").click()
            expect(row).to_contain_text("disabled")
            assert other.request.get(f"{address}/v1/session").status == 401
            other.goto(f"{address}/login")
            other.wait_for_selector("html[data-ready]")
            sign_in(other, "li")
            expect(other.locator("#problem")).to_contain_text("用户名或密码不对")
            assert violations(other) == []

        mine = page.locator("#accounts .row", has_text="this is you")
        mine.get_by_role("button", name="Disable").click()
        expect(page.locator("#problem")).to_contain_text("last_administrator")
        expect(page.locator("#log")).to_contain_text("changed an account: li")


def test_a_key_is_made_shown_once_and_revoked(browser: Browser, address: str, store: Store) -> None:
    person_in(store, "boss", Role.ADMINISTRATOR)
    with watched_page(browser, address) as page:
        page.goto(f"{address}/login?next=/admin")
        page.wait_for_selector("html[data-ready]")
        sign_in(page, "boss")
        page.wait_for_selector("#parts:not([hidden])")
        page.fill("#key-name", "city hotline")
        page.fill("#key-group", "RIDERS")
        page.get_by_label("read reports").check()
        page.locator("#add-key button").click()
        headers = {"Authorization": f"Bearer {page.locator('#key-issued input').input_value()}"}
        assert httpx2.get(f"{address}/v1/reports", headers=headers).status_code == 200
        assert httpx2.get(f"{address}/v1/keys", headers=headers).status_code == 403
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Revoke: city hotline").click()
        expect(page.locator("#keys .row")).to_contain_text("revoked")
        assert httpx2.get(f"{address}/v1/reports", headers=headers).status_code == 401
        page.reload()
        page.wait_for_selector("#parts:not([hidden])")
        expect(page.locator("#key-issued")).to_be_hidden()


def test_who_may_not_administer_is_told_so(browser: Browser, address: str, store: Store) -> None:
    person_in(store, "li", Role.REVIEWER)
    with watched_page(browser, address) as page:
        page.goto(f"{address}/login?next=/admin")
        page.wait_for_selector("html[data-ready]")
        sign_in(page, "li", "a wrong password")
        expect(page.locator("#problem")).to_contain_text("The name or the password is wrong.")
        sign_in(page, "li")
        page.wait_for_url(f"{address}/admin")
        expect(page.locator("#problem")).to_contain_text("You may not do this.")
        expect(page.locator("#parts")).to_be_hidden()
        assert violations(page) == []


@pytest.mark.parametrize(
    "place",
    ["https://evil.example/", "//evil.example/", r"/\evil.example/", "/.//evil.example/", "javascript:alert(1)"],
)
def test_signing_in_leads_to_no_other_site(browser: Browser, address: str, store: Store, place: str) -> None:
    person_in(store, "li", Role.REVIEWER)
    with watched_page(browser, address) as page:
        page.goto(f"{address}/login?next={place}")
        page.wait_for_selector("html[data-ready]")
        sign_in(page, "li")
        page.wait_for_url(re.compile(re.escape(address) + "/(?!login)"))


def test_a_password_link_tells_a_stranger_nothing_but_the_name(browser: Browser, address: str, store: Store) -> None:
    person_in(store, "li", Role.REVIEWER)
    link = password_link(store, address, "li")
    with watched_page(browser, address, color_scheme="dark") as page:
        page.goto(link)
        page.wait_for_selector("#form:not([hidden])")
        look(page)
        page.fill("#password", PASSWORD)
        page.check("#reveal")
        assert page.get_attribute("#password", "type") == "text"


def test_somebody_changes_the_own_password(browser: Browser, address: str, store: Store) -> None:
    person_in(store, "li", Role.REVIEWER)
    with watched_page(browser, address) as page:
        page.goto(f"{address}/login?next=/report")
        page.wait_for_selector("html[data-ready]")
        sign_in(page, "li")
        page.wait_for_url(f"{address}/report")
        page.goto(f"{address}/login?next=/report")
        page.get_by_text("Change my password").click()
        look(page)
        page.fill("#present", "a wrong password")
        page.fill("#next", f"{PASSWORD} again")
        page.click("#change-send")
        expect(page.locator("#problem")).to_contain_text("login_failed")
        page.fill("#present", PASSWORD)
        page.click("#change-send")
        page.wait_for_url(f"{address}/report")
        assert page.request.get(f"{address}/v1/session").ok
