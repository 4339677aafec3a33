"""The light validation between epochs: AP50 per label, on the photos where somebody looked for it."""

from collections.abc import Sequence
from dataclasses import dataclass

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
        ap50: by label; None where no validation photo shows it.
        boxes: by label, how many validation boxes that is measured on.
        fitness: weighted mean over the labels that count.
    """

    ap50: dict[str, float | None]
    boxes: dict[str, int]
    fitness: float


class Validation:
    """Validation photos, decoded once and kept.

    Args:
        records: the photos.
        labels: of the model, in the order of its classes.
        config: what counts.
        bf16: compute in bfloat16.
    """

    def __init__(
        self, records: Sequence[PhotoRecord], labels: Sequence[str], config: ValidationConfig, *, bf16: bool
    ) -> None:
        self.records = list(records)
        self.photos: list[Photo] = [decode_photo(record.path.read_bytes()) for record in records]
        self._labels = tuple(labels)
        self._config = config
        self._bf16 = bf16

    def detect(self, module: nn.Module, size_px: int) -> list[Detections]:
        """What the network finds on the photos."""
        return TorchDetector(module, self._labels, size_px, bf16=self._bf16).detect(self.photos)

    def measure(self, module: nn.Module, size_px: int) -> Figures:
        """Run the network on all photos and measure every label."""
        judged = [pair(record, found) for record, found in zip(self.records, self.detect(module, size_px), strict=True)]
        rows = {
            label: box_figures(judged, Subject(label, "label", frozenset([label]), {label: 0.0}), resamples=0)
            for label in self._labels
        }
        ap50 = {label: row.ap50 for label, row in rows.items()}
        boxes = {label: row.boxes for label, row in rows.items()}
        return Figures(ap50, boxes, self._fitness(ap50, boxes))

    def _fitness(self, ap50: dict[str, float | None], boxes: dict[str, int]) -> float:
        counting = {label: value for label, value in ap50.items() if value is not None}
        counting = {label: value for label, value in counting.items() if boxes[label] >= self._config.min_boxes}
        if not counting:
            return 0.0
        weights = [self._config.weights.get(label, 1.0) for label in counting]
        return float(np.average(list(counting.values()), weights=weights))
