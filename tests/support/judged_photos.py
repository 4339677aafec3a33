"""Hand-made judged photos: truth and answers by name, for tests of everything that measures."""

from collections.abc import Sequence

import numpy as np

from hazardlens.model.detections import Detections
from hazardlens.training.measuring.judged import JudgedPhoto

LABELS = ("stacked_clutter", "exit_door", "kitchen_dirty", "kitchen_pest")
Box = tuple[float, float, float, float]
HERE: Box = (10, 10, 50, 50)
THERE: Box = (60, 60, 90, 90)
NEAR: Box = (10, 10, 50, 42)
"""IoU 0.8 with `HERE`."""


def photo(
    name: str,
    truth: Sequence[tuple[str, Box]] = (),
    found: Sequence[tuple[str, float, Box]] = (),
    *,
    looked_for: Sequence[str] = LABELS,
    group: str | None = None,
    source: str = "made",
) -> JudgedPhoto:
    """A photo with true boxes (label, box) and found ones (label, score, box); a group of its own by default."""
    return JudgedPhoto(
        photo=name,
        source=source,
        group=group or name,
        looked_for=frozenset(looked_for),
        truth_labels=tuple(label for label, _ in truth),
        truth_xyxy=np.asarray([box for _, box in truth], np.float32).reshape(-1, 4),
        detections=Detections(
            np.asarray([box for _, _, box in found], np.float32).reshape(-1, 4),
            np.asarray([score for _, score, _ in found], np.float32),
            np.asarray([LABELS.index(label) for label, _, _ in found], np.int64),
            LABELS,
        ),
    )


def clutter(box: Box) -> tuple[str, Box]:
    """A true heap."""
    return ("stacked_clutter", box)


def seen(score: float, box: Box) -> tuple[str, float, Box]:
    """A heap that the detector found."""
    return ("stacked_clutter", score, box)
