"""Box matching and average precision by faster-coco-eval, behind one function that knows no data set, only boxes."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from faster_coco_eval import COCO, COCOeval_faster

from hazardlens.training.measuring.judged import Boxes, Scores

MAX_DETECTIONS = 100
"""Detections that count on one photo, best first: COCO's own limit."""

_IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
_CATEGORY = 1
_silent = logging.getLogger(__name__).debug


@dataclass(frozen=True, slots=True, eq=False)
class BoxMatches:
    """How one kind of box fared over a list of photos.

    Attributes:
        ap50: average precision at IoU 0.50 (101 recall points); None without a true box.
        ap50_95: its mean over IoU 0.50, 0.55 ... 0.95; None without a true box.
        boxes: count of true boxes.
        scores: (D,) raw scores of the detections, best first.
        hits: (D,) whether the detection met a true box of its own at IoU 0.50.
        photo_ids: (D,) index of the photo in the list.
        boxes_per_photo: (P,) count of true boxes on each photo.
    """

    ap50: float | None
    ap50_95: float | None
    boxes: int
    scores: npt.NDArray[np.float64]
    hits: npt.NDArray[np.bool_]
    photo_ids: npt.NDArray[np.int64]
    boxes_per_photo: npt.NDArray[np.int64]


def match_boxes(truths_xyxy: Sequence[Boxes], found: Sequence[tuple[Boxes, Scores]]) -> BoxMatches:
    """Match detections with true boxes, photo by photo, as COCO does.

    Args:
        truths_xyxy: per photo (N, 4) true boxes, pixels.
        found: per photo (M, 4) boxes in the same frame and (M,) scores.
    """
    truth_rows, found_rows = _truth_rows(truths_xyxy), _found_rows(found)
    counts = np.asarray([len(boxes) for boxes in truths_xyxy], dtype=np.int64)
    ap50 = ap50_95 = None
    if truth_rows:
        precision = _evaluate(len(counts), truth_rows, found_rows, _IOU_THRESHOLDS)["precision"]
        ap50, ap50_95 = float(precision[0].mean()), float(precision.mean())
    hits = _hits(len(counts), truth_rows, found_rows, _IOU_THRESHOLDS[0])
    scores, order = _best_first(found_rows)
    photo_ids = np.asarray([row["image_id"] - 1 for row in found_rows], dtype=np.int64)
    return BoxMatches(ap50, ap50_95, len(truth_rows), scores[order], hits[order], photo_ids[order], counts)


def hits_at_each_iou(truths_xyxy: Sequence[Boxes], found: Sequence[tuple[Boxes, Scores]]) -> npt.NDArray[np.bool_]:
    """(10, D): whether each detection of `match_boxes` met a box of its own at IoU 0.50, 0.55 ... 0.95.

    Args:
        truths_xyxy: as there.
        found: as there.
    """
    truth_rows, found_rows = _truth_rows(truths_xyxy), _found_rows(found)
    _, order = _best_first(found_rows)
    rows = [_hits(len(truths_xyxy), truth_rows, found_rows, threshold) for threshold in _IOU_THRESHOLDS]
    return np.stack(rows)[:, order]


def _best_first(rows: list[dict[str, Any]]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Scores, and the order that sorts them; stable, because the library breaks ties in the order of the photos too."""
    scores = np.asarray([row["score"] for row in rows], dtype=np.float64)
    return scores, np.argsort(-scores, kind="stable")


def _hits(
    photos: int, truth_rows: list[dict[str, Any]], found_rows: list[dict[str, Any]], threshold: float
) -> npt.NDArray[np.bool_]:
    """(D,) in the order of the rows: whether a detection met a true box of its own."""
    hit_ids: set[int] = set()
    if truth_rows:
        matched = _evaluate(photos, truth_rows, found_rows, np.asarray([threshold]))["matched"]
        hit_ids = {int(pair.split("_", 1)[0]) for pair in matched}
    return np.asarray([number in hit_ids for number in range(1, len(found_rows) + 1)], dtype=bool)


def _truth_rows(truths_xyxy: Sequence[Boxes]) -> list[dict[str, Any]]:
    return [_row(photo, box) for photo, boxes in enumerate(truths_xyxy) for box in boxes]


def _found_rows(found: Sequence[tuple[Boxes, Scores]]) -> list[dict[str, Any]]:
    return [
        _row(photo, box) | {"score": float(score)}
        for photo, (boxes, scores) in enumerate(found)
        for box, score in _best(boxes, scores)
    ]


def _best(boxes: Boxes, scores: Scores) -> list[tuple[Boxes, np.float32]]:
    order = np.argsort(-scores, kind="stable")[:MAX_DETECTIONS]
    return [(boxes[index], scores[index]) for index in order]


def _row(photo: int, box_xyxy: Boxes) -> dict[str, Any]:
    x_min, y_min, x_max, y_max = (float(value) for value in box_xyxy)
    width, height = x_max - x_min, y_max - y_min
    # Ids start at 1: the library reads 0 as "unmatched".
    return {
        "image_id": photo + 1,
        "category_id": _CATEGORY,
        "bbox": [x_min, y_min, width, height],
        "area": width * height,
        "iscrowd": 0,
    }


def _evaluate(
    photos: int, truth_rows: list[dict[str, Any]], found_rows: list[dict[str, Any]], thresholds: npt.NDArray[np.float64]
) -> dict[str, Any]:
    """The library's result; `precision` is (thresholds, 101) here, one category, one area, one limit."""
    header = {
        "images": [{"id": photo + 1} for photo in range(photos)],
        "categories": [{"id": _CATEGORY, "name": "box"}],
    }
    truth = COCO({**header, "annotations": _numbered(truth_rows)}, print_function=_silent)
    answer = COCO({**header, "annotations": _numbered(found_rows)}, print_function=_silent)
    run = COCOeval_faster(truth, answer, iouType="bbox", print_function=_silent)
    run.params.iouThrs = thresholds
    run.params.areaRng, run.params.areaRngLbl = [[0, 1e10]], ["all"]
    run.params.maxDets = [MAX_DETECTIONS]
    run.evaluate()
    run.accumulate()
    return {"precision": np.asarray(run.eval["precision"])[:, :, 0, 0, 0], "matched": run.eval["matched"]}


def _numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"id": number} for number, row in enumerate(rows, start=1)]
