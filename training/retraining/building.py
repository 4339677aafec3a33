"""From reviewed exports, and photos of old, to a dataset version on disk."""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from hazardlens.model.exports import ReviewedExport, read_export
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.data.splits import SplitManifest, SplitName
from hazardlens.training.data.splitting import find_twins, sides
from hazardlens.training.errors import VersionError
from hazardlens.training.measuring.evaluate import LabelledSplit
from hazardlens.training.retraining.differences import VersionDiff, compare_versions
from hazardlens.training.retraining.dividing import DividingConfig, divide
from hazardlens.training.retraining.entries import Entry, first_of_each, pool_entries, reviewed_entries
from hazardlens.training.retraining.version import (
    DatasetVersion,
    VersionDraft,
    VersionSource,
    find_versions,
    read_version,
    write_version,
)

_HALF: Final = ".making-"
_DAY_S: Final = 24 * 3600
Advance = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Ingredients:
    """What a version is made of.

    Attributes:
        exports: folders or zips of reviewed exports.
        labels: of the model in service; others that the exports or photos of old have come behind them.
        base: photos of old with their split, to train and validate on as well.
        frozen: photos whose test part never trains; by default that of `base`.
    """

    exports: Sequence[Path]
    labels: Sequence[str]
    base: LabelledSplit | None = None
    frozen: LabelledSplit | None = None


@dataclass(frozen=True, slots=True, eq=False)
class BuiltVersion:
    """A version on disk, and what changed since the one before it (None: it is the first).

    `fresh` is False where the same content was there already.
    """

    folder: Path
    version: DatasetVersion
    records: Sequence[PhotoRecord]
    manifest: SplitManifest
    diff: VersionDiff | None
    fresh: bool


def build_version(
    ingredients: Ingredients,
    datasets: Path,
    config: DividingConfig,
    now: datetime,
    advance: Advance | None = None,
) -> BuiltVersion:
    """Make a version in `datasets`, unless its very content is there already.

    Raises:
        ExportError: an export cannot be read.
        DatasetError: photos of old cannot be used, or nothing is left to train on.
        SplitError: a split was made for other photos.
    """
    datasets.mkdir(parents=True, exist_ok=True)
    _tidy(datasets)
    staged = Path(tempfile.mkdtemp(prefix=_HALF, dir=datasets))
    try:
        staged.chmod(0o755)
        (staged / "photos").mkdir()
        earlier = find_versions(datasets)
        before = read_version(earlier[-1][0]) if earlier else None
        draft = _draft(ingredients, staged, config, before, advance)
        content = draft.sha256()
        known = next((path for path, version in earlier if version.sha256 == content), None)
        folder = known or datasets / write_version(staged, draft, datasets, now).name
        return _read_back(folder, None if before is None else before[1], fresh=known is None)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _tidy(datasets: Path) -> None:
    """Remove what processes that were killed have left half-way a day ago and longer: it holds people's photos."""
    for left in datasets.glob(f"{_HALF}*"):
        if left.stat().st_mtime < time.time() - _DAY_S:
            shutil.rmtree(left, ignore_errors=True)


def reopen_version(folder: Path) -> BuiltVersion:
    """A version that was made before, compared with the one before it if that is still there.

    Raises:
        VersionError: it is no version, or was changed after it was made.
        DatasetError: a table or a photo is missing or broken.
    """
    version, records, manifest = read_version(folder)
    parent = folder.parent / (version.parent or folder.name)
    known = parent != folder and parent.is_dir()
    diff = compare_versions(read_version(parent)[1], records) if known else None
    return BuiltVersion(folder, version, records, manifest, diff, fresh=False)


def _read_back(folder: Path, before: Sequence[PhotoRecord] | None, *, fresh: bool) -> BuiltVersion:
    version, records, manifest = read_version(folder)
    diff = None if before is None else compare_versions(before, records)
    return BuiltVersion(folder, version, records, manifest, diff, fresh)


def _draft(
    ingredients: Ingredients,
    staged: Path,
    config: DividingConfig,
    before: tuple[DatasetVersion, list[PhotoRecord], SplitManifest] | None,
    advance: Advance | None,
) -> VersionDraft:
    with ExitStack() as stack:
        exports = [stack.enter_context(read_export(path)) for path in ingredients.exports]
        reviewed = reviewed_entries(exports, staged)
        sources = [
            VersionSource(kind="reviewed", name=export.manifest.name, sha256=_sum(export), photos=_photos(export))
            for export in exports
        ]
    pool, pool_sources = _pool(ingredients, staged)
    frozen = [entry for entry in pool if entry.side == "test"]
    entries = first_of_each([*frozen, *reviewed, *pool])
    twins = find_twins([entry.record for entry in entries], advance)
    known = {} if before is None else {photo: entry.split for photo, entry in before[2].photos.items()}
    divided = divide(entries, twins, known, config)
    if not any(side == "train" for side in divided.sides.values()):
        raise VersionError("nothing is left to train on: all photos are of one place, or test")
    return VersionDraft(
        records=[entry.record for entry in divided.entries],
        labels=_labels(ingredients.labels, divided.entries),
        sides=divided.sides,
        sources=[*sources, *pool_sources],
        decided={entry.record.photo: entry.decided_at for entry in divided.entries if entry.decided_at},
        twins=twins,
        left_out=divided.left_out,
        parent=None if before is None else before[0].name,
    )


def _pool(ingredients: Ingredients, staged: Path) -> tuple[list[Entry], list[VersionSource]]:
    """Photos of old: train and val of `base`, test of `frozen`."""
    entries: list[Entry] = []
    sources: list[VersionSource] = []
    for kind, photos, wanted in _pool_parts(ingredients):
        side = sides(photos.manifest, photos.records)
        own = [
            entry
            for name in wanted
            for entry in pool_entries((record for record in photos.records if side[record.photo] == name), name, staged)
        ]
        entries += own
        sources.append(
            VersionSource(kind=kind, name=photos.manifest.name, sha256=photos.manifest.sha256, photos=len(own))
        )
    return entries, sources


def _pool_parts(ingredients: Ingredients) -> Iterable[tuple[str, LabelledSplit, tuple[SplitName, ...]]]:
    frozen = ingredients.frozen or ingredients.base
    if frozen is not None:
        yield "frozen", frozen, ("test",)
    if ingredients.base is not None:
        yield "base", ingredients.base, ("train", "val")


def _labels(ours: Sequence[str], entries: Iterable[Entry]) -> tuple[str, ...]:
    found = {label for entry in entries for label in (*entry.record.looked_for, *entry.record.labels)}
    return (*ours, *sorted(found - set(ours)))


def _photos(export: ReviewedExport) -> int:
    return export.manifest.counts.photos


def _sum(export: ReviewedExport) -> str:
    """Names the export by all it holds: its document lists the sha256 of every other file."""
    return hashlib.sha256(export.manifest.model_dump_json(by_alias=True).encode()).hexdigest()
