"""Whether two detectors answer alike, over the whole path from bytes to boxes: a network and the graph made from it.

Boxes are compared on the model's canvas, where a pixel means the same for a thumbnail and a 12-megapixel photo.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hazardlens.model.detections import Detections
from hazardlens.model.images import Photo, decode_photo
from hazardlens.model.preprocess import letterbox
from hazardlens.training.errors import ExportError
from hazardlens.training.measuring.predict import Finder

BOX_TOLERANCE_PX: Final = 1.0
SCORE_TOLERANCE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Parity:
    """How far two answers to the same photos are apart.

    Attributes:
        photos: that were compared.
        boxes: that were compared, of either side.
        box_px: the largest distance of a corner's coordinate, in canvas pixels.
        score: the largest difference of raw scores.
        lonely: boxes to which the other side has no box of that label within the tolerances.
    """

    photos: int
    boxes: int
    box_px: float
    score: float
    lonely: int

    @property
    def holds(self) -> bool:
        """Whether the two are the same model, as far as these photos show; no boxes show nothing."""
        return self.boxes > 0 and self.lonely == 0


def compare(
    first: Finder, second: Finder, photos: Sequence[bytes], *, floor: float, limit: int | None = None
) -> Parity:
    """Run both on photos given as files and compare their boxes.

    Args:
        first: one detector.
        second: the other, with the same labels and canvas.
        photos: encoded photos.
        floor: raw score below which neither reports. A box that is less than the score tolerance above it is not
            compared, because the other side may rightly leave it out.
        limit: boxes at which an answer ends, if it does: one that is full may leave out what is below its last.
    """
    pairs = [_pair(first, second, data) for data in photos]
    gaps = [
        gap for ours, theirs, photo in pairs for gap in _gaps(ours, theirs, photo, first.input_size_px, floor, limit)
    ]
    met = [gap for gap in gaps if gap is not None]
    return Parity(
        photos=len(photos),
        boxes=len(gaps),
        box_px=max((box for box, _ in met), default=0.0),
        score=max((score for _, score in met), default=0.0),
        lonely=len(gaps) - len(met),
    )


def require_parity(
    first: Finder, second: Finder, photos: Sequence[bytes], *, floor: float, limit: int | None = None
) -> Parity:
    """Compare, and refuse two detectors that differ.

    Args:
        first: as for `compare`, as all others.
        second: see there.
        photos: see there.
        floor: see there.
        limit: see there.

    Raises:
        ExportError: they do, or found nothing to compare.
    """
    parity = compare(first, second, photos, floor=floor, limit=limit)
    if not parity.holds:
        raise ExportError(
            f"network and graph answer differently: {parity.lonely} of {parity.boxes} boxes on {parity.photos} photos "
            f"have no counterpart within {BOX_TOLERANCE_PX} px and {SCORE_TOLERANCE} in score"
        )
    return parity


def _pair(first: Finder, second: Finder, data: bytes) -> tuple[Detections, Detections, Photo]:
    photo = decode_photo(data, min_side_px=first.input_size_px)
    (ours,), (theirs,) = first.detect([photo]), second.detect([photo])
    return ours, theirs, photo


def _end(found: Detections, limit: int | None) -> float:
    """The score at which a full answer ends; 0 for one with room left."""
    return float(found.confidences.min()) if limit is not None and len(found) >= limit else 0.0


def _gaps(
    ours: Detections, theirs: Detections, photo: Photo, size_px: int, floor: float, limit: int | None
) -> Iterable[tuple[float, float] | None]:
    """For each box of either side its distance to the nearest counterpart: (pixels, score); None without one."""
    _, placement = letterbox(photo, size_px)
    for one, other in ((ours, theirs), (theirs, ours)):
        boxes, others = placement.to_canvas(one.boxes_xyxy), placement.to_canvas(other.boxes_xyxy)
        least = max(floor, _end(other, limit)) + SCORE_TOLERANCE
        for box, score, label in zip(boxes, one.confidences, one.label_ids, strict=True):
            if score < least:
                continue
            pixels = np.abs(others - box).max(axis=1, initial=0.0)
            scores = np.abs(other.confidences - score)
            near = (other.label_ids == label) & (pixels <= BOX_TOLERANCE_PX) & (scores <= SCORE_TOLERANCE)
            yield _nearest(pixels[near], scores[near])


def _nearest(pixels: np.ndarray, scores: np.ndarray) -> tuple[float, float] | None:
    if not len(pixels):
        return None
    best = int(pixels.argmin())
    return float(pixels[best]), float(scores[best])
