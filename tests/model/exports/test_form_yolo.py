"""Ultralytics reads the YOLO form with its own code: the same boxes, every photo, and none that is shown twice."""

import csv
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from hazardlens.model.exports import ExportItem
from hazardlens.model.exports.forms import FormName
from support.exports import Drawn, item, make_form

ITEMS = [item(number, [("stacked_clutter", (number, 3, 40, 41)), ("exit_door", (0, 0, 9, 30))]) for number in range(9)]
NEGATIVES = [item(number, [], verdict="reject") for number in (11, 12)]


def _loaded(folder: Path) -> dict[str, Any]:
    """What ultralytics makes of `data.yaml`: it checks the data set, and reads each list with its labels."""
    from hazardlens.training.networks.backend import YOLODataset  # the door to ultralytics, so it comes first

    check_det_dataset = import_module("ultralytics.data.utils").check_det_dataset

    data = check_det_dataset(str(folder / "data.yaml"), autodownload=False)
    sides = {}
    for side in ("train", "val"):
        sides[side] = YOLODataset(img_path=data[side], data=data, task="detect", imgsz=640, augment=False).labels
    return {"names": data["names"], **sides}


def _boxes(label: dict[str, Any], names: dict[int, str]) -> list[Drawn]:
    height, width = label["shape"]
    found: list[Drawn] = []
    for number, (x, y, wide, high) in zip(label["cls"][:, 0], label["bboxes"], strict=True):
        corners = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        x_min, y_min, x_max, y_max = (
            round(float(value) * side) for value, side in zip(corners, (width, height) * 2, strict=True)
        )
        found.append((names[int(number)], (x_min, y_min, x_max, y_max)))
    return found


def _truth(items: list[ExportItem]) -> dict[str, list[Drawn]]:
    return {
        f"{item.report.report_id}-{n}": [(box.label, box.box.xyxy) for box in photo.boxes]
        for item in items
        for n, photo in enumerate(item.report.photos)
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_form(tmp_path / "yolo", FormName.YOLO, [*ITEMS, *NEGATIVES])


def test_ultralytics_finds_every_box_and_every_negative(folder: Path) -> None:
    loaded = _loaded(folder)
    labels = [*loaded["train"], *loaded["val"]]
    found = {Path(label["im_file"]).stem: _boxes(label, loaded["names"]) for label in labels}
    assert found == _truth([*ITEMS, *NEGATIVES])
    assert len(found) == len(labels), "no photo is on both sides"
    assert sum(not boxes for boxes in found.values()) == len(NEGATIVES)
    assert loaded["train"]
    assert loaded["val"]


def test_it_loads_from_wherever_it_lies(folder: Path, tmp_path: Path) -> None:
    moved = folder.rename(tmp_path / "somewhere else")
    assert len(_loaded(moved)["train"]) > 5


def test_photos_of_one_group_are_on_one_side(tmp_path: Path) -> None:
    items = [item(number, [], group=f"place/{number // 5}") for number in range(30)]
    folder = make_form(tmp_path / "yolo", FormName.YOLO, items)
    groups = {item.report.report_id: item.report.group for item in items}
    lists = {side: (folder / f"{side}.txt").read_text().splitlines() for side in ("train", "val")}
    sides = Counter(
        group for lines in lists.values() for group in {groups[Path(line).stem.partition("-")[0]] for line in lines}
    )
    assert set(sides.values()) == {1}
    assert len(sides) == 6
    assert all(lists.values())


def test_a_later_export_keeps_groups_on_their_side(tmp_path: Path) -> None:
    items = [item(number, []) for number in range(40)]
    first = make_form(tmp_path / "first", FormName.YOLO, items[:30])
    second = make_form(tmp_path / "second", FormName.YOLO, items)
    validating = set((second / "val.txt").read_text().splitlines())
    assert set((first / "val.txt").read_text().splitlines()) <= validating
    assert 1 < len(validating) < 20


def test_one_place_alone_is_on_both_sides_and_says_so(tmp_path: Path) -> None:
    folder = make_form(tmp_path / "yolo", FormName.YOLO, ITEMS[:1])
    assert (folder / "train.txt").read_text() == (folder / "val.txt").read_text() != ""
    assert "figures mean nothing" in (folder / "data.yaml").read_text()


def test_what_was_looked_for_is_beside_it(folder: Path) -> None:
    with (folder / "looked_for.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(ITEMS) + len(NEGATIVES)
    assert {row["looked_for"] for row in rows} == {"stacked_clutter blocked_exit"}
    assert all((folder / "images" / row["image"]).is_file() for row in rows)
