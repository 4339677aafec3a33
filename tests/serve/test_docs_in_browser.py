"""`/docs` in a real browser: it shows the routes, sends a photo, asks no other host and breaks no policy."""

import pytest
from playwright.sync_api import ConsoleMessage, FilePayload

from hazardlens.model.detector import ScriptedDetector
from support import pictures
from support.browser import chromium
from support.live import live_server
from support.serving import found


@pytest.mark.slow(reason="costs 10 s: starts Chromium and draws the whole API")
def test_a_photo_can_be_sent_from_the_docs_page() -> None:
    asked: list[str] = []
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    with live_server(ScriptedDetector([found()])) as address, chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/docs")
        operation = page.locator(".opblock", has_text="/v1/classify")
        operation.locator(".opblock-summary").click()
        operation.get_by_role("button", name="Try it out").click()
        photo = FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=pictures.jpeg())
        operation.locator("input[type=file]").set_input_files(photo)
        operation.get_by_role("button", name="Execute").click()
        with_answer = operation.locator(".live-responses-table .response", has_text="stacked_clutter")
        assert with_answer.locator(".response-col_status").inner_text().startswith("200")
    assert complaints == []
    assert [url for url in asked if not url.startswith((f"{address}/", "data:", f"blob:{address}/"))] == []
