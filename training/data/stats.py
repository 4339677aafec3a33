"""What a data set holds: photos and boxes by source, label and split, and how much was looked for at all."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hazardlens.training.data.records import PhotoRecord

Standing = Literal["shows it", "shows none", "not looked for"]
STANDINGS: Final[tuple[Standing, ...]] = ("shows it", "shows none", "not looked for")
NO_SPLIT: Final = "no split"

_SPLIT_COLOURS: Final = {"train": "#4477aa", "val": "#ccbb44", "test": "#ee6677", NO_SPLIT: "#4477aa"}
_STANDING_COLOURS: Final = {"shows it": "#228833", "shows none": "#bbbbbb", "not looked for": "#eeeeee"}


@dataclass(frozen=True, slots=True)
class SourceStats:
    """One source's share."""

    source: str
    provenance: str
    licences: tuple[str, ...]
    photos: int
    groups: int
    splits: Mapping[str, int]
    boxes: Mapping[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class LabelStats:
    """One label's share.

    Attributes:
        label: its name.
        photos: photos by standing: positive, searched and empty, or unknown.
        boxes: boxes by split.
        areas: (N,) box areas as a share of the photo, 0..1.
    """

    label: str
    photos: Mapping[Standing, int]
    boxes: Mapping[str, int]
    areas: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class DatasetStats:
    """All of it; sources by size, labels in the data set's order."""

    photos: int
    splits: Mapping[str, int]
    sources: tuple[SourceStats, ...]
    labels: tuple[LabelStats, ...]


def dataset_stats(
    records: Sequence[PhotoRecord], labels: Sequence[str], splits: Mapping[str, str] | None = None
) -> DatasetStats:
    """Count what `records` hold; `splits` says for each photo's name where it belongs."""
    sides = [NO_SPLIT if splits is None else splits[record.photo] for record in records]
    by_size = Counter(record.source for record in records).most_common()
    return DatasetStats(
        photos=len(records),
        splits=Counter(sides),
        sources=tuple(_source_stats(source, records, sides) for source, _ in by_size),
        labels=tuple(_label_stats(label, records, sides) for label in labels),
    )


def _source_stats(source: str, records: Sequence[PhotoRecord], sides: Sequence[str]) -> SourceStats:
    own = [(record, side) for record, side in zip(records, sides, strict=True) if record.source == source]
    return SourceStats(
        source=source,
        provenance=", ".join(sorted({record.provenance for record, _ in own})),
        licences=tuple(sorted({record.licence for record, _ in own})),
        photos=len(own),
        groups=len({record.group for record, _ in own}),
        splits=Counter(side for _, side in own),
        boxes=Counter(label for record, _ in own for label in record.labels),
    )


def _standing(record: PhotoRecord, label: str) -> Standing:
    if label in record.labels:
        return "shows it"
    return "shows none" if label in record.looked_for else "not looked for"


def _label_stats(label: str, records: Sequence[PhotoRecord], sides: Sequence[str]) -> LabelStats:
    boxes: Counter[str] = Counter()
    areas: list[float] = []
    for record, side in zip(records, sides, strict=True):
        mask = [name == label for name in record.labels]
        boxes[side] += sum(mask)
        areas += [float(width * height) for _, _, width, height in record.boxes_cxcywh[mask]]
    photos = Counter(_standing(record, label) for record in records)
    return LabelStats(label, {name: photos[name] for name in STANDINGS}, boxes, np.asarray(areas, np.float64))


def save_stats_chart(stats: DatasetStats, path: Path) -> None:
    """A PNG with three charts: boxes per label and split, what was looked for, and how large the boxes are."""
    figure = Figure(figsize=(15, 5.5), layout="constrained")
    boxes, looked_for, areas = figure.subplots(1, 3)
    names = [label.label for label in stats.labels]
    sides = [side for side in _SPLIT_COLOURS if side in stats.splits]
    _stack(boxes, names, {side: [label.boxes.get(side, 0) for label in stats.labels] for side in sides})
    for place, label in enumerate(stats.labels):
        total = sum(label.boxes.values())
        boxes.text(total, place, f" {total}", va="center", fontsize=8)
    boxes.set(title="Boxes", xlabel="boxes")
    _stack(looked_for, names, {name: [label.photos[name] for label in stats.labels] for name in STANDINGS})
    looked_for.set(title="What was looked for", xlabel="photos")
    _area_chart(areas, stats.labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=110)


def _stack(axes: Axes, names: Sequence[str], parts: Mapping[str, Sequence[int]]) -> None:
    start = np.zeros(len(names))
    for part, counts in parts.items():
        axes.barh(names, counts, left=start, label=part, color=(_SPLIT_COLOURS | _STANDING_COLOURS)[part])
        start = start + np.asarray(counts)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    if parts:
        axes.legend(loc="lower right", fontsize=8)


def _area_chart(axes: Axes, labels: Sequence[LabelStats]) -> None:
    """Box plots, because the labels differ too much in number to share one histogram."""
    present = [label for label in labels if len(label.areas)]
    if present:
        places = list(range(len(present)))
        axes.boxplot([label.areas for label in present], orientation="horizontal", positions=places, showfliers=False)
        for place, label in zip(places, present, strict=True):
            jitter = np.random.default_rng(0).uniform(-0.25, 0.25, len(label.areas))
            axes.plot(label.areas, place + jitter, ".", markersize=3, alpha=0.35, color="#4477aa")
        axes.set_yticks(places, [label.label for label in present])
        axes.set_xscale("log")
        axes.invert_yaxis()
    axes.set(title="Box area", xlabel="share of the photo")
