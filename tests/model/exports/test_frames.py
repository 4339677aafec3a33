"""Frames of clips in an export: told as such in every form, together on one side, and unknown to the first version."""

import csv
import json
from pathlib import Path

import pytest

from hazardlens.model.errors import ExportInvalidError
from hazardlens.model.exports import ExportItem, ReviewedReport, read_export
from hazardlens.model.exports.corrections import corrected_items, read_label_studio
from hazardlens.model.exports.forms import FormName
from support.exports import Drawn, item, make_export, make_form, of_clip

HEAP: Drawn = ("stacked_clutter", (2, 3, 40, 41))
CLIP = "c" * 64


@pytest.fixture
def mixed() -> ExportItem:
    """A photo, and two frames of a clip."""
    return of_clip(item(1, [HEAP], [HEAP], []), 0.5, 12.25)


def test_a_line_tells_of_frames_and_says_nothing_new_of_photos(mixed: ExportItem) -> None:
    line = mixed.report.line()
    photo, *frames = json.loads(line)["photos"]
    assert "video" not in photo
    assert [frame["video"] for frame in frames] == [
        {"sha256": CLIP, "time_s": 0.5},
        {"sha256": CLIP, "time_s": 12.25},
    ]
    assert ReviewedReport.model_validate_json(line) == mixed.report


def test_an_export_with_frames_is_of_a_version_of_its_own(tmp_path: Path, mixed: ExportItem) -> None:
    versions = {}
    for name, items in {"photos": [item(2, [HEAP])], "frames": [item(2, [HEAP]), mixed]}.items():
        with read_export(make_export(tmp_path / name, items)) as export:
            assert list(export.reports()) == [one.report for one in items]
            versions[name] = export.manifest.schema_version
    assert versions == {"photos": 1, "frames": 2}


def test_frames_are_refused_where_the_version_has_none(tmp_path: Path, mixed: ExportItem) -> None:
    file = make_export(tmp_path / "out", [mixed]) / "export.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "schema_version": 1}))
    with pytest.raises(ExportInvalidError, match="frames of a clip"):
        read_export(file.parent)


def test_coco_says_which_moment_an_image_shows(tmp_path: Path, mixed: ExportItem) -> None:
    folder = make_form(tmp_path / "coco", FormName.COCO, [mixed])
    images = json.loads((folder / "annotations/instances.json").read_text())["images"]
    assert [image.get("video") for image in images] == [
        None,
        {"sha256": CLIP, "time_s": 0.5},
        {"sha256": CLIP, "time_s": 12.25},
    ]
    assert {image["group"] for image in images} == {mixed.report.group}


def test_yolo_lists_frames_and_keeps_those_of_a_clip_on_one_side(tmp_path: Path, mixed: ExportItem) -> None:
    clips = [of_clip(item(number, *[[HEAP]] * 4), 0, 1, 2, 3) for number in range(10, 30)]
    folder = make_form(tmp_path / "yolo", FormName.YOLO, [mixed, *clips])
    with (folder / "frames.csv").open() as stream:
        rows = list(csv.reader(stream))
    name = mixed.report.report_id
    assert rows[:3] == [
        ["image", "clip_sha256", "time_s"],
        [f"{name}-1.png", CLIP, "0.500"],
        [f"{name}-2.png", CLIP, "12.250"],
    ]
    train, val = (
        {Path(line).name.partition("-")[0] for line in (folder / f"{side}.txt").read_text().splitlines()}
        for side in ("train", "val")
    )
    assert train
    assert val
    assert train & val == set()


def test_yolo_without_frames_has_no_list_of_them(tmp_path: Path) -> None:
    assert not (make_form(tmp_path / "yolo", FormName.YOLO, [item(1, [HEAP])]) / "frames.csv").exists()


def test_a_box_that_label_studio_corrected_is_still_on_its_frame(tmp_path: Path, mixed: ExportItem) -> None:
    tasks = json.loads((make_form(tmp_path / "tasks", FormName.LABEL_STUDIO, [mixed]) / "tasks.json").read_text())
    assert [task["data"].get("video") for task in tasks] == [
        None if photo.video is None else photo.video.model_dump() for photo in mixed.report.photos
    ]
    for task in tasks:
        task["annotations"] = [{"result": [], "updated_at": "2026-04-01T08:00:00Z", "completed_by": 7}]
    (tmp_path / "labels.json").write_text(json.dumps(tasks))
    with read_export(make_export(tmp_path / "out", [mixed])) as export:
        (after,) = corrected_items(export, read_label_studio(tmp_path / "labels.json"))
    assert [photo.boxes for photo in after.report.photos] == [(), (), ()]
    assert [photo.video for photo in after.report.photos] == [photo.video for photo in mixed.report.photos]
