"""Frames of clips in exports: with the boxes drawn on them and the moment they show; never the clip itself."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, update
from starlette.testclient import TestClient

from hazardlens.model.exports import ClipMoment, ReviewedReport, read_export
from hazardlens.serve.access.roles import Role
from hazardlens.serve.store.tables import report_media
from support.intake import photo_of, services_behind
from support.people import authenticate_by_header, headers_of
from support.scripted_clips import PREVIEW, ScriptedClips, clip_of
from support.serving import serving, wait_until

LI: Final = headers_of("li")
ENGINEER: Final = headers_of("wang", Role.ENGINEER)
DRAWN: Final = {"label": "stacked_clutter", "box": {"x_min": 11, "y_min": 12, "x_max": 101, "y_max": 99}}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with serving(authenticate=authenticate_by_header, clips=ScriptedClips()) as client:
        yield client


def _sent(client: TestClient, *files: tuple[str, bytes]) -> dict[str, Any]:
    """A report with a clip, once the machine has looked at it."""
    sent = client.post("/v1/reports", data={"text": "楼道堆物"}, files=[("file", file) for file in files])
    assert sent.status_code == 201, sent.text
    path = f"/v1/reports/{sent.json()['id']}"
    wait_until(lambda: client.get(path, headers=LI).json()["work"]["state"] == "done")
    report: dict[str, Any] = client.get(path, headers=LI).json()
    return report


def _decide(client: TestClient, report: dict[str, Any], **body: Any) -> None:  # noqa: ANN401 - JSON
    path = f"/v1/reports/{report['id']}"
    claimed = client.post(f"{path}/claim", json={"version": report["version"]}, headers=LI).json()
    sent = {"category": "stacked_clutter", "urgency": "immediate", **body, "version": claimed["version"]}
    answer = client.post(f"{path}/review", json=sent, headers=LI)
    assert answer.status_code == 200, answer.text


def _export(client: TestClient, path: Path, form: str = "reviewed") -> Path:
    answer = client.get("/v1/exports", params={"form": form}, headers=ENGINEER)
    assert answer.status_code == 200, answer.text
    path.write_bytes(answer.content)
    return path


def _reports(path: Path) -> list[ReviewedReport]:
    with read_export(path) as export:
        return list(export.reports())


def test_a_box_on_a_frame_comes_out_with_its_moment_and_the_clip_stays_inside(
    client: TestClient, tmp_path: Path
) -> None:
    report = _sent(client, ("yard.mp4", clip_of(1)), ("a.jpg", photo_of(7)))
    assert [media["kind"] for media in report["media"]] == ["image", "video", "frame", "frame"]
    _decide(client, report, verdict="correct", reason="wrong_box", boxes=[[], [], [DRAWN], []])

    path = _export(client, tmp_path / "export.zip")
    (exported,) = _reports(path)
    clip = hashlib.sha256(clip_of(1)).hexdigest()
    assert [photo.video for photo in exported.photos] == [
        None,
        ClipMoment(sha256=clip, time_s=4.0),
        ClipMoment(sha256=clip, time_s=8.0),
    ]
    assert [[box.model_dump() for box in photo.boxes] for photo in exported.photos] == [[], [DRAWN], []]
    assert [len(photo.predicted) for photo in exported.photos] == [0, 1, 1]
    assert [(photo.width, photo.height) for photo in exported.photos] == [(320, 240)] * 3
    with zipfile.ZipFile(path) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert clip_of(1) not in everything
    assert PREVIEW not in everything


@pytest.mark.parametrize(
    ("form", "file"),
    [("coco", "annotations/instances.json"), ("yolo", "frames.csv"), ("label_studio", "tasks.json")],
)
def test_every_form_tells_of_frames(client: TestClient, tmp_path: Path, form: str, file: str) -> None:
    _decide(client, _sent(client, ("yard.mp4", clip_of(1))), verdict="correct", reason="wrong_urgency")
    with zipfile.ZipFile(_export(client, tmp_path / "export.zip", form)) as archive:
        images = [name for name in archive.namelist() if name.startswith("images/")]
        told = archive.read(file).decode()
    assert len(images) == 2
    assert told.count(hashlib.sha256(clip_of(1)).hexdigest()) == 2


def test_frames_of_a_clip_that_is_no_longer_kept_still_teach(client: TestClient, tmp_path: Path) -> None:
    report = _sent(client, ("yard.mp4", clip_of(1)))
    _decide(client, report, verdict="correct", reason="wrong_urgency")
    with services_behind(client).store.write() as connection:
        connection.execute(update(report_media).where(report_media.c.kind == "video").values(sha256=""))
    (exported,) = _reports(_export(client, tmp_path / "export.zip"))
    assert [photo.video and photo.video.sha256 for photo in exported.photos] == [None, None]
    assert [photo.video and photo.video.time_s for photo in exported.photos] == [4.0, 8.0]


def test_frames_that_came_after_the_decision_stay_out(client: TestClient, tmp_path: Path) -> None:
    report = _sent(client, ("a.jpg", photo_of(7)), ("yard.mp4", clip_of(1)))
    with services_behind(client).store.write() as connection:
        rows = connection.execute(report_media.select().where(report_media.c.kind == "frame")).mappings().all()
        connection.execute(delete(report_media).where(report_media.c.kind == "frame"))
    _decide(client, report, verdict="correct", reason="wrong_box", boxes=[[DRAWN], []])
    with services_behind(client).store.write() as connection:
        connection.execute(report_media.insert(), [dict(row) for row in rows])
    (exported,) = _reports(_export(client, tmp_path / "export.zip"))
    assert [photo.video for photo in exported.photos] == [None]


def test_a_clip_without_a_single_frame_is_left_out_by_name(client: TestClient, tmp_path: Path) -> None:
    report = _sent(client, ("yard.mp4", clip_of(1)))
    with services_behind(client).store.write() as connection:
        connection.execute(delete(report_media).where(report_media.c.kind == "frame"))
    _decide(client, report, verdict="reject", reason="other", category=None, urgency=None)
    with zipfile.ZipFile(_export(client, tmp_path / "export.zip")) as archive:
        assert json.loads(archive.read("export.json"))["left_out"] == [report["id"]]


def test_reports_with_the_same_clip_are_of_one_group(client: TestClient, tmp_path: Path) -> None:
    for photo in (7, 8):
        report = _sent(client, ("a.jpg", photo_of(photo)), ("yard.mp4", clip_of(1)))
        with services_behind(client).store.write() as connection:  # no frame ties the two: only the clip does
            frames = report_media.c.kind == "frame"
            connection.execute(delete(report_media).where(frames))
        _decide(client, report, verdict="correct", reason="wrong_box", boxes=[[DRAWN], []])
    groups = {report.group for report in _reports(_export(client, tmp_path / "export.zip"))}
    assert len(groups) == 1
