"""Labels that were looked for later: a table of boxes, laid over the labels of a pool in a pool of its own.

The table has a row per box, and a row without a box where a label was looked for and is absent. It names photos by name
and sha256, so that it can be kept without them.
"""

import csv
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from hazardlens.model.boxes import xyxy_to_cxcywh
from hazardlens.training.data.records import PhotoRecord, label_path, read_labels, read_records
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError

COLUMNS: Final = ("photo", "sha256", "label", "x_min", "y_min", "x_max", "y_max")

Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class AddedLabel:
    """A label that was looked for on a photo.

    Attributes:
        photo: its name in photos.csv.
        sha256: of its file.
        label: what was looked for, completely.
        boxes: (x_min, y_min, x_max, y_max) of each, fractions of the photo's width and height; none where it is absent.
    """

    photo: str
    sha256: str
    label: str
    boxes: tuple[Corners, ...]


def read_added(path: Path) -> list[AddedLabel]:
    """The table at `path`, a value per photo and label, in the order of their first rows.

    Raises:
        DatasetMissingError: it cannot be read.
        DatasetInvalidError: a row breaks the format; the message names it.
    """
    try:
        reader = csv.DictReader(path.read_text("utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetMissingError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from error
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise DatasetInvalidError(f"{path}: expected the header {','.join(COLUMNS)}")
    rows: dict[tuple[str, str, str], list[Corners | None]] = {}
    for row in reader:
        where = f"{path} line {reader.line_num}"
        key = row["photo"], row["sha256"], row["label"]
        boxes = rows.setdefault(key, [])
        boxes.append(_corners(row, where))
        if None in boxes and len(boxes) > 1:
            raise DatasetInvalidError(f"{where}: {row['photo']} has {row['label']} and has it not, or not twice")
    return [
        AddedLabel(photo, sha256, label, tuple(box for box in boxes if box is not None))
        for (photo, sha256, label), boxes in rows.items()
    ]


def write_with_added(root: Path, added: Sequence[AddedLabel], out: Path) -> Counter[str]:
    """Write the pool at `root` with `added` into the new folder `out`; photos are linked where the disk can do that.

    Returns:
        Boxes that were added, by label; a label that was nowhere found counts 0.

    Raises:
        DatasetMissingError: a file of the pool is not there.
        DatasetInvalidError: `out` is there already; a photo of `added` is not in the pool or another file there; a
            label is unknown, or was looked for on that photo before.
    """
    if out.exists():
        raise DatasetInvalidError(f"{out}: is there already")
    names, records = read_labels(root), {record.photo: record for record in read_records(root)}
    for each in added:
        _check(each, names, records)
    by_photo: dict[str, list[AddedLabel]] = {}
    for each in added:
        by_photo.setdefault(each.photo, []).append(each)
    for folder in ("photos", "labels"):
        (out / folder).mkdir(parents=True)
    shutil.copyfile(root / "labels.txt", out / "labels.txt")
    for record in records.values():
        _link(record.path, out / record.photo)
        text = label_path(root, record.photo).read_text("utf-8")
        lines = [_line(each, names, box) for each in by_photo.get(record.photo, ()) for box in each.boxes]
        label_path(out, record.photo).write_text("\n".join([*text.splitlines(), *lines]) + "\n", "utf-8")
    _write_rows(root, out, by_photo)
    counted = Counter({each.label: 0 for each in added})
    for each in added:
        counted[each.label] += len(each.boxes)
    return counted


def _corners(row: Mapping[str, str | None], where: str) -> Corners | None:
    cells = [row[column] or "" for column in COLUMNS[3:]]
    if not any(cells):
        return None
    try:
        x_min, y_min, x_max, y_max = (float(cell) for cell in cells)
    except ValueError as error:
        raise DatasetInvalidError(f"{where}: expected four numbers or none, found {cells}") from error
    if not (0 <= x_min < x_max <= 1 and 0 <= y_min < y_max <= 1):
        raise DatasetInvalidError(f"{where}: the box is empty or leaves the photo: {cells}")
    return x_min, y_min, x_max, y_max


def _check(added: AddedLabel, names: Sequence[str], records: Mapping[str, PhotoRecord]) -> None:
    record = records.get(added.photo)
    if record is None or record.sha256 != added.sha256:
        raise DatasetInvalidError(
            f"{added.photo}: {'is not in the pool' if record is None else 'is another file there'}"
        )
    if added.label not in names:
        raise DatasetInvalidError(f"{added.photo}: {added.label} is not in labels.txt")
    if added.label in record.looked_for or added.label in record.labels:
        raise DatasetInvalidError(f"{added.photo}: {added.label} was looked for before")


def _line(added: AddedLabel, names: Sequence[str], box: Corners) -> str:
    (sides,) = xyxy_to_cxcywh(np.array([box], np.float32))
    return f"{names.index(added.label)} {' '.join(f'{side:.5f}' for side in sides)}"


def _link(photo: Path, target: Path) -> None:
    try:
        os.link(photo, target)
    except OSError:  # another disk, or one that knows no links
        shutil.copyfile(photo, target)


def _write_rows(root: Path, out: Path, by_photo: Mapping[str, Sequence[AddedLabel]]) -> None:
    with (root / "photos.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        columns, rows = reader.fieldnames or (), list(reader)
    for row in rows:
        each = by_photo.get(row["photo"], ())
        row["looked_for"] = " ".join([*row["looked_for"].split(), *(added.label for added in each)])
        row["labels"] = " ".join(sorted({*row["labels"].split(), *(added.label for added in each if added.boxes)}))
    with (out / "photos.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
