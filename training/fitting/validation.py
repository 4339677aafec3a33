"""The light validation between epochs: AP50 per label, on the photos where somebody looked for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from torch import nn

from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo, decode_photo
from hazardlens.training.config import ValidationConfig
from hazardlens.training.data.records import PhotoRecord
from hazardlens.training.measuring.metrics import Subject, box_figures
from hazardlens.training.measuring.predict import pair
from hazardlens.training.networks.torch_detector import TorchDetector


@dataclass(frozen=True, slots=True)
class Figures:
    """What one validation found.

    Attributes:
        ap50: by label; None where no real validation photo shows it.
        boxes: by label, how many real validation boxes that is measured on.
        rendered_ap50: the same on rendered validation photos; empty without any.
        rendered_boxes: the same on rendered validation photos.
        fitness: weighted mean over the labels that count.
    """

    ap50: dict[str, float | None]
    boxes: dict[str, int]
    rendered_ap50: dict[str, float | None]
    rendered_boxes: dict[str, int]
    fitness: float


@dataclass(frozen=True, slots=True)
class Photos:
    """Validation photos, decoded once and kept."""

    records: list[PhotoRecord]
    pictures: list[Photo]

    @classmethod
    def of(cls, records: Sequence[PhotoRecord]) -> Self:
        """Decode them."""
        return cls(list(records), [decode_photo(record.path.read_bytes()) for record in records])


class Validation:
    """Real and rendered validation photos, which are never measured together.

    Args:
        records: the real photos.
        labels: of the model, in the order of its classes.
        config: what counts.
        bf16: compute in bfloat16.
        rendered: the rendered photos; of many, some are looked at, evenly spread.
    """

    def __init__(
        self,
        records: Sequence[PhotoRecord],
        labels: Sequence[str],
        config: ValidationConfig,
        *,
        bf16: bool,
        rendered: Sequence[PhotoRecord] = (),
    ) -> None:
        self.real = Photos.of(records)
        self.rendered = Photos.of(_evenly(rendered, config.rendered_photos))
        self._labels = tuple(labels)
        self._config = config
        self._bf16 = bf16

    @property
    def photos(self) -> int:
        """How many are looked at."""
        return len(self.real.records) + len(self.rendered.records)

    def detect(self, module: nn.Module, size_px: int) -> list[Detections]:
        """What the network finds on the real photos."""
        return self._detect(module, size_px, self.real)

    def measure(self, module: nn.Module, size_px: int) -> Figures:
        """Run the network on all photos and measure every label."""
        ap50, boxes = self._measure(module, size_px, self.real)
        rendered_ap50, rendered_boxes = self._measure(module, size_px, self.rendered)
        fitness = self._fitness(ap50, boxes, rendered_ap50, rendered_boxes)
        return Figures(ap50, boxes, rendered_ap50, rendered_boxes, fitness)

    def _detect(self, module: nn.Module, size_px: int, photos: Photos) -> list[Detections]:
        return TorchDetector(module, self._labels, size_px, bf16=self._bf16).detect(photos.pictures)

    def _measure(
        self, module: nn.Module, size_px: int, photos: Photos
    ) -> tuple[dict[str, float | None], dict[str, int]]:
        if not photos.records:
            return {}, {}
        found = self._detect(module, size_px, photos)
        judged = [pair(record, detections) for record, detections in zip(photos.records, found, strict=True)]
        rows = {
            label: box_figures(judged, Subject(label, "label", frozenset([label]), {label: 0.0}), resamples=0)
            for label in self._labels
        }
        return {label: row.ap50 for label, row in rows.items()}, {label: row.boxes for label, row in rows.items()}

    def _fitness(
        self,
        ap50: dict[str, float | None],
        boxes: dict[str, int],
        rendered_ap50: dict[str, float | None],
        rendered_boxes: dict[str, int],
    ) -> float:
        """Real photos judge a label where there are enough of them, and rendered ones, with less weight, where not."""
        enough = self._config.min_boxes
        values: list[float] = []
        weights: list[float] = []
        for label in self._labels:
            weight = self._config.weights.get(label, 1.0)
            real, rendered = ap50.get(label), rendered_ap50.get(label)
            if real is not None and boxes[label] >= enough:
                values.append(real)
                weights.append(weight)
            elif rendered is not None and rendered_boxes[label] >= enough:
                values.append(rendered)
                weights.append(weight * self._config.rendered_weight)
        return float(np.average(values, weights=weights)) if sum(weights) else 0.0


def _evenly(records: Sequence[PhotoRecord], most: int) -> list[PhotoRecord]:
    chosen = np.linspace(0, len(records) - 1, min(most, len(records))).round().astype(int)
    return [records[index] for index in chosen]
