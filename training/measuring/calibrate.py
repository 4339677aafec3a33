"""From raw scores to what may be said aloud: a probability per hazard, and a threshold per context label.

Both are fitted on the validation photos, never on test photos. A photo's score for a hazard is the highest raw score of
any of its labels. Where validation shows a hazard on too few photos, made scenes (rendered, or composed into validation
photos) stand in for them, at a discount; where there are too few of these too, the curve is a cautious default that
never reaches a probability at which triage would act without a person. `thresholds.py` has the thresholds of hazards.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sklearn.isotonic import IsotonicRegression

from hazardlens.model.manifest import Basis, CalibrationCurve
from hazardlens.model.taxonomy import Category
from hazardlens.training.measuring.coco import match_boxes
from hazardlens.training.measuring.curves import Flags, Floats, PhotoScores, best_f1, box_curve
from hazardlens.training.measuring.judged import JudgedPhoto
from hazardlens.training.measuring.metrics import Subject, counted

MIN_POSITIVES: Final = 10
"""Fewer photos or boxes than this say nothing reliable."""

CAUTIOUS_SCORES: Final[tuple[float, ...]] = (0.0, 1.0)
CAUTIOUS_PROBABILITIES: Final[tuple[float, ...]] = (0.02, 0.35)
"""The default curve: below the 40 % that cities ask for before they act without a person."""

THRESHOLD_RANGE: Final = (0.2, 0.8)
FEW_BOXES_RANGE: Final = (0.25, 0.8)
FEW_BOXES_ALARMS: Final = 0.02
MIN_HARMLESS: Final = 30
BLIND_THRESHOLD: Final = 0.5
BLIND_RULE: Final = "default: too few validation photos"

MIN_MADE: Final = 30
MIN_SCENES: Final = 10
"""Made positives, and scenes that they come from, without which they say nothing either."""
MADE_WEIGHT: Final = 0.5
"""A made positive counts as half a photo at most: a network finds scenes of the generator that trained it more
surely than the same thing in the street, as if every second real one were missed."""
MADE_SHARE: Final = 0.25
"""Beside the real harmless photos, made positives have at most this share of the weight: how many were made says
nothing about how often the hazard is reported."""
MADE_CAP: Final = 0.9
"""No probability that rests on made scenes exceeds this, however cleanly the scores part."""

_BINS: Final = 10
_SAME: Final = 1e-9


def fit_curve(
    photos: Sequence[JudgedPhoto], subject: Subject, stand_ins: Sequence[JudgedPhoto] = ()
) -> CalibrationCurve:
    """A hazard's curve from raw score to probability, from validation photos.

    Isotonic regression cuts the scores into blocks; each block becomes a knot. Its probability is smoothed by one photo
    of either kind, so that 40 of 40 does not become certainty.

    Args:
        photos: real validation photos.
        subject: the hazard.
        stand_ins: made scenes of the validation side, which count only where real positives are too few.
    """
    real, made, scenes = hazard_scores(photos, stand_ins, subject)
    harmless, positives = int((~real.positive).sum()), int(real.positive.sum())
    basis = _basis(positives, harmless, int(made.positive.sum()), scenes)
    if basis == "none":
        knots, probabilities = CAUTIOUS_SCORES, CAUTIOUS_PROBABILITIES
    elif basis == "real":
        knots, probabilities = _smoothed_blocks(real, np.ones(len(real.scores)))
    else:
        knots, probabilities = _discounted(real, made)
    stood_in = basis == "made"
    return CalibrationCurve(
        hazard=Category(subject.name),
        scores=knots,
        probabilities=probabilities,
        photos=positives + harmless,
        positives=positives,
        basis=basis,
        made_positives=int(made.positive.sum()) if stood_in else 0,
        made_negatives=int((~made.positive).sum()) if stood_in else 0,
    )


def hazard_scores(
    photos: Sequence[JudgedPhoto], stand_ins: Sequence[JudgedPhoto], subject: Subject
) -> tuple[PhotoScores, PhotoScores, int]:
    """Scores of the real and of the made photos that count, and how many scenes show the hazard."""
    _, real = counted(photos, subject)
    kept, made = counted(stand_ins, subject)
    scenes = {photo.group for photo, shown in zip(kept, made.positive, strict=True) if shown}
    return real, made, len(scenes)


def made_weight(positives: int, harmless: int) -> float:
    """What one of `positives` made photos counts beside `harmless` real ones."""
    share = MADE_SHARE / (1 - MADE_SHARE) * harmless / max(1, positives)
    return min(MADE_WEIGHT, share)


def is_cautious(curve: CalibrationCurve) -> bool:
    """Whether this is the default, because there was too little to fit; bundles of schema 1 show it by their knots."""
    return curve.basis == "none" or (curve.scores, curve.probabilities) == (CAUTIOUS_SCORES, CAUTIOUS_PROBABILITIES)


def _basis(positives: int, harmless: int, made: int, scenes: int) -> Basis:
    if min(positives, harmless) >= MIN_POSITIVES:
        return "real"
    enough = made >= MIN_MADE and scenes >= MIN_SCENES and harmless >= MIN_HARMLESS
    return "made" if enough else "none"


def _discounted(real: PhotoScores, made: PhotoScores) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The curve of real photos and made ones, these with less weight, and capped.

    A made photo without the hazard weighs what one with it does: most are the other half of a pair, and where real
    photos hold nothing that resembles the hazard, they alone tell how likely a middling score is to be a mistake.
    """
    weight = made_weight(int(made.positive.sum()), int((~real.positive).sum()))
    joined = PhotoScores(np.concatenate([real.scores, made.scores]), np.concatenate([real.positive, made.positive]))
    weights = np.concatenate([np.ones(len(real.scores)), np.full(len(made.scores), weight)])
    knots, probabilities = _smoothed_blocks(joined, weights)
    return knots, tuple(min(value, MADE_CAP) for value in probabilities)


def _smoothed_blocks(photos: PhotoScores, weights: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean score and smoothed probability of each isotonic block, rising; `weights` is (P,), one per photo."""
    order = np.argsort(photos.scores, kind="stable")
    scores, positive, weight = photos.scores[order], photos.positive[order].astype(np.float64), weights[order]
    fitted = IsotonicRegression(y_min=0, y_max=1).fit_transform(scores, positive, sample_weight=weight)
    # Blocks are at least this far apart; what is nearer is a rounding error of the weighted mean.
    starts = np.flatnonzero(np.append(True, np.diff(fitted) > _SAME))
    sizes = np.add.reduceat(weight, starts)
    knots = np.add.reduceat(scores * weight, starts) / sizes
    smoothed = (np.add.reduceat(positive * weight, starts) + 1) / (sizes + 2)
    # Smoothing pulls small blocks harder than large ones, which can break the order again.
    rising = IsotonicRegression().fit_transform(knots, smoothed, sample_weight=sizes + 2)
    return tuple(knots.tolist()), tuple(np.round(rising, 4).tolist())


@dataclass(frozen=True, slots=True)
class Threshold:
    """The raw score from which one detection of a label counts, and how it was chosen."""

    value: float
    rule: str


def choose_threshold(photos: Sequence[JudgedPhoto], label: str) -> Threshold:
    """A context label's threshold from validation photos.

    With enough boxes: the best F1 of boxes at IoU 0.5. With fewer: the lowest score that at most 2 % of the photos
    known to be without the label reach. Without such photos: 0.5.
    """
    subject = Subject(label, "label", frozenset([label]), {label: 0.0})
    best = label_best_f1(photos, label)
    if best is not None:
        return best
    _, scores = counted(photos, subject)
    harmless = scores.scores[~scores.positive]
    if len(harmless) >= MIN_HARMLESS:
        value = float(np.quantile(harmless, 1 - FEW_BOXES_ALARMS, method="higher")) + 0.01
        rule = f"at most {FEW_BOXES_ALARMS:.0%} alarms on {len(harmless)} validation photos without it"
        return Threshold(_within(value, FEW_BOXES_RANGE), rule)
    return Threshold(BLIND_THRESHOLD, BLIND_RULE)


def label_best_f1(photos: Sequence[JudgedPhoto], label: str) -> Threshold | None:
    """The threshold with the best F1 of boxes at IoU 0.5; None with too few boxes."""
    complete = [photo for photo in photos if photo.is_complete_for([label])]
    matches = match_boxes([p.true_boxes([label]) for p in complete], [p.found([label]) for p in complete])
    if matches.boxes < MIN_POSITIVES:
        return None
    value, f1 = best_f1(box_curve(matches))
    return Threshold(_within(value, THRESHOLD_RANGE), f"best F1 ({f1:.2f}) on {matches.boxes} validation boxes")


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
