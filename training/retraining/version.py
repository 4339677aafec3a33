"""A dataset version: labelled photos that never change again, under a name made of the day and a hash of what is in it.

DATASETS/2026-11-27-1a2b3c4d/
  dataset.json   what it is made of (`DatasetVersion`)
  photos.csv, labels.txt, labels/, photos/   as every data set of this program: `hazardlens data check` reads it
  split.json     who trains, validates and tests
"""

import csv
import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from hazardlens.training.data.records import COLUMNS, PhotoRecord, label_path, read_labels, read_records
from hazardlens.training.data.splits import (
    SPLITS,
    SplitConfig,
    SplitManifest,
    SplitName,
    SplitPhoto,
    read_split,
    write_split,
)
from hazardlens.training.data.splitting import sides
from hazardlens.training.errors import VersionError
from hazardlens.training.retraining.entries import pixels_of

DATASET_FILE: Final = "dataset.json"
SPLIT_FILE: Final = "split.json"
_HASH_CHARS: Final = 8
_EXTRA_COLUMNS: Final = ("decided_at",)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class VersionSource(_Part):
    """Where photos came from: a reviewed export, labelled photos of old, or a frozen test; and its hash."""

    kind: Literal["reviewed", "base", "frozen"]
    name: str
    sha256: str
    photos: int


class DatasetVersion(_Part):
    """`dataset.json`.

    Attributes:
        name: of the version and its folder.
        created: when it was made.
        sha256: of everything that matters in it: photos, boxes, what was looked for, places, sides, labels.
        parent: the version before it.
        sources: what it was made of.
        photos: by side.
        clusters: places, or groups of places whose photos look alike, by side.
        boxes: by label, by side.
        looked_for: photos on which a label was looked for, by label.
        left_out: photo -> why it takes no part.
    """

    schema_version: Literal[1] = 1
    name: str
    created: AwareDatetime
    sha256: str
    parent: str | None
    sources: tuple[VersionSource, ...]
    photos: dict[SplitName, int]
    clusters: dict[SplitName, int]
    boxes: dict[str, dict[SplitName, int]]
    looked_for: dict[str, int]
    left_out: dict[str, str] = {}


def content_sha256(records: Sequence[PhotoRecord], labels: Sequence[str], side: Mapping[str, str]) -> str:
    """Hash of what a version holds, whatever its files look like."""
    rows = [
        [record.sha256, record.source, record.group, side[record.photo], sorted(record.looked_for), pixels_of(record)]
        for record in sorted(records, key=lambda record: record.photo)
    ]
    return hashlib.sha256(json.dumps([list(labels), rows], ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class VersionDraft:
    """What a version will hold.

    Attributes:
        records: its photos.
        labels: all labels, in the order of the model.
        sides: of each photo.
        sources: where the photos came from.
        decided: when a photo was decided, for those that came through reviews.
        twins: pairs of photos that look like one picture.
        left_out: photo -> why it takes no part.
        parent: the version before it.
    """

    records: Sequence[PhotoRecord]
    labels: Sequence[str]
    sides: Mapping[str, SplitName]
    sources: Sequence[VersionSource]
    decided: Mapping[str, datetime]
    twins: Sequence[tuple[str, str]] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None

    def sha256(self) -> str:
        """Of what the version will hold."""
        return content_sha256(self.records, self.labels, self.sides)


def write_version(staged: Path, draft: VersionDraft, datasets: Path, now: datetime) -> DatasetVersion:
    """Write the tables into a folder that holds the photos already, and move it to its name.

    Args:
        staged: folder with photos/, on the disk of `datasets`; photos that no record names are removed.
        draft: what the version will hold.
        datasets: folder of all versions.
        now: when it is made.

    Raises:
        VersionError: there is a version of that name already.
    """
    content = draft.sha256()
    name = f"{now:%Y-%m-%d}-{content[:_HASH_CHARS]}"
    target = datasets / name
    if target.exists():
        raise VersionError(f"{target}: is there already; a dataset version is never overwritten")
    records = sorted(draft.records, key=lambda record: record.photo)
    version = DatasetVersion(
        name=name,
        created=now,
        sha256=content,
        parent=draft.parent,
        sources=tuple(draft.sources),
        left_out=dict(draft.left_out),
        **_counts(records, draft.labels, draft.sides),
    )
    _write_tables(staged, records, draft.labels, draft.decided)
    twins = [pair for pair in draft.twins if draft.sides.keys() >= set(pair)]
    write_split(_split(name, records, draft.sides, twins), staged / SPLIT_FILE)
    (staged / DATASET_FILE).write_text(version.model_dump_json(indent=1) + "\n", "utf-8")
    _remove_strangers(staged, records)
    staged.rename(target)
    return version


def read_version(folder: Path) -> tuple[DatasetVersion, list[PhotoRecord], SplitManifest]:
    """A version with its photos and sides, checked against its hash.

    Raises:
        VersionError: it is no version, or was changed after it was made.
        DatasetError: a table or a photo is missing or broken.
    """
    version = _read_document(folder / DATASET_FILE)
    records, labels, manifest = read_records(folder), read_labels(folder), read_split(folder / SPLIT_FILE)
    if content_sha256(records, labels, sides(manifest, records)) != version.sha256:
        raise VersionError(f"{folder}: was changed after it was made")
    for record in records:
        if hashlib.sha256(record.path.read_bytes()).hexdigest() != record.sha256:
            raise VersionError(f"{record.path}: was changed after the version was made")
    return version, records, manifest


def find_versions(datasets: Path) -> list[tuple[Path, DatasetVersion]]:
    """All versions in a folder, oldest first; what a killed process left half made is none.

    Raises:
        VersionError: one of them cannot be read.
    """
    named = (path for path in datasets.glob(f"*/{DATASET_FILE}") if not path.parent.name.startswith("."))
    found = [(path.parent, _read_document(path)) for path in named]
    return sorted(found, key=lambda item: (item[1].created, item[1].name))


def _read_document(path: Path) -> DatasetVersion:
    try:
        return DatasetVersion.model_validate_json(path.read_bytes())
    except OSError as error:
        raise VersionError(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise VersionError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _counts(records: Sequence[PhotoRecord], labels: Sequence[str], side: Mapping[str, SplitName]) -> dict[str, Any]:
    boxes = {label: Counter[str]() for label in labels}
    for record in records:
        for label in record.labels:
            boxes[label][side[record.photo]] += 1
    return {
        "photos": {name: sum(side[record.photo] == name for record in records) for name in SPLITS},
        "clusters": {name: len({record.group for record in records if side[record.photo] == name}) for name in SPLITS},
        "boxes": {label: {name: counts[name] for name in SPLITS} for label, counts in boxes.items()},
        "looked_for": {label: sum(label in record.looked_for for record in records) for label in labels},
    }


def _split(
    name: str, records: Sequence[PhotoRecord], side: Mapping[str, SplitName], twins: Sequence[tuple[str, str]]
) -> SplitManifest:
    by_source: dict[str, set[str]] = {}
    for record in records:
        by_source.setdefault(record.source, set()).add(side[record.photo])
    held_out = tuple(sorted(source for source, found in by_source.items() if found == {"test"}))
    manifest = SplitManifest(
        config=SplitConfig(name=name, test_sources=held_out),
        near_duplicates=tuple(sorted((min(pair), max(pair)) for pair in twins)),
        moved_to_test=(),
        photos={record.photo: SplitPhoto(split=side[record.photo], sha256=record.sha256) for record in records},
    )
    return manifest.model_copy(update={"sha256": manifest.content_sha256()})


def _write_tables(
    root: Path, records: Sequence[PhotoRecord], labels: Sequence[str], decided: Mapping[str, datetime]
) -> None:
    (root / "labels").mkdir(exist_ok=True)
    (root / "labels.txt").write_text("".join(f"{label}\n" for label in labels), "utf-8")
    with (root / "photos.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*COLUMNS, *_EXTRA_COLUMNS))
        for record in records:
            moment = decided.get(record.photo)
            writer.writerow((*_cells(record), "" if moment is None else moment.isoformat()))
            lines = [
                f"{labels.index(label)} {' '.join(f'{value:.9g}' for value in box)}\n"
                for label, box in zip(record.labels, record.boxes_cxcywh.tolist(), strict=True)
            ]
            label_path(root, record.photo).write_text("".join(lines), "utf-8")


def _cells(record: PhotoRecord) -> tuple[str, ...]:
    """In the order of `COLUMNS`."""
    size = (str(record.width), str(record.height))
    origin = (record.sha256, record.source, record.licence, record.provenance, record.group)
    return (record.photo, *size, *origin, " ".join(sorted(record.looked_for)), " ".join(sorted(set(record.labels))))


def _remove_strangers(root: Path, records: Sequence[PhotoRecord]) -> None:
    named = {record.photo for record in records}
    for path in list((root / "photos").iterdir()):
        if path.relative_to(root).as_posix() not in named:
            path.unlink() if path.is_file() else shutil.rmtree(path)
