"""From raw scores to what may be said aloud: a probability per hazard, and a threshold per label.

Both are fitted on the validation photos, never on test photos. A photo's score for a hazard is the highest raw score of
any of its labels. Where validation shows a hazard on too few photos, nothing can be fitted: the curve is then a
cautious default that never reaches a probability at which triage would act without a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.isotonic import IsotonicRegression

from hazardlens.model.manifest import CalibrationCurve
from hazardlens.model.taxonomy import Category
from hazardlens.training.measuring.coco import match_boxes
from hazardlens.training.measuring.curves import Flags, Floats, PhotoScores, best_f1, box_curve
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, counted

MIN_POSITIVES: Final = 10
"""Fewer photos or boxes than this say nothing reliable."""

CAUTIOUS_SCORES: Final = (0.0, 1.0)
CAUTIOUS_PROBABILITIES: Final = (0.02, 0.35)
"""The default curve: below the 40 % that cities ask for before they act without a person."""

THRESHOLD_RANGE: Final = (0.2, 0.8)
FEW_BOXES_RANGE: Final = (0.25, 0.8)
FEW_BOXES_ALARMS: Final = 0.02
MIN_HARMLESS: Final = 30
BLIND_THRESHOLD: Final = 0.5
BLIND_RULE: Final = "default: too few validation photos"

_BINS: Final = 10


def fit_curve(photos: Sequence[JudgedPhoto], subject: Subject) -> CalibrationCurve:
    """A hazard's curve from raw score to probability, from validation photos.

    Isotonic regression cuts the scores into blocks; each block becomes a knot. Its probability is smoothed by one photo
    of either kind, so that 40 of 40 does not become certainty.
    """
    hazard = Category(subject.name)
    _, scores = counted(photos, subject)
    count, positives = len(scores.scores), int(scores.positive.sum())
    if min(positives, count - positives) < MIN_POSITIVES:
        return CalibrationCurve(
            hazard=hazard,
            scores=CAUTIOUS_SCORES,
            probabilities=CAUTIOUS_PROBABILITIES,
            photos=count,
            positives=positives,
        )
    knots, probabilities = _smoothed_blocks(scores)
    return CalibrationCurve(hazard=hazard, scores=knots, probabilities=probabilities, photos=count, positives=positives)


def is_cautious(curve: CalibrationCurve) -> bool:
    """Whether this is the default, because there was too little to fit."""
    return (curve.scores, curve.probabilities) == (CAUTIOUS_SCORES, CAUTIOUS_PROBABILITIES)


def _smoothed_blocks(photos: PhotoScores) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean score and smoothed probability of each isotonic block, rising."""
    order = np.argsort(photos.scores, kind="stable")
    scores, positive = photos.scores[order], photos.positive[order].astype(np.float64)
    fitted = IsotonicRegression(y_min=0, y_max=1).fit_transform(scores, positive)
    starts = np.flatnonzero(np.append(True, np.diff(fitted) != 0))
    sizes = np.diff(np.append(starts, len(scores)))
    knots = np.add.reduceat(scores, starts) / sizes
    smoothed = (np.add.reduceat(positive, starts) + 1) / (sizes + 2)
    # Smoothing pulls small blocks harder than large ones, which can break the order again.
    rising = IsotonicRegression().fit_transform(knots, smoothed, sample_weight=sizes + 2)
    return tuple(knots.tolist()), tuple(np.round(rising, 4).tolist())


@dataclass(frozen=True, slots=True)
class Threshold:
    """The raw score from which one detection of a label counts, and how it was chosen."""

    value: float
    rule: str


def choose_threshold(photos: Sequence[JudgedPhoto], label: str) -> Threshold:
    """A label's threshold from validation photos.

    With enough boxes: the best F1 of boxes at IoU 0.5. With fewer: the lowest score that at most 2 % of the photos
    known to be without the label reach. Without such photos: 0.5.
    """
    subject = Subject(label, "label", frozenset([label]), {label: 0.0})
    complete = [photo for photo in photos if photo.is_complete_for([label])]
    matches = match_boxes([p.true_boxes([label]) for p in complete], [p.found([label]) for p in complete])
    if matches.boxes >= MIN_POSITIVES:
        value, f1 = best_f1(box_curve(matches))
        return Threshold(_within(value, THRESHOLD_RANGE), f"best F1 ({f1:.2f}) on {matches.boxes} validation boxes")
    _, scores = counted(photos, subject)
    harmless = scores.scores[~scores.positive]
    if len(harmless) >= MIN_HARMLESS:
        value = float(np.quantile(harmless, 1 - FEW_BOXES_ALARMS, method="higher")) + 0.01
        rule = f"at most {FEW_BOXES_ALARMS:.0%} alarms on {len(harmless)} validation photos without it"
        return Threshold(_within(value, FEW_BOXES_RANGE), rule)
    return Threshold(BLIND_THRESHOLD, BLIND_RULE)


def _within(value: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    return round(min(max(value, low), high), 3)


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far a curve can be believed on other photos than it was fitted on.

    Attributes:
        photos: how many.
        positives: of those, the ones that show the hazard.
        error: expected calibration error, over ten bins of equal width; None without photos.
        brier: mean squared error of the probabilities; None without photos.
        bins: (mean probability, share of positives, photos) of each bin that holds photos.
    """

    photos: int
    positives: int
    error: float | None
    brier: float | None
    bins: tuple[tuple[float, float, int], ...]


def reliability(photos: Sequence[JudgedPhoto], subject: Subject, curve: CalibrationCurve) -> Reliability:
    """Compare the curve's probabilities with what the photos show."""
    _, scores = counted(photos, subject)
    if not len(scores.scores):
        return Reliability(0, 0, None, None, ())
    probabilities = np.interp(scores.scores, curve.scores, curve.probabilities)
    bins = _bins(probabilities, scores.positive)
    gaps = [abs(stated - shown) * count for stated, shown, count in bins]
    return Reliability(
        photos=len(scores.scores),
        positives=int(scores.positive.sum()),
        error=sum(gaps) / len(scores.scores),
        brier=float(np.mean((probabilities - scores.positive) ** 2)),
        bins=tuple(bins),
    )


def _bins(probabilities: Floats, positive: Flags) -> list[tuple[float, float, int]]:
    place = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    rows = []
    for index in range(_BINS):
        mask = place == index
        if mask.any():
            rows.append((float(probabilities[mask].mean()), float(positive[mask].mean()), int(mask.sum())))
    return rows
