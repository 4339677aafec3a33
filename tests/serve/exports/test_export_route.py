"""`GET /v1/exports`: what reviewers decided comes out to the pixel, and what is nobody's business stays inside."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select, update
from starlette.testclient import TestClient

from hazardlens.model.exports import ReviewedReport, read_export
from hazardlens.serve.access.roles import Role
from hazardlens.serve.services import Services
from hazardlens.serve.store.tables import audit_events, report_media, reports
from support.painted import box_of_paint, paint_detector, painted
from support.people import authenticate_by_header, headers_of
from support.pictures import saved
from support.reports import HEAP, add_report, grey_photo
from support.serving import problem_of, serving

NOW: Final = datetime(2026, 3, 4, 12, tzinfo=UTC)
ENGINEER: Final = headers_of("wang", Role.ENGINEER)
CLUTTER: Final = (40, 60, 260, 201)
MOVED: Final = {"x_min": 41, "y_min": 62, "x_max": 255, "y_max": 199}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with serving(paint_detector(), authenticate=authenticate_by_header, now=lambda: NOW) as client:
        yield client


def _services(client: TestClient) -> Services:
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    return services


def _add(client: TestClient, **columns: Any) -> str:  # noqa: ANN401 - any of `add_report`'s
    services = _services(client)
    return add_report(services.store, services.blobs, **columns)


def _decide(client: TestClient, report_id: str, who: str = "li", **body: Any) -> None:  # noqa: ANN401 - JSON
    version = client.get(f"/v1/reports/{report_id}", headers=headers_of(who)).json()["version"]
    claimed = client.post(f"/v1/reports/{report_id}/claim", json={"version": version}, headers=headers_of(who))
    sent = {"verdict": "confirm", **body, "version": claimed.json()["version"]}
    answer = client.post(f"/v1/reports/{report_id}/review", json=sent, headers=headers_of(who))
    assert answer.status_code == 200, answer.text


def _zip(client: TestClient, **query: str) -> bytes:
    answer = client.get("/v1/exports", params=query, headers=ENGINEER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    return answer.content


def _exported(client: TestClient, folder: Path, **query: str) -> dict[str, ReviewedReport]:
    """The reviewed export, read as training would."""
    path = folder / "export.zip"
    path.write_bytes(_zip(client, **query))
    with read_export(path) as export:
        return {report.report_id: report for report in export.reports()}


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
    _decide(client, report_id, verdict="correct", reason="wrong_box", boxes=boxes, looked_for=["stacked_clutter"])

    path = tmp_path / "export.zip"
    path.write_bytes(_zip(client))
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
    _decide(client, _add(client, latitude=31.23041, longitude=121.47371, **told))
    with zipfile.ZipFile(io.BytesIO(_zip(client))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    for word in (*told.values(), "31.23041"):
        assert word.encode() not in everything
    (report,) = _exported(client, tmp_path, include_text="true").values()
    assert report.text == told["text"]


def test_only_final_verdicts_go_in(client: TestClient, tmp_path: Path) -> None:
    wanted = [_add(client, photos=[grey_photo(shade=shade)]) for shade in (10, 20, 30)]
    _decide(client, wanted[0])
    _decide(client, wanted[1], verdict="correct", category="blocked_fire_exit", reason="wrong_category")
    _decide(client, wanted[2], verdict="reject", reason="false_alarm")
    _add(client)
    unclear, reopened, held = _add(client), _add(client), _add(client)
    _decide(client, unclear, verdict="cannot_tell")
    _decide(client, reopened)
    version = client.get(f"/v1/reports/{reopened}", headers=headers_of("li")).json()["version"]
    client.post(f"/v1/reports/{reopened}/reopen", json={"version": version}, headers=headers_of("li"))
    client.post(f"/v1/reports/{held}/claim", json={"version": 2}, headers=headers_of("li"))

    found = _exported(client, tmp_path)
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
    report_id = _add(client)
    _decide(client, report_id)
    version = client.get(f"/v1/reports/{report_id}", headers=headers_of("li")).json()["version"]
    client.post(f"/v1/reports/{report_id}/reopen", json={"version": version}, headers=headers_of("li"))
    sent = {"verdict": "correct", "reason": "wrong_box", "boxes": [[{"label": HEAP[0], "box": MOVED}]]}
    now = client.get(f"/v1/reports/{report_id}", headers=headers_of("li")).json()["version"]
    done = client.post(f"/v1/reports/{report_id}/review", json={**sent, "version": now}, headers=headers_of("li"))
    assert done.status_code == 200, done.text
    (report,) = _exported(client, tmp_path).values()
    assert report.photos[0].boxes[0].box.model_dump() == MOVED
    assert [review.verdict for review in report.reviews] == ["confirm", "correct"]


def test_a_second_look_that_agrees_leaves_the_boxes_of_the_decision(tmp_path: Path) -> None:
    with serving(authenticate=authenticate_by_header, now=lambda: NOW, second_review_share=1.0) as client:
        report_id = _add(client)
        _decide(client, report_id)
        boxes = [[{"label": HEAP[0], "box": MOVED}]]
        _decide(client, report_id, "zhang", verdict="correct", reason="wrong_box", boxes=boxes)
        (report,) = _exported(client, tmp_path).values()
    assert report.photos[0].boxes[0].box.xyxy == HEAP[1]
    assert (report.verdict, report.decided_by, report.reason) == ("confirm", "account:li", None)
    assert [(review.kind, review.reviewer) for review in report.reviews] == [
        ("first", "account:li"),
        ("second", "account:zhang"),
    ]


@pytest.mark.parametrize(
    ("form", "inside"),
    [
        ("coco", {"annotations/instances.json", "images/{id}-0.jpg"}),
        ("yolo", {"data.yaml", "train.txt", "val.txt", "looked_for.csv", "labels/{id}-0.txt", "images/{id}-0.jpg"}),
        ("label_studio", {"tasks.json", "labeling_config.xml", "images/{id}-0.jpg"}),
    ],
)
def test_other_forms(client: TestClient, form: str, inside: set[str]) -> None:
    report_id = _add(client)
    _decide(client, report_id)
    answer = client.get("/v1/exports", params={"form": form}, headers=ENGINEER)
    name = f'attachment; filename="hazardlens-{form}-20260304T120000Z.zip"'
    assert (answer.headers["content-disposition"], answer.headers["cache-control"]) == (name, "no-store")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert set(archive.namelist()) == {entry.format(id=report_id) for entry in inside}


def test_it_works_on_each_database(store_url: str, tmp_path: Path) -> None:
    with serving(authenticate=authenticate_by_header, now=lambda: NOW, database_url=store_url) as client:
        ids = {_add(client, photos=[grey_photo(shade=shade)] * 2, seen=[[HEAP], []]) for shade in range(3)}
        for report_id in ids:
            _decide(client, report_id)
        assert set(_exported(client, tmp_path, **{"from": "2026-03-01", "category": "stacked_clutter"})) == ids
        assert set(_exported(client, tmp_path, to="2026-03-01")) == set()


def test_filters(client: TestClient, tmp_path: Path) -> None:
    early, late = _add(client, model_version="2026.1"), _add(client, model_version="2026.2")
    _decide(client, early)
    _decide(client, late, verdict="correct", category="blocked_fire_exit", reason="wrong_category")
    with _services(client).store.write() as connection:
        connection.execute(update(reports).where(reports.c.id == early).values(decided_at=NOW - timedelta(days=3)))
    for query, expected in (
        ({"from": "2026-03-02"}, {late}),
        ({"to": "2026-03-02"}, {early}),
        ({"from": "2026-03-01T20:00:00+08:00", "to": "2026-03-04T12:00:00Z"}, {early}),
        ({"category": "blocked_fire_exit"}, {late}),
        ({"model_version": "2026.1"}, {early}),
        ({"model_version": "2026.3"}, set()),
    ):
        assert set(_exported(client, tmp_path, **query)) == expected, query


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("form=csv", "field_invalid"),
        ("from=yesterday", "field_invalid"),
        ("from=2026-03-01T10:00:00", "field_invalid"),
        ("from=2026-03-02&to=2026-03-02", "field_invalid"),
        ("category=hole", "field_invalid"),
        ("include_text=yes", "field_invalid"),
        ("form=coco&form=yolo", "field_invalid"),
        (f"model_version={'x' * 101}", "field_invalid"),
        ("since=2026-03-02", "field_unknown"),
    ],
)
def test_refuses_what_it_does_not_understand(client: TestClient, query: str, code: str) -> None:
    problem_of(client.get(f"/v1/exports?{query}", headers=ENGINEER), 422, code)


@pytest.mark.parametrize("role", Role)
def test_only_engineers_and_administrators_may(client: TestClient, role: Role) -> None:
    answer = client.get("/v1/exports", headers=headers_of("somebody", role))
    if role in {Role.ENGINEER, Role.ADMINISTRATOR}:
        assert answer.status_code == 200
    else:
        problem_of(answer, 403, "forbidden")
    problem_of(client.get("/v1/exports"), 401, "unauthenticated")


def test_who_exported_what_is_written_down(client: TestClient) -> None:
    _decide(client, _add(client))
    client.get(
        "/v1/exports", params={"form": "coco", "include_text": "true"}, headers={**ENGINEER, "X-Request-ID": "r-7"}
    )
    with _services(client).store.read() as connection:
        (event,) = connection.execute(select(audit_events)).mappings()
    assert (event["actor"], event["action"]) == ("account:wang", "reports_exported")
    assert event["target"] == "export:hazardlens-coco-20260304T120000Z"
    assert (event["detail"]["reports"], event["detail"]["form"]) == (1, "coco")
    assert event["detail"]["filters"]["include_text"] is True
    assert event["request_id"] == "r-7"


def _blob_of(client: TestClient, report_id: str) -> Path:
    """Where the report's photo is kept."""
    services = _services(client)
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
    lost, kept = _add(client, photos=[grey_photo(shade=10)]), _add(client, photos=[grey_photo(shade=20)])
    for report_id in (lost, kept):
        _decide(client, report_id)
    lose(_blob_of(client, lost))
    path = tmp_path / "export.zip"
    path.write_bytes(_zip(client))
    with read_export(path) as export:
        assert [report.report_id for report in export.reports()] == [kept]
        assert export.manifest.left_out == (lost,)


def test_reports_of_one_place_share_a_group(client: TestClient, tmp_path: Path) -> None:
    places = [(31.2304, 121.4737), (31.2296, 121.4743), (31.3, 121.4737)]
    ids = [
        _add(client, photos=[grey_photo(shade=10 * n)], latitude=latitude, longitude=longitude)
        for n, (latitude, longitude) in enumerate(places)
    ]
    for report_id in ids:
        _decide(client, report_id)
    found = _exported(client, tmp_path)
    groups = [found[report_id].group for report_id in ids]
    assert groups[0] == groups[1] != groups[2]


def test_nothing_is_left_on_disk(client: TestClient) -> None:
    _decide(client, _add(client))
    data = _services(client).settings.data_path
    before = {path for path in data.rglob("*") if "sqlite3" not in path.name}
    for form in ("reviewed", "yolo"):
        _zip(client, form=form)
    assert {path for path in data.rglob("*") if "sqlite3" not in path.name} == before


def test_an_export_of_nothing_is_an_export(client: TestClient, tmp_path: Path) -> None:
    assert _exported(client, tmp_path) == {}
    with zipfile.ZipFile(io.BytesIO(_zip(client, form="label_studio"))) as archive:
        assert json.loads(archive.read("tasks.json")) == []
