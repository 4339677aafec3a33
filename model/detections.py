"""What a detector found on one photo, as a frozen value that is checked when it is made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Detection:
    """One row of `Detections`, for code that reads them one by one."""

    label: str
    confidence: float
    box_xyxy: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False, slots=True)
class Detections:
    """Boxes found on one photo, best first where a detector made them.

    Attributes:
        boxes_xyxy: (N, 4) float32, pixels of the upright original image, corners in order.
        confidences: (N,) float32 in 0..1, the detector's raw score. Calibration happens in triage, per hazard.
        label_ids: (N,) int64, an index into `labels`.
        labels: the names of the model's labels.

    Raises:
        TypeError: a field is not a numpy array.
        ValueError: a shape, dtype, range or order of corners differs; the message says what was expected and found.
    """

    boxes_xyxy: npt.NDArray[np.float32]
    confidences: npt.NDArray[np.float32]
    label_ids: npt.NDArray[np.int64]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check shapes, dtypes, ranges and the order of corners."""
        count = len(self.confidences)
        _expect_array("boxes_xyxy", self.boxes_xyxy, (count, 4), np.float32)
        _expect_array("confidences", self.confidences, (count,), np.float32)
        _expect_array("label_ids", self.label_ids, (count,), np.int64)
        if count == 0:
            return
        if not np.isfinite(self.boxes_xyxy).all() or (self.boxes_xyxy[:, :2] > self.boxes_xyxy[:, 2:]).any():
            msg = "boxes_xyxy: expected finite corners with min <= max, found a box that breaks this"
            raise ValueError(msg)
        if not ((self.confidences >= 0) & (self.confidences <= 1)).all():
            msg = f"confidences: expected 0..1, found {self.confidences.min()}..{self.confidences.max()}"
            raise ValueError(msg)
        if self.label_ids.min() < 0 or self.label_ids.max() >= len(self.labels):
            msg = f"label_ids: expected 0..{len(self.labels) - 1}, found {self.label_ids.min()}..{self.label_ids.max()}"
            raise ValueError(msg)

    @classmethod
    def empty(cls, labels: tuple[str, ...]) -> Self:
        """No boxes at all, for a model with these labels."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), labels)

    def __len__(self) -> int:
        """Count of boxes."""
        return len(self.confidences)

    def __iter__(self) -> Iterator[Detection]:
        """Rows, in order."""
        for box, confidence, label_id in zip(self.boxes_xyxy, self.confidences, self.label_ids, strict=True):
            x_min, y_min, x_max, y_max = (float(value) for value in box)
            yield Detection(self.labels[int(label_id)], float(confidence), (x_min, y_min, x_max, y_max))

    def keep(self, mask: npt.NDArray[np.bool_]) -> "Detections":
        """The rows where `mask` (N,) is true, in the same order."""
        return Detections(self.boxes_xyxy[mask], self.confidences[mask], self.label_ids[mask], self.labels)

    def at_least(self, confidence: float) -> "Detections":
        """The rows with at least this raw score."""
        return self.keep(self.confidences >= confidence)


def _expect_array(name: str, array: object, shape: tuple[int, ...], dtype: type) -> None:
    if not isinstance(array, np.ndarray):
        msg = f"{name}: expected a numpy array, found {type(array).__name__}"
        raise TypeError(msg)
    if array.shape != shape or array.dtype != dtype:
        msg = f"{name}: expected shape {shape} of {dtype.__name__}, found {array.shape} of {array.dtype}"
        raise ValueError(msg)
