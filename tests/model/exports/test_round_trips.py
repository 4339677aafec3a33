"""Boxes there and back, to the pixel, through each form."""

import json
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings

from hazardlens.model.exports import ExportItem, read_export
from hazardlens.model.exports.corrections import read_label_studio
from hazardlens.model.exports.forms import FormName
from support.exports import BoxXyxy, Drawn, make_export, make_form, photo_file, reviewed_photo, reviewed_report

LABELS = ("blocked_exit", "stacked_clutter", "exit_door", "loose_tile")
WIDE = (9999, 1)
TALL = (3, 8191)


@st.composite
def _boxes_of(draw: st.DrawFn, size_wh: tuple[int, int]) -> BoxXyxy:
    x_min = draw(st.integers(0, size_wh[0] - 1))
    y_min = draw(st.integers(0, size_wh[1] - 1))
    return x_min, y_min, draw(st.integers(x_min + 1, size_wh[0])), draw(st.integers(y_min + 1, size_wh[1]))


@st.composite
def _photos(draw: st.DrawFn) -> tuple[tuple[int, int], list[Drawn]]:
    odd = st.tuples(st.integers(1, 311), st.integers(1, 311))
    size_wh = draw(st.one_of(odd, st.sampled_from([(1, 1), WIDE, TALL])))
    return size_wh, draw(st.lists(st.tuples(st.sampled_from(LABELS), _boxes_of(size_wh)), max_size=4))


@st.composite
def _items(draw: st.DrawFn) -> list[ExportItem]:
    """Reports of one or two photos, with boxes anywhere and photos of any shape."""
    items = []
    for number in range(draw(st.integers(1, 3))):
        photos = draw(st.lists(_photos(), min_size=1, max_size=2))
        contents = tuple(photo_file(size_wh) for size_wh, _ in photos)
        reviewed = [reviewed_photo(content, drawn) for content, (_, drawn) in zip(contents, photos, strict=True)]
        items.append(ExportItem(reviewed_report(number, reviewed), contents))
    return items


def _truth(items: list[ExportItem]) -> dict[str, list[Drawn]]:
    """Boxes by the name that other forms give a photo."""
    return {
        f"{item.report.report_id}-{n}": [(box.label, box.box.xyxy) for box in photo.boxes]
        for item in items
        for n, photo in enumerate(item.report.photos)
    }


@settings(max_examples=15)
@given(_items())
def test_reviewed(items: list[ExportItem]) -> None:
    with tempfile.TemporaryDirectory() as folder, read_export(make_export(Path(folder, "out"), items)) as export:
        found = [
            ExportItem(report, tuple(export.read_photo(photo) for photo in report.photos))
            for report in export.reports()
        ]
    assert found == items


@settings(max_examples=15)
@given(_items())
def test_coco(items: list[ExportItem]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = make_form(Path(folder, "out"), FormName.COCO, items)
        document = json.loads((out / "annotations/instances.json").read_text())
        assert all((out / "images" / image["file_name"]).is_file() for image in document["images"])
    names = {category["id"]: category["name"] for category in document["categories"]}
    found: dict[int, list[Drawn]] = {image["id"]: [] for image in document["images"]}
    for row in document["annotations"]:
        left, top, width, height = row["bbox"]
        assert (row["area"], row["iscrowd"]) == (width * height, 0)
        found[row["image_id"]].append((names[row["category_id"]], (left, top, left + width, top + height)))
    assert {Path(image["file_name"]).stem: found[image["id"]] for image in document["images"]} == _truth(items)
    assert all(image["looked_for"] == ["stacked_clutter", "blocked_exit"] for image in document["images"])


@settings(max_examples=15)
@given(_items())
def test_yolo(items: list[ExportItem]) -> None:
    sizes = {
        f"{item.report.report_id}-{n}": (photo.width, photo.height)
        for item in items
        for n, photo in enumerate(item.report.photos)
    }
    with tempfile.TemporaryDirectory() as folder:
        out = make_form(Path(folder, "out"), FormName.YOLO, items)
        files = {path.stem: path.read_text() for path in (out / "labels").iterdir()}
        names = [line.split('"')[1] for line in (out / "data.yaml").read_text().splitlines() if '"' in line]
        assert {path.stem for path in (out / "images").iterdir()} == set(files)
    found = {name: [_read_row(row, names, sizes[name]) for row in text.splitlines()] for name, text in files.items()}
    assert found == _truth(items)


def _read_row(row: str, names: list[str], size_wh: tuple[int, int]) -> Drawn:
    """A row of a label file, with single precision, as ultralytics reads it."""
    number, *shares = row.split()
    x, y, width, height = np.array(shares, np.float32) * np.array([*size_wh, *size_wh], np.float32)
    corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    x_min, y_min, x_max, y_max = (round(float(corner)) for corner in corners)
    return names[int(number)], (x_min, y_min, x_max, y_max)


@settings(max_examples=15)
@given(_items())
def test_label_studio(items: list[ExportItem]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = make_form(Path(folder, "out"), FormName.LABEL_STUDIO, items)
        tasks = json.loads((out / "tasks.json").read_text())
        for task in tasks:  # what Label Studio adds to an annotation
            task["annotations"][0] |= {"updated_at": "2026-03-05T08:00:00Z", "completed_by": 7}
        (out / "back.json").write_text(json.dumps(tasks))
        corrected = read_label_studio(out / "back.json")
    found = {f"{photo.report_id}-{photo.n}": [(box.label, box.box.xyxy) for box in photo.boxes] for photo in corrected}
    assert found == _truth(items)
    assert {photo.reviewer for photo in corrected} == {"label_studio:7"}
