"""One network at several input sizes, in float32 and 8-bit: which one ships, by accuracy and time."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict

from hazardlens.model.bundle import Bundle, InputSpec, Manifest, ManifestDraft
from hazardlens.model.detector import OnnxDetector
from hazardlens.model.images import Photo, decode_photo
from hazardlens.model.preprocess import letterbox
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.measuring.predict import judge
from hazardlens.training.networks.graph import to_onnx
from hazardlens.training.networks.halves import halved, widened
from hazardlens.training.networks.network import Network
from hazardlens.training.shipping.accuracy import accuracy, mean_ap50
from hazardlens.training.shipping.quantize import Tensor, quantised

MOST_LOSS: Final = 0.01
"""AP50 by which the variant that ships may be worse than the best."""

Weights: TypeAlias = Literal["float32", "int8"]
Say: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is looked at.

    Attributes:
        calibration_photos: training photos from which an 8-bit graph takes its ranges.
        made_photos: made scenes at most on which accuracy is measured.
        timed_photos: photos that are timed, once with each variant in turn.
    """

    calibration_photos: int = 96
    made_photos: int = 200
    timed_photos: int = 40


QUICK: Final = Effort(calibration_photos=4, made_photos=8, timed_photos=3)


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """One graph, and the float32 graph that it was made from, which may be itself."""

    size_px: int
    weights: Weights
    content: bytes
    float_content: bytes

    @property
    def name(self) -> str:
        """Like "416 px int8"."""
        return f"{self.size_px} px {self.weights}"

    def detector(self, draft: ManifestDraft, *, threads: int) -> OnnxDetector:
        """The graph as serving would run it, before it lies on disk."""
        return OnnxDetector(
            Bundle(Path(), Manifest(**self.describe(draft).model_dump(), files={}), self.content), threads=threads
        )

    def describe(self, draft: ManifestDraft) -> ManifestDraft:
        """The manifest of this variant."""
        return draft.model_copy(update={"input": InputSpec(size_px=self.size_px), "weights": self.weights})


class VariantFigures(BaseModel):
    """What one variant is worth.

    Attributes:
        size_px: side of its input.
        weights: what it computes in.
        megabytes: of its graph.
        ap50: mean over `labels`, weighted.
        labels: AP50 by label.
        weights_of: what each of them weighs.
        made: those of the labels that made scenes judge.
        latency_ms: median time of one photo on one thread: pre-processing, graph and post-processing.
        chosen: it ships.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size_px: int
    weights: Weights
    megabytes: float
    ap50: float
    labels: dict[str, float]
    weights_of: dict[str, float]
    made: tuple[str, ...]
    latency_ms: float
    chosen: bool = False

    @property
    def name(self) -> str:
        """As `Variant.name`."""
        return f"{self.size_px} px {self.weights}"

    @property
    def ap50_per_ms(self) -> float:
        """What the choice is made by."""
        return self.ap50 / self.latency_ms


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Photos that variants are made with and measured on.

    Attributes:
        training: real and rendered training photos, for the ranges of 8-bit graphs.
        validation: real validation photos.
        made: rendered scenes of the validation side, and scenes composed into validation photos.
    """

    training: Sequence[PhotoRecord]
    validation: Sequence[PhotoRecord]
    made: Sequence[PhotoRecord] = ()


def resized(network: Network, size_px: int) -> Network:
    """The same network for another size of pictures."""
    return Network(network.module, network.info.model_copy(update={"size_px": size_px}))


def make_variants(
    network: Network,
    sizes_px: Sequence[int],
    metadata: dict[str, str],
    material: Material,
    *,
    int8: bool,
    effort: Effort,
    say: Say,
) -> list[Variant]:
    """All graphs, float32 before 8-bit at each size.

    Raises:
        ExportError: a graph breaks the rules.
    """
    variants = []
    for size_px in sizes_px:
        content = halved(to_onnx(resized(network, size_px), metadata))
        variants.append(Variant(size_px, "float32", content, content))
        if int8:
            photos = spread(material.training, effort.calibration_photos)
            say(f"{size_px} px: taking the ranges of the 8-bit graph from {len(photos)} training photos")
            small = quantised(widened(content), (_tensor(record, size_px) for record in photos))
            variants.append(Variant(size_px, "int8", halved(small), content))
    return variants


def measure_variants(
    variants: Sequence[Variant], draft: ManifestDraft, material: Material, *, effort: Effort, say: Say
) -> list[VariantFigures]:
    """Accuracy and time of each; the one that ships is marked.

    Raises:
        ExportError: no label has enough validation boxes to choose by.
    """
    detectors = [variant.detector(draft, threads=1) for variant in variants]
    made = spread(material.made, effort.made_photos)
    figures = []
    times = _times(detectors, spread(material.validation, effort.timed_photos))
    for variant, detector, seconds in zip(variants, detectors, times, strict=True):
        found = accuracy(judge(detector, material.validation), judge(detector, made), detector.labels)
        row = VariantFigures(
            size_px=variant.size_px,
            weights=variant.weights,
            megabytes=len(variant.content) / 1e6,
            ap50=mean_ap50(found),
            labels={item.label: item.ap50 for item in found},
            weights_of={item.label: item.weight for item in found},
            made=tuple(item.label for item in found if item.made),
            latency_ms=1000 * seconds,
        )
        say(f"{row.name}: AP50 {row.ap50:.3f} over {len(found)} labels, {row.latency_ms:.1f} ms a photo")
        figures.append(row)
    best = choose(figures)
    say(f"{best.name} ships")
    return [row.model_copy(update={"chosen": row is best}) for row in figures]


def choose(figures: Sequence[VariantFigures]) -> VariantFigures:
    """The variant with the most AP50 per millisecond of those that lose no more than a point.

    A point is lost against the best of all, so that an 8-bit graph that ships never loses more against its own float32
    graph either.
    """
    best = max(row.ap50 for row in figures)
    kept = [row for row in figures if row.ap50 >= best - MOST_LOSS]
    return max(kept, key=lambda row: (row.ap50_per_ms, row.ap50))


def spread(records: Sequence[PhotoRecord], count: int) -> list[PhotoRecord]:
    """At most `count` photos, evenly spread, so that every source has its share."""
    if len(records) <= count:
        return list(records)
    return [records[index] for index in np.linspace(0, len(records) - 1, count).round().astype(int)]


def _tensor(record: PhotoRecord, size_px: int) -> Tensor:
    """(3, S, S), as serving would prepare it."""
    tensor, _ = letterbox(decode_photo(record.path.read_bytes(), min_side_px=size_px), size_px)
    return tensor


def _times(detectors: Sequence[OnnxDetector], records: Sequence[PhotoRecord]) -> list[float]:
    """Median seconds a photo of each detector; they take turns, so that whatever slows the machine slows all."""
    largest = max(detector.input_size_px for detector in detectors)
    for detector in detectors:
        detector.warm_up()
    rows = []
    for record in records:
        photo = decode_photo(record.path.read_bytes(), min_side_px=largest)
        rows.append([_timed(detector, photo) for detector in detectors])
    return [float(value) for value in np.median(np.asarray(rows), axis=0)]


def _timed(detector: OnnxDetector, photo: Photo) -> float:
    start = time.perf_counter()
    detector.detect([photo])
    return time.perf_counter() - start
