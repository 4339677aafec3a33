"""The circle: reports come in, are corrected, exported, make a dataset version, train a candidate, and it answers."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from hazardlens.model.bundle import Bundle, read_bundle, write_bundle
from hazardlens.model.detector import OnnxDetector
from hazardlens.serve.access.roles import Role
from hazardlens.training.networks.graph import to_onnx
from hazardlens.training.retraining.building import Ingredients, build_version
from hazardlens.training.retraining.dividing import DividingConfig
from hazardlens.training.retraining.entries import pixels_of
from hazardlens.training.retraining.plan import Request
from hazardlens.training.retraining.retrain import retrain
from support.browser import chromium
from support.live import live_server
from support.lively_network import LIVELY_LABELS, LIVELY_SIZE_PX, lively_network
from support.office import Office, corners
from support.painted import paint_detector, painted
from support.people import authenticate_by_header, headers_of
from support.photo_pool import picture
from support.pictures import saved
from support.serving import serving
from support.tiny_bundle import tiny_draft

START: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
CONFIG: Final = """
name = "circle"
split = "split.json"
threads = 1
bf16 = false

[labels]
min_boxes = 2

[[stages]]
size_px = 96
epochs = 1
batch = 4
lr = 0.0001
mosaic = 0.0
"""


class Days:
    """A clock that a test moves on by days."""

    def __init__(self) -> None:
        self.passed = 0

    def __call__(self) -> datetime:
        return START + timedelta(days=self.passed)


def corner(number: int) -> tuple[int, int, int, int]:
    """Where the reviewer of report `number` says the heap is: another box on each photo."""
    return (11 + number, 7, 60 + number, 43 + number)


def report_and_correct(client: TestClient, clock: Days, count: int) -> None:
    """One report a day with a photo of its own, and a reviewer who draws its box."""
    for number in range(count):
        clock.passed = number
        photo = saved(picture(300 + number), "PNG")
        sent = client.post("/v1/reports", data={"text": "楼道堆物"}, files=[("file", (f"{number}.png", photo))])
        assert sent.status_code == 201, sent.text
        _correct(client, sent.json()["id"], corner(number))


def _correct(client: TestClient, report_id: str, box: Sequence[int]) -> None:
    li = headers_of("li")
    version = client.get(f"/v1/reports/{report_id}", headers=li).json()["version"]
    claimed = client.post(f"/v1/reports/{report_id}/claim", json={"version": version}, headers=li).json()
    names = ("x_min", "y_min", "x_max", "y_max")
    drawn = {"label": "stacked_clutter", "box": dict(zip(names, box, strict=True))}
    decision: dict[str, Any] = {
        "version": claimed["version"],
        "verdict": "correct",
        "category": "stacked_clutter",
        "reason": "wrong_box",
        "boxes": [[drawn]],
        "looked_for": ["stacked_clutter", "exit_door"],
    }
    answer = client.post(f"/v1/reports/{report_id}/review", json=decision, headers=li)
    assert answer.status_code == 200, answer.text


def export(client: TestClient, path: Path) -> Path:
    """The reviewed export as an engineer gets it."""
    answer = client.get("/v1/exports", headers=headers_of("wang", Role.ENGINEER))
    assert answer.status_code == 200, answer.text
    path.write_bytes(answer.content)
    return path


@pytest.fixture
def clock() -> Days:
    return Days()


def test_the_box_that_a_reviewer_drew_is_the_box_in_the_dataset_to_the_pixel(tmp_path: Path, clock: Days) -> None:
    with serving(paint_detector(), authenticate=authenticate_by_header, now=clock) as client:
        report_and_correct(client, clock, 4)
        path = export(client, tmp_path / "export.zip")
    built = build_version(Ingredients([path], LIVELY_LABELS), tmp_path / "versions", DividingConfig(), clock())

    drawn = {box for record in built.records for box in pixels_of(record)}
    assert drawn == {("stacked_clutter", corner(number)) for number in range(4)}
    assert {record.looked_for for record in built.records} == {frozenset({"stacked_clutter", "exit_door"})}


def test_the_box_that_a_reviewer_moved_on_the_page_is_the_box_in_the_dataset_to_the_pixel(tmp_path: Path) -> None:
    places = [(40 + 10 * n, 60, 200 + 10 * n, 220) for n in range(3)]
    data = tmp_path / "data"
    with chromium() as browser, live_server(paint_detector(), data_path=data, second_review_share=0) as address:
        office = Office(address, data)
        sent = [_send(address, saved(painted(400, 300, stacked_clutter=place), "PNG")) for place in places]
        with office.desk(browser) as page:
            for count in range(len(sent), 0, -1):
                expect(page.locator(".line")).to_have_count(count)
                expect(page.locator(".photo-tag")).to_have_count(1)
                for key in ("b", *["Alt+ArrowRight"] * 3, "Alt+Shift+ArrowDown", "Escape", "c", "3"):
                    page.keyboard.press(key)
            moved = [corners(office.review_of(office.decided(report_id)["id"])) for report_id in sent]
        path = office.export(tmp_path / "export.zip")
        office.store.close()
    built = build_version(
        Ingredients([path], LIVELY_LABELS), tmp_path / "versions", DividingConfig(), datetime.now(UTC)
    )

    assert all(x_min > place[0] for (x_min, *_), place in zip(moved, places, strict=True))
    assert {box for record in built.records for box in pixels_of(record)} == {("stacked_clutter", box) for box in moved}


def _send(address: str, photo: bytes) -> str:
    sent = httpx2.post(f"{address}/v1/reports", data={"text": "楼道堆物"}, files=[("file", ("a.png", photo))])
    return str(sent.raise_for_status().json()["id"])


def lively_bundle(path: Path) -> Bundle:
    draft = tiny_draft(LIVELY_LABELS, size_px=LIVELY_SIZE_PX, version="1")
    return write_bundle(path, onnx_bytes=to_onnx(lively_network(strength=0.05), {}), card="# Lively\n", draft=draft)


@pytest.mark.slow
def test_corrections_become_a_model_that_answers(tmp_path: Path, clock: Days) -> None:
    """30 s: a real graph pre-fills a dozen reports, and an epoch is trained on what became of them."""
    service = lively_bundle(tmp_path / "service")
    with serving(OnnxDetector(service), authenticate=authenticate_by_header, now=clock) as client:
        report_and_correct(client, clock, 12)
        path = export(client, tmp_path / "export.zip")
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    out = tmp_path / "out"
    request = Request((path,), tmp_path / "service", out, tmp_path / "versions", config=tmp_path / "config.toml")
    gate = retrain(request, report=lambda _line: None, now=clock())

    candidate = read_bundle(out / "bundle")
    assert (candidate.manifest.parent, gate.baseline.version) == ("1", "1")
    assert gate.verdict == "refused"
    assert [reason.code for reason in gate.reasons] == ["nothing_judged"], "two test photos are no proof"
    with serving(OnnxDetector(candidate)) as client:
        answer = client.post("/v1/classify", files=[("file", ("a.png", saved(picture(300), "PNG")))])
    assert answer.json()["model"]["version"] == candidate.manifest.version != "1"
