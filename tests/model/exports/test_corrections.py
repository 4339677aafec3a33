"""Boxes that people corrected in Label Studio come back, and what cannot be one of our boxes is refused by name."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hazardlens.model.errors import ExportInvalidError, ExportMissingError
from hazardlens.model.exports import ReviewedReport, read_export
from hazardlens.model.exports.corrections import corrected_items, read_label_studio
from hazardlens.model.exports.forms import FormName
from support.exports import item, make_export, make_form, two_items

Tasks = list[dict[str, Any]]
LATER = "2026-03-05T08:00:00Z"


@pytest.fixture
def tasks(tmp_path: Path) -> Tasks:
    """What Label Studio exports when nobody changed anything: the second photo and the second report are empty."""
    out = make_form(tmp_path / "label_studio", FormName.LABEL_STUDIO, two_items())
    found: Tasks = json.loads((out / "tasks.json").read_text())
    for task in found:
        task["annotations"][0] |= {"updated_at": LATER, "completed_by": {"id": 7, "email": "li@example.com"}}
    return found


def _region(tasks: Tasks, at: int = 0) -> dict[str, Any]:
    region: dict[str, Any] = tasks[0]["annotations"][0]["result"][at]
    return region


def _write(folder: Path, document: object) -> Path:
    file = folder / "back.json"
    file.write_text(json.dumps(document))
    return file


def _imported(folder: Path, tasks: Tasks) -> list[ReviewedReport]:
    corrections = read_label_studio(_write(folder, tasks))
    with read_export(make_export(folder / "export")) as export:
        return [found.report for found in corrected_items(export, corrections)]


def test_what_nobody_changed_stays_as_it_was(tmp_path: Path, tasks: Tasks) -> None:
    _region(tasks)  # the order in which boxes come back is no change
    tasks[0]["annotations"][0]["result"].reverse()
    assert _imported(tmp_path, tasks) == [item.report for item in two_items()]


def test_a_corrected_box_is_a_correction_by_who_made_it(tmp_path: Path, tasks: Tasks) -> None:
    _region(tasks)["value"]["x"] = 100 * 10 / 65
    (report, untouched) = _imported(tmp_path, tasks)
    assert [box.box.xyxy for box in report.photos[0].boxes] == [(10, 3, 48, 41), (0, 0, 9, 30)]
    assert (report.verdict, report.reason, report.decided_by) == ("correct", "wrong_box", "label_studio:7")
    assert report.decided_at == datetime(2026, 3, 5, 8, tzinfo=UTC)
    assert [(entry.kind, entry.verdict, entry.reviewer) for entry in report.reviews] == [
        ("imported", "correct", "label_studio:7")
    ]
    assert untouched == two_items()[1].report


def test_a_rejected_report_gets_its_boxes_and_stays_rejected(tmp_path: Path, tasks: Tasks) -> None:
    tasks[2]["annotations"][0]["result"] = [
        {**_region(tasks), "original_width": 66, "original_height": 48},
    ]
    report = _imported(tmp_path, tasks)[1]
    assert (report.verdict, len(report.photos[0].boxes)) == ("reject", 1)


def test_the_annotation_that_was_saved_last_counts(tmp_path: Path, tasks: Tasks) -> None:
    last = {"result": [], "updated_at": "2026-03-06T08:00:00Z", "completed_by": 8}
    skipped = {**last, "updated_at": "2026-03-07T08:00:00Z", "was_cancelled": True}
    tasks[0]["annotations"] = [last, tasks[0]["annotations"][0], skipped]
    report = _imported(tmp_path, tasks)[0]
    assert (report.photos[0].boxes, report.decided_by) == ((), "label_studio:8")


def test_a_task_that_was_only_skipped_changes_nothing(tmp_path: Path, tasks: Tasks) -> None:
    tasks[0]["annotations"] = [{"result": [], "updated_at": LATER, "was_cancelled": True}]
    assert _imported(tmp_path, tasks)[0] == two_items()[0].report


@pytest.mark.parametrize(
    ("x", "width", "expected"),
    [(0, 100, (0, 65)), (-0.001, 100.001, (0, 65)), (50.1, 0, (32, 33)), (100, 0, (64, 65)), (9.9, 20.1, (6, 20))],
    ids=["all of it", "over the edge", "a click", "a click on the edge", "by hand"],
)
def test_what_was_drawn_by_hand_becomes_whole_pixels(
    tmp_path: Path, tasks: Tasks, x: float, width: float, expected: tuple[int, int]
) -> None:
    _region(tasks)["value"] |= {"x": x, "width": width}
    (photo, *_) = read_label_studio(_write(tmp_path, tasks))
    assert (photo.boxes[0].box.x_min, photo.boxes[0].box.x_max) == expected


WRONG: dict[str, tuple[Callable[[Tasks], object], str]] = {
    "another shape": (lambda tasks: _region(tasks).update(type="polygonlabels"), "rectanglelabels"),
    "a turned box": (lambda tasks: _region(tasks)["value"].update(rotation=5), "rotation"),
    "a turned photo": (lambda tasks: _region(tasks).update(image_rotation=90), "image_rotation"),
    "a box without label": (lambda tasks: _region(tasks)["value"].update(rectanglelabels=[]), "rectanglelabels"),
    "two labels on a box": (
        lambda tasks: _region(tasks)["value"].update(rectanglelabels=["exit_door", "exit_sign"]),
        "rectanglelabels",
    ),
    "a box off the photo": (lambda tasks: _region(tasks)["value"].update(x=120), "x"),
    "two sizes": (lambda tasks: _region(tasks).update(original_width=66), "two sizes"),
    "a task of another project": (lambda tasks: tasks[0].update(data={"image": "a.jpg"}), "report_id"),
}


@pytest.mark.parametrize(("spoil", "why"), WRONG.values(), ids=WRONG)
def test_refuses(tmp_path: Path, tasks: Tasks, spoil: Callable[[Tasks], object], why: str) -> None:
    spoil(tasks)
    with pytest.raises(ExportInvalidError, match=why):
        read_label_studio(_write(tmp_path, tasks))


@pytest.mark.parametrize("document", [{}, "text", [1]], ids=["an object", "text", "numbers"])
def test_refuses_what_is_no_export_of_label_studio(tmp_path: Path, document: object) -> None:
    with pytest.raises(ExportInvalidError, match=r"back\.json"):
        read_label_studio(_write(tmp_path, document))


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ExportMissingError, match="nowhere"):
        read_label_studio(tmp_path / "nowhere.json")


FOREIGN: dict[str, tuple[Callable[[Tasks], object], str]] = {
    "of another report": (lambda tasks: tasks[0]["data"].update(report_id="f" * 32), "not in this export"),
    "that its report does not have": (lambda tasks: tasks[0]["data"].update(photo=5), "not in this export"),
    "of other content": (lambda tasks: tasks[0]["data"].update(sha256="f" * 64), "another one"),
    "of another size": (
        lambda tasks: [region.update(original_width=66) for region in tasks[0]["annotations"][0]["result"]],
        "another size",
    ),
}


@pytest.mark.parametrize(("spoil", "why"), FOREIGN.values(), ids=FOREIGN)
def test_refuses_a_photo(tmp_path: Path, tasks: Tasks, spoil: Callable[[Tasks], object], why: str) -> None:
    spoil(tasks)
    with pytest.raises(ExportInvalidError, match=why):
        _imported(tmp_path, tasks)


def test_what_comes_back_is_an_export_again(tmp_path: Path, tasks: Tasks) -> None:
    _region(tasks)["value"]["rectanglelabels"] = ["loose_tile"]
    corrections = read_label_studio(_write(tmp_path, tasks))
    with read_export(make_export(tmp_path / "export")) as export:
        folder = make_export(tmp_path / "corrected", corrected_items(export, corrections))
    with read_export(folder) as corrected:
        assert [report.verdict for report in corrected.reports()] == ["correct", "reject"]
        assert corrected.manifest.counts.boxes == {"exit_door": 1, "loose_tile": 1}
    assert item(1, []).report.verdict == "confirm"
