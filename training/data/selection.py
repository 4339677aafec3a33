"""Which labels a run trains, and the photos as it sees them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from hazardlens.training.config import LabelConfig
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.data.splits import SplitManifest
from hazardlens.training.errors import SplitError

_PLENTY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Made:
    """What a run learns from besides real photos.

    Attributes:
        train: rendered photos to learn from.
        val: rendered photos to choose between epochs, for labels that real photos cannot judge.
        composed_boxes: boxes per label that a trial of the compositions gave.
    """

    train: tuple[PhotoRecord, ...] = ()
    val: tuple[PhotoRecord, ...] = ()
    composed_boxes: Mapping[str, int] = field(default_factory=dict)

    def boxes(self) -> Counter[str]:
        """Boxes per label; a label that composed scenes show at all has as many as anybody could want."""
        boxes = Counter(label for record in self.train for label in record.labels)
        boxes.update({label: _PLENTY for label, count in self.composed_boxes.items() if count})
        return boxes


@dataclass(frozen=True, slots=True)
class Selection:
    """What goes into a run.

    Attributes:
        labels: of the model, in the order of its classes.
        train: real photos to learn from.
        val: real photos to choose between epochs.
        train_boxes: boxes per label of the model in `train`.
        left_out: label -> why it is not trained.
        made: rendered photos, and what composed scenes teach.
    """

    labels: tuple[str, ...]
    train: list[PhotoRecord]
    val: list[PhotoRecord]
    train_boxes: dict[str, int]
    left_out: dict[str, str]
    made: Made = Made()


def real_photos(
    records: Sequence[PhotoRecord],
    manifest: SplitManifest,
    config: LabelConfig,
    exclude_provenance: Sequence[str] = (),
) -> tuple[list[PhotoRecord], list[PhotoRecord]]:
    """The photos that train and those that validate, without boxes that are too coarse.

    Raises:
        SplitError: the manifest does not fit the records.
    """
    taken = [record for record in records if record.provenance not in exclude_provenance]
    train = [_without(record, config.ignore_boxes) for record in manifest.select(taken, "train")]
    return train, [_without(record, config.ignore_boxes) for record in manifest.select(taken, "val")]


def select(
    records: Sequence[PhotoRecord],
    names: Sequence[str],
    manifest: SplitManifest,
    config: LabelConfig,
    exclude_provenance: Sequence[str] = (),
    keep: Collection[str] = (),
    made: Made = Made(),
) -> Selection:
    """Choose photos and labels.

    Args:
        records: all photos of the data set.
        names: all its labels, in the order in which the model shall have them.
        manifest: who trains and who validates.
        config: which labels, from which boxes.
        exclude_provenance: photos of these provenances take no part.
        keep: labels that stay however few boxes they have.
        made: rendered photos and composed scenes; their boxes count as real ones do.

    Raises:
        SplitError: the manifest does not fit the records, or nothing is left to train or validate with.
    """
    train, val = real_photos(records, manifest, config, exclude_provenance)
    real = Counter(label for record in train for label in record.labels)
    boxes = real + made.boxes()
    weighed = [label for label in names if label not in keep]
    left_out = {label: reason for label in weighed if (reason := _why_not(label, boxes[label], config))}
    labels = tuple(label for label in names if label not in left_out)
    if not labels or not val:
        raise SplitError(f"split {manifest.name}: no label has enough training boxes, or no photo validates")
    return Selection(labels, train, val, {label: real[label] for label in labels}, left_out, made)


def _why_not(label: str, boxes: int, config: LabelConfig) -> str:
    if label in config.exclude:
        return "excluded by the configuration"
    if boxes < config.min_boxes:
        return f"{boxes} training boxes, {config.min_boxes} needed"
    return ""


def _without(record: PhotoRecord, ignore_boxes: Mapping[str, Sequence[str]]) -> PhotoRecord:
    """The record without boxes that its source draws too coarsely; such a label is then unknown there."""
    ignored = set(ignore_boxes.get(record.source, ()))
    if ignored.isdisjoint(record.labels) and ignored.isdisjoint(record.looked_for):
        return record
    kept = np.asarray([label not in ignored for label in record.labels], bool)
    return replace(
        record,
        labels=tuple(label for label in record.labels if label not in ignored),
        boxes_cxcywh=record.boxes_cxcywh[kept],
        looked_for=record.looked_for - ignored,
    )
