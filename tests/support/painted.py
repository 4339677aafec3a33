"""Photos with things in bright paint, and a detector that really looks for it: its boxes are where the pixels are."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from hazardlens.model.detections import Detections
from hazardlens.model.detector import ScriptedDetector
from hazardlens.model.images import Photo

PAINTS: Final[Mapping[str, tuple[int, int, int]]] = {
    "stacked_clutter": (230, 20, 20),
    "dangling_cable": (20, 20, 230),
    "exit_door": (20, 200, 20),
}
CONFIDENCE: Final = 0.875

BoxXyxy = tuple[int, int, int, int]


def painted(width: int, height: int, **things: BoxXyxy) -> Image.Image:
    """A grey picture with a painted box a label."""
    picture = Image.new("RGB", (width, height), (150, 150, 150))
    for label, (x_min, y_min, x_max, y_max) in things.items():
        ImageDraw.Draw(picture).rectangle((x_min, y_min, x_max - 1, y_max - 1), fill=PAINTS[label])
    return picture


def paint_detector() -> ScriptedDetector:
    """Finds each paint, and nothing else."""
    return ScriptedDetector(_find)


def box_of_paint(pixels: npt.NDArray[np.uint8], label: str) -> BoxXyxy | None:
    """The smallest box around all pixels of (H, W, 3) that look like the label's paint."""
    near = (np.abs(pixels.astype(np.int16) - PAINTS[label]) < 60).all(axis=2)
    if not near.any():
        return None
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _find(photo: Photo) -> Detections:
    labels = paint_labels()
    seen = [(labels.index(label), box) for label in PAINTS if (box := box_of_paint(photo.pixels, label))]
    if not seen:
        return Detections.empty(labels)
    tall, wide = photo.pixels.shape[:2]
    to_original = np.array([photo.width / wide, photo.height / tall] * 2, np.float32)
    return Detections(
        np.array([box for _, box in seen], np.float32) * to_original,
        np.full(len(seen), CONFIDENCE, np.float32),
        np.array([label_id for label_id, _ in seen], np.int64),
        labels,
    )


def paint_labels() -> tuple[str, ...]:
    """Labels of the detector."""
    return ScriptedDetector([]).labels
