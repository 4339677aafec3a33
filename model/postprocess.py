"""From a detector's raw output to detections on the upright original.

Training's evaluation, the export's parity check and serving all call this.
"""

from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from hazardlens.model.boxes import cxcywh_to_xyxy, iou_matrix
from hazardlens.model.detections import Detections
from hazardlens.model.preprocess import Placement

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]

MAX_CANDIDATES: Final = 3000
"""How many of the best boxes enter suppression: bounds its cost when a low `min_confidence` lets all through."""


class OutputForm(StrEnum):
    """How a graph lays out its one output; B is the batch.

    Attributes:
        ANCHORS: (B, 4 + C, A): centre and size in canvas pixels, then a score 0..1 per label; boxes overlap.
        END_TO_END: (B, K, 6): corners in canvas pixels, score 0..1, label id; one box per object already.
    """

    ANCHORS = "anchors"
    END_TO_END = "end_to_end"


def decode_output(
    raw: npt.NDArray[np.float32],
    *,
    form: OutputForm,
    placement: Placement,
    labels: tuple[str, ...],
    min_confidence: float,
    iou_threshold: float = 0.6,
    max_detections: int = 100,
) -> Detections:
    """Turn the raw output for one photo into detections, best first.

    Args:
        raw: (4 + C, A) or (K, 6) float32, as `form` says, for one photo.
        form: the layout of `raw`.
        placement: where the photo lies on the canvas, from `letterbox`.
        labels: C names, by label id.
        min_confidence: boxes below this raw score are dropped.
        iou_threshold: of two boxes of one label that overlap more than this, the worse is dropped. ANCHORS only.
        max_detections: how many of the best to keep.

    Returns:
        Boxes in pixels of the upright original, cut to its edges. Boxes without area there, and rows with a value that
        is not finite, are dropped.

    Raises:
        ValueError: the shape of `raw` does not fit `form` and `labels`.
    """
    read = _read_anchors if form is OutputForm.ANCHORS else _read_end_to_end
    with np.errstate(over="ignore"):  # a broken model may draw a box of 1e38 pixels: it is cut to the photo's edges
        boxes_canvas, scores, ids = read(raw, len(labels), np.float32(min_confidence))
        best = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
        boxes = placement.to_original(boxes_canvas[best]).astype(np.float32)
    scores, ids = np.minimum(scores[best], np.float32(1)), ids[best]
    visible = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    boxes, scores, ids = boxes[visible], scores[visible], ids[visible]
    if form is OutputForm.ANCHORS:
        kept = suppress(boxes, ids, iou_threshold=iou_threshold, max_boxes=max_detections)
    else:
        kept = np.arange(min(len(scores), max_detections))
    return Detections(boxes[kept], scores[kept], ids[kept], labels)


def suppress(boxes_xyxy: Floats, label_ids: Ids, *, iou_threshold: float, max_boxes: int) -> Ids:
    """Greedy non-maximum suppression within each label.

    Args:
        boxes_xyxy: (N, 4) corners, best first.
        label_ids: (N,).
        iou_threshold: a box is dropped when it overlaps a kept one of its label by more than this.
        max_boxes: stop after so many.

    Returns:
        (M,) rows to keep, in rising order.
    """
    kept: list[int] = []
    left = np.arange(len(boxes_xyxy))
    while len(left) and len(kept) < max_boxes:
        best, rest = left[0], left[1:]
        kept.append(int(best))
        overlap = iou_matrix(boxes_xyxy[best : best + 1], boxes_xyxy[rest])[0]
        left = rest[(overlap <= iou_threshold) | (label_ids[rest] != label_ids[best])]
    return np.asarray(kept, np.int64)


def _read_anchors(raw: Floats, label_count: int, min_confidence: np.float32) -> tuple[Floats, Floats, Ids]:
    """Boxes (N, 4) as corners on the canvas, their best scores (N,) and labels (N,)."""
    if raw.ndim != 2 or raw.shape[0] != 4 + label_count:
        raise ValueError(f"output: expected (4 + {label_count}, anchors), found {raw.shape}")
    best = raw[4:].max(axis=0, initial=0)
    columns = np.flatnonzero(_usable(best, min_confidence) & np.isfinite(raw[:4]).all(axis=0))
    ids = raw[4:, columns].argmax(axis=0) if len(columns) else np.zeros(0)
    boxes_cxcywh = raw[:4, columns].T
    boxes = cxcywh_to_xyxy(boxes_cxcywh).astype(np.float32)
    return boxes, best[columns], ids.astype(np.int64)


def _read_end_to_end(raw: Floats, label_count: int, min_confidence: np.float32) -> tuple[Floats, Floats, Ids]:
    """The same as `_read_anchors` for rows that are final already; padding rows name no known label."""
    if raw.ndim != 2 or raw.shape[1] != 6:
        raise ValueError(f"output: expected (boxes, 6), found {raw.shape}")
    known = (raw[:, 5] > -0.5) & (raw[:, 5] < label_count - 0.5)
    rows = raw[_usable(raw[:, 4], min_confidence) & np.isfinite(raw).all(axis=1) & known]
    return rows[:, :4], rows[:, 4], np.rint(rows[:, 5]).astype(np.int64)


def _usable(scores: Floats, min_confidence: np.float32) -> npt.NDArray[np.bool_]:
    # A score that is not a number compares as false; an infinite one is no score either.
    return np.isfinite(scores) & (scores >= min_confidence) & (scores >= 0)
