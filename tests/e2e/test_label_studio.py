"""A real Label Studio takes our tasks, shows their boxes, and gives back what we read to the pixel."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route

from hazardlens.model.exports import ExportItem, read_export
from hazardlens.model.exports.corrections import CorrectedPhoto, corrected_items, read_label_studio
from hazardlens.model.exports.entries import write_folder
from hazardlens.model.exports.forms import FORMS, FormName
from hazardlens.model.exports.writing import export_entries
from support.browser import chromium
from support.exports import HEAD, Drawn, make_export, reviewed_photo, reviewed_report
from support.label_studio import PASSWORD, USER, LabelStudio, label_studio
from support.painted import painted
from support.pictures import saved
from support.serving import wait_until

WIDE: Final = 641
HIGH: Final = 479
LOADS: Final = 4
CLUTTER: Final = (101, 67, 333, 401)
DOOR: Final = (350, 31, 613, 449)
REGIONS: Final = """() => (window.Htx?.annotationStore?.selected?.regionStore?.regions ?? []).map(
    (region) => [region.labels[0], region.x, region.y, region.width, region.height])"""


def _items() -> list[ExportItem]:
    """A photo of odd size with two boxes and a prediction, and one without any."""
    first = saved(painted(WIDE, HIGH, stacked_clutter=CLUTTER, exit_door=DOOR), "JPEG")
    second = saved(painted(333, 500), "PNG")
    boxes: list[Drawn] = [("stacked_clutter", CLUTTER), ("exit_door", DOOR)]
    predicted = [("stacked_clutter", 0.875, (99, 60, 340, 410))]
    return [
        ExportItem(reviewed_report(1, [reviewed_photo(first, boxes, predicted)]), (first,)),
        ExportItem(reviewed_report(2, [reviewed_photo(second)], verdict="reject"), (second,)),
    ]


def _ok(answer: Any) -> Any:  # noqa: ANN401 - JSON
    assert answer.is_success, answer.text
    return answer.json()


def _imported(studio: LabelStudio) -> int:
    """A project with our tasks, as docs/exports.md tells people to make it; its id."""
    config = (studio.photos / "labeling_config.xml").read_text()
    project = _ok(studio.client.post("/api/projects", json={"title": "Corrections", "label_config": config}))["id"]
    storage = {"project": project, "title": "photos", "path": str(studio.photos / "images"), "use_blob_urls": True}
    _ok(studio.client.post("/api/storages/localfiles", json=storage))
    tasks = json.loads((studio.photos / "tasks.json").read_text())
    counts = _ok(studio.client.post(f"/api/projects/{project}/import", json=tasks))
    assert (counts["task_count"], counts["annotation_count"], counts["prediction_count"]) == (2, 2, 2)
    return int(project)


def _tasks(studio: LabelStudio, project: int) -> dict[str, int]:
    """Ids of tasks by the report that they are of."""
    listed = _ok(studio.client.get("/api/tasks", params={"project": project, "fields": "all"}))["tasks"]
    return {task["data"]["report_id"]: task["id"] for task in listed}


def _only_this_machine(route: Route) -> None:
    if route.request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
        route.continue_()
    else:
        route.abort()


@contextlib.contextmanager
def _task_page(studio: LabelStudio, project: int, task: int) -> Iterator[Page]:
    """The page on which people correct a task."""
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.route("**/*", _only_this_machine)
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{studio.address}/user/login/", wait_until="commit")
        page.fill("input[name=email]", USER)
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(lambda url: "/login" not in url, wait_until="commit")
        page.goto(f"{studio.address}/projects/{project}/data?task={task}", wait_until="commit")
        yield page
        context.close()


def _shown(page: Page) -> list[Drawn]:
    """The boxes on the page, in pixels of the photo."""
    regions = page.evaluate(REGIONS)
    return [
        (
            label,
            (
                round(x * WIDE / 100),
                round(y * HIGH / 100),
                round((x + width) * WIDE / 100),
                round((y + height) * HIGH / 100),
            ),
        )
        for label, x, y, width, height in regions
    ]


def _wait_for_boxes(page: Page, truth: list[Drawn]) -> None:
    """Wait until the photo and its boxes stand there.

    Now and then Label Studio's page opens a task before it has the task's annotation, and stays at an empty one of its
    own; a person would reload it too.
    """
    for _ in range(LOADS):
        page.wait_for_function("(wide) => [...document.images].some((one) => one.naturalWidth === wide)", arg=WIDE)
        page.wait_for_selector(".konvajs-content canvas")
        with contextlib.suppress(AssertionError):
            wait_until(lambda: _shown(page) == truth, patience_s=10)
            return
        page.reload(wait_until="commit")
    assert _shown(page) == truth


def _drag_clutter(page: Page, by_px: tuple[int, int]) -> None:
    """Move a box with the mouse, by so many pixels of the photo, and save."""
    shown = page.locator(".konvajs-content canvas").first.bounding_box()
    assert shown is not None
    scale = shown["width"] / WIDE
    x = shown["x"] + (CLUTTER[0] + CLUTTER[2]) / 2 * scale
    y = shown["y"] + (CLUTTER[1] + CLUTTER[3]) / 2 * scale
    page.mouse.click(x, y)
    page.wait_for_function("() => window.Htx.annotationStore.selected.selectedRegions.length === 1")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by_px[0] * scale / 2, y + by_px[1] * scale / 2, steps=5)
    page.mouse.move(x + by_px[0] * scale, y + by_px[1] * scale, steps=5)
    page.mouse.up()
    with page.expect_response(lambda answer: "/api/annotations/" in answer.url and answer.request.method == "PATCH"):
        page.locator("button", has_text="Update").last.click()


def _exported(studio: LabelStudio, project: int, folder: Path) -> Path:
    answer = studio.client.get(f"/api/projects/{project}/export", params={"exportType": "JSON"})
    assert answer.is_success, answer.text
    (folder / "back.json").write_bytes(answer.content)
    return folder / "back.json"


def _boxes(corrected: list[CorrectedPhoto]) -> dict[tuple[str, int], list[Drawn]]:
    return {(photo.report_id, photo.n): [(box.label, box.box.xyxy) for box in photo.boxes] for photo in corrected}


@pytest.mark.slow
def test_label_studio_takes_shows_corrects_and_gives_back(tmp_path: Path) -> None:
    """Costs about 60 s, most of them for the database that Label Studio makes when it first starts."""
    items = _items()
    first, second = ((item.report.report_id, 0) for item in items)
    truth: list[Drawn] = [("stacked_clutter", CLUTTER), ("exit_door", DOOR)]
    with label_studio(tmp_path) as studio:
        studio.photos.rmdir()
        write_folder(studio.photos, export_entries(FORMS[FormName.LABEL_STUDIO], items, HEAD, tmp_path))
        project = _imported(studio)

        untouched = read_label_studio(_exported(studio, project, tmp_path))
        assert _boxes(untouched) == {first: truth, second: []}

        with _task_page(studio, project, _tasks(studio, project)[first[0]]) as page:
            _wait_for_boxes(page, truth)
            _drag_clutter(page, (30, -20))
            moved = _shown(page)

        corrected = read_label_studio(_exported(studio, project, tmp_path))
    assert _boxes(corrected) == {first: moved, second: []}
    shift = [after - before for after, before in zip(moved[0][1], CLUTTER, strict=True)]
    assert max(abs(found - asked) for found, asked in zip(shift, (30, -20, 30, -20), strict=True)) <= 3
    assert moved[1] == truth[1]

    with read_export(make_export(tmp_path / "export", items)) as export:
        (report, other) = (found.report for found in corrected_items(export, corrected))
    assert [(box.label, box.box.xyxy) for box in report.photos[0].boxes] == moved
    assert (report.verdict, report.reason, report.decided_by) == ("correct", "wrong_box", "label_studio:1")
    assert other == items[1].report
