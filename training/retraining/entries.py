"""Photos on their way into a dataset version: from reviewed exports, labelled photos of old, and a frozen test."""

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from hazardlens.model.exports import ReviewedExport, ReviewedPhoto, ReviewedReport
from hazardlens.model.images import decode_photo
from hazardlens.training.data.records import Boxes, PhotoRecord
from hazardlens.training.data.splits import SplitName
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError

REVIEWED: Final = "reviewed"
"""Source of all photos that came through reviews."""

NEVER: Final = datetime.min.replace(tzinfo=UTC)
_LICENCE: Final = "internal"
_READ_BY_ALL: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
"""Formats that the training loop reads; photos of others become PNG, pixel for pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One photo of a version.

    Attributes:
        record: as the version will list it.
        side: where it has to go; None leaves that to its place and time.
        decided_at: when a reviewer decided; None for photos that no review gave.
        also_groups: further groups that the photo belongs to, because it came with several reports.
    """

    record: PhotoRecord
    side: SplitName | None = None
    decided_at: datetime | None = None
    also_groups: frozenset[str] = frozenset()


def reviewed_entries(exports: Iterable[ReviewedExport], folder: Path) -> list[Entry]:
    """The photos of reviewed exports, written into `folder`/photos; of a photo in several reports the newest decision.

    Raises:
        ExportInvalidError: a line or a photo of an export is not as its format asks.
        ImageError: a photo cannot be decoded.
    """
    entries: dict[str, Entry] = {}
    for export in exports:
        for report in export.reports():
            for photo in report.photos:
                entry = _reviewed(export, report, photo, folder)
                known = entries.get(entry.record.photo)
                entries[entry.record.photo] = entry if known is None else _newest(known, entry)
    return list(entries.values())


def pool_entries(records: Iterable[PhotoRecord], side: SplitName, folder: Path) -> Iterator[Entry]:
    """Labelled photos that stay on one side, copied into `folder`/photos.

    Raises:
        DatasetMissingError: a photo cannot be read.
        DatasetInvalidError: a photo is not the one that its table states.
    """
    for record in records:
        try:
            content = record.path.read_bytes()
        except OSError as error:
            raise DatasetMissingError(f"{record.path}: {error.strerror}") from error
        found = hashlib.sha256(content).hexdigest()
        if found != record.sha256:
            raise DatasetInvalidError(f"{record.path}: sha256 is {found}, photos.csv says {record.sha256}")
        name, sha256 = _keep(content, record.path.suffix.lower(), folder)
        yield Entry(replace(record, path=folder / name, photo=name, sha256=sha256), side)


def pixels_of(record: PhotoRecord) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Labels and corners (x_min, y_min, x_max, y_max) in pixels, rounded to hundredths, in a fixed order."""
    size = np.asarray([record.width, record.height], np.float64)
    centres, sizes = record.boxes_cxcywh[:, :2].astype(float) * size, record.boxes_cxcywh[:, 2:].astype(float) * size
    corners = np.round(np.hstack([centres - sizes / 2, centres + sizes / 2]), 2) + 0.0
    return sorted((label, tuple(box)) for label, box in zip(record.labels, corners.tolist(), strict=True))


def _reviewed(export: ReviewedExport, report: ReviewedReport, photo: ReviewedPhoto, folder: Path) -> Entry:
    name, sha256 = _keep(export.read_photo(photo), Path(photo.file).suffix, folder)
    record = PhotoRecord(
        path=folder / name,
        photo=name,
        width=photo.width,
        height=photo.height,
        sha256=sha256,
        source=REVIEWED,
        licence=_LICENCE,
        provenance="own",
        group=report.group,
        looked_for=frozenset(report.looked_for),
        labels=tuple(item.label for item in photo.boxes),
        boxes_cxcywh=_fractions(photo),
    )
    return Entry(record, decided_at=report.decided_at)


def _fractions(photo: ReviewedPhoto) -> Boxes:
    corners = np.asarray([item.box.xyxy for item in photo.boxes], np.float64).reshape(-1, 4)
    size = np.asarray([photo.width, photo.height], np.float64)
    centres, sizes = (corners[:, :2] + corners[:, 2:]) / 2, corners[:, 2:] - corners[:, :2]
    return np.hstack([centres / size, sizes / size]).astype(np.float32)


def _newest(one: Entry, other: Entry) -> Entry:
    """The newer decision; the place of the older one is remembered."""
    old, new = (one, other) if (one.decided_at or NEVER) <= (other.decided_at or NEVER) else (other, one)
    return replace(new, also_groups=new.also_groups | old.also_groups | {old.record.group})


def _keep(content: bytes, suffix: str, folder: Path) -> tuple[str, str]:
    """Write a photo under the name of its content; gives that name and the sha256."""
    if suffix not in _READ_BY_ALL:
        stream = io.BytesIO()
        Image.fromarray(decode_photo(content).pixels).save(stream, "PNG")
        content, suffix = stream.getvalue(), ".png"
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"photos/{sha256}{suffix}"
    path = folder / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return name, sha256


def first_of_each(entries: Iterable[Entry]) -> list[Entry]:
    """Each photo once: the first entry counts, so put what must not change first."""
    kept: dict[str, Entry] = {}
    for entry in entries:
        kept.setdefault(entry.record.photo, entry)
    return list(kept.values())
