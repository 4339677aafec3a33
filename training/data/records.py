"""The labelled photos of a data set on disk, as frozen values.

A data set is a folder with `photos.csv` (a row per photo), `labels.txt` (a label per line), `labels/` (boxes, one text
file per photo) and `photos/`. What a row means, most of all `looked_for`, is written in the data set's own README and
in `datasets/`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError

Boxes = npt.NDArray[np.float32]

COLUMNS: Final = (
    "photo", "width", "height", "sha256", "source", "licence", "provenance", "group", "looked_for", "labels",
)  # fmt: skip
_ROUNDING: Final = 1e-4  # label files keep five or six decimals, so a box may stick out by that much


@dataclass(frozen=True, slots=True, eq=False)
class PhotoRecord:
    """One labelled photo.

    Attributes:
        path: absolute path of the picture.
        photo: its name in photos.csv, which is how manifests and reports call it.
        width: pixels, upright.
        height: pixels, upright.
        sha256: of the file, as the data set states it.
        source: the data set that it came from.
        licence: as stated by its source.
        provenance: `own`, `open`, `unclear` or `rendered`.
        group: the place, walk or video that it belongs to; a split never parts a group.
        looked_for: labels that were searched for on this photo, completely; any other is unknown here, not absent.
        labels: one label per box.
        boxes_cxcywh: (N, 4) float32, fractions of the photo's width and height.
    """

    path: Path
    photo: str
    width: int
    height: int
    sha256: str
    source: str
    licence: str
    provenance: str
    group: str
    looked_for: frozenset[str]
    labels: tuple[str, ...]
    boxes_cxcywh: Boxes

    def boxes_of(self, label: str) -> int:
        """How many boxes of `label` the photo has."""
        return self.labels.count(label)


def read_labels(root: Path) -> tuple[str, ...]:
    """The label names of a data set, in the order of their ids.

    Raises:
        DatasetMissingError: there is no labels.txt.
        DatasetInvalidError: it is empty or names a label twice.
    """
    path = root / "labels.txt"
    names = tuple(line.strip() for line in _read_text(path).splitlines() if line.strip())
    if not names or len(set(names)) != len(names):
        raise DatasetInvalidError(f"{path}: expected one label per line, each once, found {list(names)}")
    return names


def read_records(root: Path) -> list[PhotoRecord]:
    """All photos of the data set at `root`, in the order of photos.csv. Pictures are not opened.

    Raises:
        DatasetMissingError: a file or a photo is not there.
        DatasetInvalidError: a row or a label file breaks the format.
    """
    root = root.resolve()
    names = read_labels(root)
    path = root / "photos.csv"
    reader = csv.DictReader(_read_text(path).splitlines())
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise DatasetInvalidError(f"{path}: the header lacks {', '.join(missing)}")
    records = [_record(root, names, row, f"{path} line {reader.line_num}") for row in reader]
    _refuse_twins(path, records)
    return records


def label_path(root: Path, photo: str) -> Path:
    """Where the boxes of `photo` are kept."""
    return root / "labels" / f"{Path(photo).stem}.txt"


def _record(root: Path, names: tuple[str, ...], row: Mapping[str, str | None], where: str) -> PhotoRecord:
    cells = {column: row[column] or "" for column in COLUMNS}
    path = root / cells["photo"]
    if not path.is_file():
        raise DatasetMissingError(f"{where}: there is no {path}")
    labels, boxes = read_boxes(label_path(root, cells["photo"]), names)
    looked_for = frozenset(cells["looked_for"].split())
    unknown = sorted((looked_for | set(cells["labels"].split())) - set(names))
    if unknown:
        raise DatasetInvalidError(f"{where}: {', '.join(unknown)} is not in labels.txt")
    return PhotoRecord(
        path=path,
        photo=cells["photo"],
        width=_size(cells["width"], where),
        height=_size(cells["height"], where),
        sha256=cells["sha256"],
        source=cells["source"],
        licence=cells["licence"],
        provenance=cells["provenance"],
        group=cells["group"],
        looked_for=looked_for,
        labels=labels,
        boxes_cxcywh=boxes,
    )


def read_boxes(path: Path, names: tuple[str, ...]) -> tuple[tuple[str, ...], Boxes]:
    """Labels and (N, 4) boxes (centre and size, fractions) of one label file.

    Raises:
        DatasetMissingError: there is no such file.
        DatasetInvalidError: a line is not `id cx cy w h`, or its box leaves the photo.
    """
    labels: list[str] = []
    boxes: list[tuple[float, ...]] = []
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path} line {number}"
        try:
            label_id, *box = line.split()
            labels.append(names[_index(label_id, len(names))])
            boxes.append(tuple(float(value) for value in box))
        except ValueError as error:
            raise DatasetInvalidError(f"{where}: expected `id cx cy w h`, found {line!r}") from error
        _check_box(boxes[-1], where)
    return tuple(labels), np.asarray(boxes, np.float32).reshape(-1, 4)


def _index(text: str, count: int) -> int:
    index = int(text)
    if not 0 <= index < count:
        raise ValueError(text)
    return index


def _check_box(box: tuple[float, ...], where: str) -> None:
    if len(box) != 4 or not np.isfinite(box).all():
        raise DatasetInvalidError(f"{where}: expected four finite numbers after the id, found {list(box)}")
    centre_x, centre_y, width, height = box
    inside = (
        width > 0
        and height > 0
        and min(centre_x - width / 2, centre_y - height / 2) >= -_ROUNDING
        and max(centre_x + width / 2, centre_y + height / 2) <= 1 + _ROUNDING
    )
    if not inside:
        raise DatasetInvalidError(f"{where}: the box is empty or leaves the photo: {list(box)}")


def _size(text: str, where: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise DatasetInvalidError(f"{where}: expected a width and height in pixels, found {text!r}")
    return int(text)


def _refuse_twins(path: Path, records: list[PhotoRecord]) -> None:
    seen: set[str] = set()
    for record in records:
        if record.photo in seen:
            raise DatasetInvalidError(f"{path}: {record.photo} is listed twice")
        seen.add(record.photo)


def _read_text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise DatasetInvalidError(f"{path}: not UTF-8 text") from error
    except OSError as error:
        raise DatasetMissingError(f"{path}: {error.strerror}") from error
