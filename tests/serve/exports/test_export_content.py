"""What reviewers decided comes out to the pixel, and what is nobody's business stays inside."""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select
from starlette.testclient import TestClient

from hazardlens.model.exports import read_export
from hazardlens.serve.store.tables import report_media
from support.exporting import NOW, add, decide, export_zip, exported
from support.intake import services_behind
from support.painted import box_of_paint, paint_detector, painted
from support.people import authenticate_by_header, headers_of
from support.pictures import saved
from support.reports import HEAP, grey_photo
from support.serving import serving

CLUTTER: Final = (40, 60, 260, 201)


MOVED: Final = {"x_min": 41, "y_min": 62, "x_max": 255, "y_max": 199}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with serving(paint_detector(), authenticate=authenticate_by_header, now=lambda: NOW) as client:
        yield client


def test_a_corrected_box_comes_out_to_the_pixel_on_the_photo_it_was_drawn_on(
    client: TestClient, tmp_path: Path
) -> None:
    sideways = painted(480, 640, stacked_clutter=CLUTTER).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera maker"
    form = {
        "text": "楼道堵了",
        "latitude": "31.23041",
        "longitude": "121.47371",
        "reporter": "rider-42",
        "address": "12",
    }
    sent = client.post("/v1/reports", data=form, files=[("file", ("a.jpg", saved(sideways, "JPEG", exif=exif)))])
    report_id = sent.json()["id"]
    boxes = [[{"label": "stacked_clutter", "box": MOVED}]]
    decide(client, report_id, verdict="correct", reason="wrong_box", boxes=boxes, looked_for=["stacked_clutter"])

    path = tmp_path / "export.zip"
    path.write_bytes(export_zip(client))
    with read_export(path) as export:
        (report,) = export.reports()
        content = export.read_photo(report.photos[0])
        manifest = export.manifest

    (photo,) = report.photos
    assert [box.model_dump() for box in photo.boxes] == [{"label": "stacked_clutter", "box": MOVED}]
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (photo.width, photo.height) == (480, 640)
        assert not picture.getexif()
        found = box_of_paint(np.asarray(picture), "stacked_clutter")
    assert found is not None
    assert max(abs(a - b) for a, b in zip(found, CLUTTER, strict=True)) <= 2, "JPEG blurs an edge"
    (seen,) = photo.predicted
    assert max(abs(a - b) for a, b in zip(seen.box.xyxy, CLUTTER, strict=True)) <= 2
    assert (report.verdict, report.reason, report.decided_by) == ("correct", "wrong_box", "account:li")
    assert report.decided_at == NOW
    assert report.looked_for == ("stacked_clutter",)
    assert report.prefill is not None
    assert report.prefill.category == "stacked_clutter"
    assert [(review.kind, review.verdict, review.reviewer) for review in report.reviews] == [
        ("first", "correct", "account:li")
    ]
    assert report.place is not None
    assert (report.place.latitude, report.place.longitude) == (31.23, 121.474)
    assert report.group == "place/31.230,121.474"
    assert (manifest.name, manifest.created) == ("hazardlens-reviewed-20260304T120000Z", NOW)


def test_what_is_nobodys_business_stays_inside(client: TestClient, tmp_path: Path) -> None:
    told = {"text": "楼道堵了 secret", "address": "12 Lane", "reporter": "rider-42", "external_id": "hotline-7"}
    decide(client, add(client, latitude=31.23041, longitude=121.47371, **told))
    with zipfile.ZipFile(io.BytesIO(export_zip(client))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    for word in (*told.values(), "31.23041"):
        assert word.encode() not in everything
    (report,) = exported(client, tmp_path, include_text="true").values()
    assert report.text == told["text"]


def test_only_final_verdicts_go_in(client: TestClient, tmp_path: Path) -> None:
    wanted = [add(client, photos=[grey_photo(shade=shade)]) for shade in (10, 20, 30)]
    decide(client, wanted[0])
    decide(client, wanted[1], verdict="correct", category="blocked_fire_exit", reason="wrong_category")
    decide(client, wanted[2], verdict="reject", reason="false_alarm")
    add(client)
    unclear, reopened, held = add(client), add(client), add(client)
    decide(client, unclear, verdict="cannot_tell")
    decide(client, reopened)
    version = client.get(f"/v1/reports/{reopened}", headers=headers_of("li")).json()["version"]
    client.post(f"/v1/reports/{reopened}/reopen", json={"version": version}, headers=headers_of("li"))
    client.post(f"/v1/reports/{held}/claim", json={"version": 2}, headers=headers_of("li"))

    found = exported(client, tmp_path)
    assert {id_: (report.verdict, report.category.value) for id_, report in found.items()} == {
        wanted[0]: ("confirm", "stacked_clutter"),
        wanted[1]: ("correct", "blocked_fire_exit"),
        wanted[2]: ("reject", "not_a_hazard"),
    }
    negative = found[wanted[2]]
    assert negative.photos[0].boxes == ()
    assert "stacked_clutter" in negative.looked_for
    assert "exit_door" not in negative.looked_for


def test_the_last_decision_counts_and_all_are_told(client: TestClient, tmp_path: Path) -> None:
    report_id = add(client)
    decide(client, report_id)
    version = client.get(f"/v1/reports/{report_id}", headers=headers_of("li")).json()["version"]
    client.post(f"/v1/reports/{report_id}/reopen", json={"version": version}, headers=headers_of("li"))
    sent = {"verdict": "correct", "reason": "wrong_box", "boxes": [[{"label": HEAP[0], "box": MOVED}]]}
    now = client.get(f"/v1/reports/{report_id}", headers=headers_of("li")).json()["version"]
    done = client.post(f"/v1/reports/{report_id}/review", json={**sent, "version": now}, headers=headers_of("li"))
    assert done.status_code == 200, done.text
    (report,) = exported(client, tmp_path).values()
    assert report.photos[0].boxes[0].box.model_dump() == MOVED
    assert [review.verdict for review in report.reviews] == ["confirm", "correct"]


def test_a_second_look_that_agrees_leaves_the_boxes_of_the_decision(tmp_path: Path) -> None:
    with serving(authenticate=authenticate_by_header, now=lambda: NOW, second_review_share=1.0) as client:
        report_id = add(client)
        decide(client, report_id)
        boxes = [[{"label": HEAP[0], "box": MOVED}]]
        decide(client, report_id, "zhang", verdict="correct", reason="wrong_box", boxes=boxes)
        (report,) = exported(client, tmp_path).values()
    assert report.photos[0].boxes[0].box.xyxy == HEAP[1]
    assert (report.verdict, report.decided_by, report.reason) == ("confirm", "account:li", None)
    assert [(review.kind, review.reviewer) for review in report.reviews] == [
        ("first", "account:li"),
        ("second", "account:zhang"),
    ]


def _blob_of(client: TestClient, report_id: str) -> Path:
    """Where the report's photo is kept."""
    services = services_behind(client)
    with services.store.read() as connection:
        query = select(report_media.c.sha256).where(report_media.c.report_id == report_id)
        sha256 = str(connection.execute(query).scalar_one())
    return services.settings.media_path / sha256[:2] / sha256


LOSSES: dict[str, Callable[[Path], object]] = {
    "is gone": lambda path: path.unlink(),
    "has changed": lambda path: path.write_bytes(grey_photo(shade=30)),
}


@pytest.mark.parametrize("lose", LOSSES.values(), ids=LOSSES)
def test_a_report_is_left_out_and_named_when_its_photo(
    client: TestClient, tmp_path: Path, lose: Callable[[Path], object]
) -> None:
    lost, kept = add(client, photos=[grey_photo(shade=10)]), add(client, photos=[grey_photo(shade=20)])
    for report_id in (lost, kept):
        decide(client, report_id)
    lose(_blob_of(client, lost))
    path = tmp_path / "export.zip"
    path.write_bytes(export_zip(client))
    with read_export(path) as export:
        assert [report.report_id for report in export.reports()] == [kept]
        assert export.manifest.left_out == (lost,)


def test_reports_of_one_place_share_a_group(client: TestClient, tmp_path: Path) -> None:
    places = [(31.2304, 121.4737), (31.2296, 121.4743), (31.3, 121.4737)]
    ids = [
        add(client, photos=[grey_photo(shade=10 * n)], latitude=latitude, longitude=longitude)
        for n, (latitude, longitude) in enumerate(places)
    ]
    for report_id in ids:
        decide(client, report_id)
    found = exported(client, tmp_path)
    groups = [found[report_id].group for report_id in ids]
    assert groups[0] == groups[1] != groups[2]
