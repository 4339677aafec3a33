"""Precision, recall and average precision of scored yes/no answers, with weights, and bootstrap intervals by group.

The same few functions serve boxes (did this detection meet a box?) and photos (does this photo show the hazard?).
Weights are how the bootstrap draws a group twice or not at all without sorting anything again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hazardlens.training.measuring.coco import BoxMatches

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Weights = npt.NDArray[np.float64]

RESAMPLES = 1000
_RECALL_POINTS = np.linspace(0, 1, 101)
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Precision and recall when everything scored at least `thresholds` counts: best first, one point per score."""

    thresholds: Floats
    precision: Floats
    recall: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PhotoScores:
    """(P,) scores and standings of the photos that count for one label or hazard."""

    scores: Floats
    positive: Flags


def box_curve(matches: BoxMatches, weights: Weights | None = None) -> Curve:
    """The curve of detections against true boxes; `weights` is (P,), one per photo."""
    per_photo = np.ones(len(matches.boxes_per_photo)) if weights is None else weights
    total = float(per_photo @ matches.boxes_per_photo)
    return _curve(matches.scores, matches.hits, per_photo[matches.photo_ids], total)


def photo_curve(photos: PhotoScores, weights: Weights | None = None) -> Curve:
    """The curve of photos called positive against photos that are; `weights` is (P,)."""
    per_photo = np.ones(len(photos.scores)) if weights is None else weights
    order = np.argsort(-photos.scores, kind="stable")
    total = float(per_photo[photos.positive].sum())
    return _curve(photos.scores[order], photos.positive[order], per_photo[order], total)


def _curve(scores: Floats, hits: Flags, weights: Weights, total: float) -> Curve:
    """Best score first in; equal scores fall together, because no threshold can part them."""
    last_of_score = np.append(np.diff(scores) != 0, True)[: len(scores)]
    true = np.cumsum(weights * hits)[last_of_score]
    called = np.cumsum(weights)[last_of_score]
    precision = np.divide(true, called, out=np.ones_like(true), where=called > 0)
    recall = true / total if total > 0 else np.zeros_like(true)
    return Curve(scores[last_of_score], precision, recall)


def interpolated_ap(matches: BoxMatches, weights: Weights | None = None) -> float | None:
    """COCO's AP50: the mean over 101 recalls of the best precision at that recall or a higher one; None without a box.

    Unlike `box_curve` it takes detections one by one where scores are equal, as COCO does.
    """
    return mean_ap(matches, matches.hits[None], weights)


def mean_ap(matches: BoxMatches, hits_each: Flags, weights: Weights | None = None) -> float | None:
    """The mean of COCO's AP over several ways to call a detection right; None without a box.

    Args:
        matches: the detections, best first.
        hits_each: (K, D), such as one row for each IoU threshold.
        weights: (P,), one per photo.
    """
    per_photo = np.ones(len(matches.boxes_per_photo)) if weights is None else weights
    total = float(per_photo @ matches.boxes_per_photo)
    if total == 0:
        return None
    drawn = per_photo[matches.photo_ids]
    true, called = np.cumsum(drawn * hits_each, axis=1), np.cumsum(drawn)
    precision = np.divide(true, called, out=np.zeros_like(true), where=called > 0)
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    return float(np.mean([_at_recalls(*pair) for pair in zip(true / total, envelope, strict=True)]))


def _at_recalls(recall: Floats, envelope: Floats) -> float:
    places = np.searchsorted(recall, _RECALL_POINTS, side="left")
    return float(np.append(envelope, 0.0)[places].mean())


def photo_ap(photos: PhotoScores, weights: Weights | None = None) -> float | None:
    """Average precision of the photos' scores, without interpolation; None without a positive photo."""
    curve = photo_curve(photos, weights)
    if len(curve.recall) == 0 or curve.recall[-1] == 0:
        return None
    return float(np.diff(curve.recall, prepend=0.0) @ curve.precision)


def recall_at_precision(curve: Curve, floor: float) -> float:
    """The highest recall that keeps the precision at `floor` or above; 0 where no threshold does."""
    return float(curve.recall[curve.precision >= floor].max(initial=0.0))


def best_f1(curve: Curve) -> tuple[float, float]:
    """The threshold with the best F1, and that F1; (1, 0) for an empty curve. The higher threshold wins a tie."""
    if len(curve.thresholds) == 0:
        return 1.0, 0.0
    both = curve.precision + curve.recall
    f1 = np.divide(2 * curve.precision * curve.recall, both, out=np.zeros_like(both), where=both > 0)
    best = int(f1.argmax())
    return float(curve.thresholds[best]), float(f1[best])


def group_weights(groups: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0) -> Weights:
    """(resamples, P): how often each photo is drawn when whole groups are drawn with replacement."""
    _, group_ids = np.unique(np.asarray(groups), return_inverse=True)
    count = int(group_ids.max(initial=-1)) + 1
    draws = np.random.default_rng(seed).integers(0, max(count, 1), size=(resamples, count))
    drawn = np.stack([np.bincount(row, minlength=count) for row in draws]) if count else np.zeros((resamples, 0))
    return drawn[:, group_ids].astype(np.float64)


def interval(measure: Callable[[Weights], float | None], weights: Weights) -> tuple[float, float] | None:
    """The 95 % percentile interval of `measure` over the resamples; None where fewer than half can be measured."""
    values = [value for row in weights if (value := measure(row)) is not None]
    if len(values) <= len(weights) / 2:
        return None
    low, high = np.percentile(values, _PERCENTILES)
    return float(low), float(high)
