"""Rendered photos beside the real ones: sets on disk in the pool's format, with a split of their own.

A set is a folder with photos.csv, labels.txt, labels/ and photos/, all of provenance `rendered`. Its scenes train or
validate by a hash of their group, so that a set can grow without moving a scene from one side to the other; none of
them ever tests.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from hazardlens.training.data.records import PhotoRecord, read_records
from hazardlens.training.errors import DatasetInvalidError, DatasetMissingError

PROVENANCE: Final = "rendered"
PREFIX: Final = "rendered-"
_TABLE: Final = "photos.csv"
_MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class RenderedSet:
    """One folder of rendered photos.

    Attributes:
        name: of its folder; photos and groups carry it before their own names.
        records: its photos, with the labels that the pool knows.
        dropped: boxes per label that the pool does not know.
        sha256: of photos.csv and, where there is one, of manifest.json.
        generator: version of the program that rendered it, as its manifest states it; empty without one.
    """

    name: str
    records: tuple[PhotoRecord, ...]
    dropped: dict[str, int]
    sha256: dict[str, str]
    generator: str

    def description(self, share: float) -> dict[str, Any]:
        """What a run's description says about it; `share` of its scenes validates."""
        sides = Counter("val" if validates(record, share) else "train" for record in self.records)
        boxes = Counter(label for record in self.records for label in record.labels)
        return {
            "name": self.name,
            "sha256": self.sha256,
            "generator": self.generator,
            "photos": dict(sorted(sides.items())),
            "boxes": dict(sorted(boxes.items())),
        }


def read_sets(roots: Sequence[Path], names: Collection[str]) -> tuple[RenderedSet, ...]:
    """The rendered sets at `roots`, each of which is a set or a folder of sets; labels are matched by name.

    Args:
        roots: folders.
        names: labels of the pool; boxes of other labels are dropped.

    Raises:
        DatasetMissingError: there is no set at a root, or a file of a set is missing.
        DatasetInvalidError: a set breaks the format, holds photos that are not rendered, or is given twice.
    """
    folders = [folder for root in roots for folder in _folders(root)]
    twice = [name for name, count in Counter(folder.name for folder in folders).items() if count > 1]
    if twice:
        raise DatasetInvalidError(f"two rendered sets are called {twice[0]}: give one of them another name")
    return tuple(_read(folder, frozenset(names)) for folder in folders)


def validates(record: PhotoRecord, share: float) -> bool:
    """Whether a rendered photo validates: `share` of the scenes do, and a scene always does or never."""
    digest = hashlib.sha256(f"{record.source} {record.group}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < share


def hazard_of(record: PhotoRecord) -> str:
    """What a rendered photo is about: its source without the prefix."""
    return record.source.removeprefix(PREFIX)


def _folders(root: Path) -> list[Path]:
    root = root.resolve()
    if (root / _TABLE).is_file():
        return [root]
    found = sorted(path.parent for path in root.glob(f"*/{_TABLE}"))
    if not found:
        raise DatasetMissingError(f"{root}: there is no {_TABLE}, and no folder with one")
    return found


def _read(folder: Path, names: frozenset[str]) -> RenderedSet:
    records = read_records(folder)
    for record in records:
        if record.provenance != PROVENANCE:
            raise DatasetInvalidError(
                f"{folder / _TABLE}: {record.photo} is {record.provenance}, expected {PROVENANCE}: real photos belong "
                "into the pool"
            )
    dropped = Counter(label for record in records for label in record.labels if label not in names)
    hashes = {file: _sha256(folder / file) for file in (_TABLE, _MANIFEST) if (folder / file).is_file()}
    known = tuple(_known(record, folder.name, names) for record in records)
    return RenderedSet(folder.name, known, dict(sorted(dropped.items())), hashes, _generator(folder / _MANIFEST))


def _known(record: PhotoRecord, name: str, labels: frozenset[str]) -> PhotoRecord:
    """The record under a name that no other set uses, cut to labels of the pool."""
    kept = [index for index, label in enumerate(record.labels) if label in labels]
    return replace(
        record,
        photo=f"{name}/{record.photo}",
        group=f"{name}/{record.group}",
        labels=tuple(record.labels[index] for index in kept),
        boxes_cxcywh=record.boxes_cxcywh[kept].reshape(-1, 4),
        looked_for=record.looked_for & labels,
    )


def _generator(manifest: Path) -> str:
    if not manifest.is_file():
        return ""
    try:
        content = json.loads(manifest.read_bytes())
        return str(content.get("generator_version", content.get("generator", "")))
    except (ValueError, AttributeError) as error:
        raise DatasetInvalidError(f"{manifest}: expected a JSON object") from error


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
